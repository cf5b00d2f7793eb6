//! HTTP: no redirects, bounded answers, a time limit, and the last DPoP nonce of each server.

use std::{cell::RefCell, collections::BTreeMap, error::Error, time::Duration};

use chrono::{DateTime, Utc};
use reqwest::{
    Request, StatusCode,
    header::{HeaderMap, WWW_AUTHENTICATE},
};
use serde::{Deserialize, de::DeserializeOwned};
use url::{Host, Url};

use crate::{
    clock::Clock,
    failure::{Failure, Kind},
};

/// Bytes that an answer of the authorization server may have.
pub const SMALL: usize = 256 * 1024;

/// The HTTP client with its memory of nonces.
#[derive(Debug)]
pub struct Wire {
    http: reqwest::Client,
    nonces: RefCell<BTreeMap<String, String>>,
    clock: Clock,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body, at most as long as the caller allowed.
    pub body: Vec<u8>,
    /// Where it came from, without the query.
    place: String,
}

/// What servers say about a failure: a problem of RFC 9457, or an OAuth error of RFC 6749.
#[derive(Debug, Default, Deserialize)]
struct Complaint {
    title: Option<String>,
    detail: Option<String>,
    code: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

impl Wire {
    /// A client for one server. A server on this computer is reached directly, whatever proxy is configured.
    pub fn new(server: &Url, clock: Clock) -> Result<Self, Failure> {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(120))
            .user_agent(concat!("counterfoil-pds/", env!("CARGO_PKG_VERSION")));
        if is_loopback(server) {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| {
            Failure::new(
                Kind::Local,
                format!("cannot set up TLS: {error}"),
                "check the certificates of this system",
            )
        })?;
        Ok(Self { http, nonces: RefCell::default(), clock })
    }

    /// The time now.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The last nonce that this server gave.
    pub fn nonce(&self, url: &Url) -> Option<String> {
        self.nonces.borrow().get(&origin(url)).cloned()
    }

    /// Sends a request and reads the answer, at most `limit` bytes of it.
    pub async fn send(&self, request: Request, limit: usize) -> Result<Reply, Failure> {
        let url = request.url().clone();
        let place = place(&url);
        let mut response = self.http.execute(request).await.map_err(|error| lost(&place, &error))?;
        if let Some(nonce) = response.headers().get("dpop-nonce").and_then(|value| value.to_str().ok()) {
            self.nonces.borrow_mut().insert(origin(&url), nonce.to_owned());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| lost(&place, &error))? {
            if body.len() + chunk.len() > limit {
                return Err(Failure::new(
                    Kind::Server,
                    format!("the answer of {place} is longer than {limit} bytes"),
                    "ask for fewer purchases at once, with --page-size",
                ));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status: response.status(), headers: response.headers().clone(), body, place })
    }

    /// Gets a JSON document that needs no permission.
    pub async fn get_json<T: DeserializeOwned>(&self, url: &Url) -> Result<T, Failure> {
        self.send(Request::new(reqwest::Method::GET, url.clone()), SMALL).await?.success()?.json()
    }
}

impl Reply {
    /// The answer itself if its status is 2xx, else what the server says went wrong.
    pub fn success(self) -> Result<Self, Failure> {
        if self.status.is_success() { Ok(self) } else { Err(self.complaint()) }
    }

    /// The body as JSON. An unreadable one is named by its place, never quoted: it may hold a token.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Failure::misunderstood(format!(
                "the answer of {} is not the JSON that was expected (line {line}, column {column})",
                self.place
            ))
        })
    }

    /// Whether the server asks for the same again with its nonce, at either kind of server (RFC 9449 sections 8, 9).
    pub fn wants_nonce(&self) -> bool {
        let challenged = self
            .headers
            .get_all(WWW_AUTHENTICATE)
            .iter()
            .any(|value| value.to_str().is_ok_and(|text| text.contains("use_dpop_nonce")));
        challenged || self.error_code().as_deref() == Some("use_dpop_nonce")
    }

    /// The `code` of a problem or the `error` of OAuth.
    pub fn error_code(&self) -> Option<String> {
        let complaint = self.read_complaint();
        complaint.code.or(complaint.error)
    }

    /// The failure that a status other than 2xx stands for.
    pub fn complaint(&self) -> Failure {
        let said = self.read_complaint();
        let code = said.code.or(said.error).unwrap_or_else(|| "no code".to_owned());
        let mut what = format!("{} answered {} ({code})", self.place, self.status.as_u16());
        for part in [said.title, said.detail, said.error_description].into_iter().flatten() {
            what.push_str(": ");
            what.push_str(&printable(&part));
        }
        refusal(&code, self.status, what)
    }

    fn read_complaint(&self) -> Complaint {
        // A body that is no complaint leaves the status to speak for itself.
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// The failure that an error code of the API or of OAuth stands for, with what to do about it.
pub fn refusal(code: &str, status: StatusCode, what: String) -> Failure {
    let ended = "the sharing has ended: run `disconnect`, then `connect` to start a new one";
    let (kind, advice) = match code {
        "grant_paused" => (Kind::Refused, "the sharing is paused; resume it on the Connected apps page"),
        "invalid_token" | "invalid_grant" => (Kind::Ended, ended),
        code if code.starts_with("grant_") => (Kind::Ended, ended),
        "invalid_client" => {
            (Kind::Refused, "check --client-id and that the output of `keys` is what was registered")
        }
        "invalid_scope" | "insufficient_scope" => {
            (Kind::Refused, "ask for what the app is registered for, with --scope")
        }
        code if code.starts_with("cursor_") => (
            Kind::Refused,
            "the place in the feed that this folder holds is not this agreement's: run `sync --rebuild`",
        ),
        "invalid_dpop_proof" => (Kind::Refused, "check this computer's clock; a proof is good for a minute"),
        _ if status.is_redirection() => {
            (Kind::Server, "use the server's own address; redirects are not followed")
        }
        _ if status == StatusCode::TOO_MANY_REQUESTS => {
            (Kind::Away, "wait some minutes, then run the command again; nothing that was stored is lost")
        }
        _ if status.is_client_error() => {
            (Kind::Refused, "correct what the answer names and run the command again")
        }
        _ if status.is_server_error() => {
            (Kind::Away, "try again in a minute; if it stays, tell the operator of the server")
        }
        _ => (Kind::Server, "check that the address is a Counterfoil server that speaks /v1"),
    };
    let mut failure = Failure::new(kind, what, advice);
    failure.code = Some(code.to_owned());
    failure
}

/// Whether the address is one of this computer's own.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Text of others made safe for a terminal: one line, no control characters, not endless.
pub fn printable(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(300).collect()
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn place(url: &Url) -> String {
    url[..url::Position::AfterPath].to_owned()
}

fn lost(place: &str, error: &reqwest::Error) -> Failure {
    // The innermost cause is the one that says something ("connection refused").
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    Failure::new(
        Kind::Away,
        format!("{place} cannot be reached: {cause}"),
        "check the address and that the server is running",
    )
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// An answer of the API, as if it had come.
    pub fn reply(status: u16, body: &str) -> Reply {
        Reply {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: body.as_bytes().to_vec(),
            place: "https://shop.example/v1/purchases".to_owned(),
        }
    }

    #[test]
    fn a_problem_is_shown_with_title_detail_code_and_advice() {
        let body = r#"{"type":"/problems/grant_withdrawn","title":"Sharing was stopped","status":403,
                       "detail":"You stopped sharing\u001b[31m at 10:00","code":"grant_withdrawn"}"#;
        let text = reply(403, body).success().unwrap_err().to_string();
        assert!(
            text.contains("403 (grant_withdrawn): Sharing was stopped: You stopped sharing[31m at 10:00"),
            "{text}"
        );
        assert!(text.contains("`connect`"), "{text}");
        assert_eq!(reply(403, body).complaint().kind, Kind::Ended);
    }

    #[test]
    fn oauth_errors_and_bare_statuses_are_told_too() {
        let oauth = reply(400, r#"{"error":"invalid_client","error_description":"unknown key"}"#).complaint();
        assert!(oauth.to_string().contains("(invalid_client): unknown key"));
        assert_eq!(oauth.kind, Kind::Refused);
        assert_eq!(reply(502, "<html>").complaint().kind, Kind::Away);
        assert_eq!(reply(429, "{}").complaint().kind, Kind::Away);
        assert_eq!(reply(302, "").complaint().kind, Kind::Server);
    }

    #[test]
    fn a_nonce_is_asked_for_by_header_or_by_body() {
        let mut api = reply(401, "");
        assert!(!api.wants_nonce());
        api.headers.append(WWW_AUTHENTICATE, "Bearer".parse().unwrap());
        api.headers.append(WWW_AUTHENTICATE, r#"DPoP error="use_dpop_nonce""#.parse().unwrap());
        assert!(api.wants_nonce());
        assert!(reply(400, r#"{"error":"use_dpop_nonce"}"#).wants_nonce());
    }

    #[test]
    fn unreadable_answers_are_not_quoted() {
        let text = reply(200, r#"{"access_token":"cfa_secret""#).json::<Complaint>().unwrap_err().to_string();
        assert!(!text.contains("cfa_secret"));
    }
}
