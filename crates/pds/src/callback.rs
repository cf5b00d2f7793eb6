//! The loopback redirect (RFC 8252): one tiny HTTP server that waits for one answer.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use oauth2::{AuthorizationCode, CsrfToken, RedirectUrl};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};
use url::Url;

use crate::{
    failure::{Failure, Kind},
    wire::printable,
};

/// The path of the redirect URI.
pub const PATH: &str = "/callback";
/// Bytes that the head of a request may have.
const HEAD: usize = 16 * 1024;
/// Connections read at a time: browsers open some that they never use.
const CONNECTIONS: usize = 16;
const ADVICE: &str = "use --listen 127.0.0.1:0, which takes any free port";
/// How long one connection may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the customer's browser brings back.
#[derive(Debug)]
pub enum Answer {
    /// The customer said yes.
    Code(AuthorizationCode),
    /// The customer or the server said no: the OAuth error and its description.
    No {
        /// The code of OAuth.
        error: String,
        /// What the server says about it.
        description: String,
    },
}

/// The listener for the answer.
#[derive(Debug)]
pub struct Callback {
    listener: TcpListener,
    address: SocketAddr,
}

impl Callback {
    /// Starts to listen; only on this computer's own addresses, for the answer comes in plain http.
    pub async fn listen(address: SocketAddr) -> Result<Self, Failure> {
        require_loopback(address)?;
        let bound = async {
            let listener = TcpListener::bind(address).await?;
            let address = listener.local_addr()?;
            io::Result::Ok(Self { listener, address })
        };
        bound.await.map_err(|error| {
            Failure::new(Kind::Local, format!("cannot listen on {address}: {error}"), ADVICE)
        })
    }

    /// The redirect URI to ask for.
    pub fn redirect_url(&self) -> Result<RedirectUrl, Failure> {
        redirect_url(self.address)
    }

    /// Waits for the answer to the request with this `state`, from this issuer.
    pub async fn wait(
        self,
        state: &CsrfToken,
        issuer: &str,
        limit: Duration,
    ) -> Result<AuthorizationCode, Failure> {
        timeout(limit, self.serve(state, issuer)).await.unwrap_or_else(|_| {
            let what = format!("no answer came within {} minutes", limit.as_secs() / 60);
            Err(Failure::new(Kind::Refused, what, "run `connect` again and answer on the page that it opens"))
        })
    }

    async fn serve(&self, state: &CsrfToken, issuer: &str) -> Result<AuthorizationCode, Failure> {
        let mut connections = JoinSet::new();
        loop {
            let read = tokio::select! {
                accepted = self.listener.accept(), if connections.len() < CONNECTIONS => {
                    // A connection that failed while it was opened is the browser's to repeat.
                    if let Ok((stream, _)) = accepted {
                        connections.spawn(timeout(PATIENCE, read_target(stream)));
                    }
                    continue;
                }
                Some(read) = connections.join_next() => read,
            };
            // One that fell silent or broke off asked for nothing.
            let Ok(Ok(Ok((mut stream, target)))) = read else { continue };
            let Some(answer) = target.as_deref().and_then(|target| read_answer(target, state, issuer)) else {
                reply(&mut stream, "404 Not Found", "There is nothing here.").await;
                continue;
            };
            return match answer {
                Ok(Answer::Code(code)) => {
                    reply(&mut stream, "200 OK", "Done. You can close this window.").await;
                    Ok(code)
                }
                Ok(Answer::No { error, description }) => {
                    reply(&mut stream, "200 OK", "Nothing is shared. You can close this window.").await;
                    let what =
                        format!("the answer was no ({}): {}", printable(&error), printable(&description));
                    Err(Failure::new(Kind::Refused, what, "run `connect` again if that was not meant"))
                }
                Err(failure) => {
                    reply(
                        &mut stream,
                        "400 Bad Request",
                        "This answer is not the one expected. See the terminal.",
                    )
                    .await;
                    Err(failure)
                }
            };
        }
    }
}

/// The redirect URI of whoever listens on this address.
pub fn redirect_url(address: SocketAddr) -> Result<RedirectUrl, Failure> {
    RedirectUrl::new(format!("http://{address}{PATH}"))
        .map_err(|error| Failure::misunderstood(format!("no redirect address: {error}")))
}

/// Fails unless the address is one of this computer alone.
pub fn require_loopback(address: SocketAddr) -> Result<(), Failure> {
    if address.ip().is_loopback() {
        return Ok(());
    }
    let what = format!("{address} is not an address of this computer alone");
    Err(Failure::new(Kind::Local, what, ADVICE))
}

/// Reads an answer. `None`: not an answer to this request, so the wait goes on; whoever does not know `state` cannot
/// end it. An answer with our `state` from another issuer is a mix-up (RFC 9207) and ends it.
pub fn read_answer(target: &str, state: &CsrfToken, issuer: &str) -> Option<Result<Answer, Failure>> {
    let url = Url::parse("http://127.0.0.1").ok()?.join(target).ok()?;
    if url.path() != PATH {
        return None;
    }
    // A parameter that is sent twice has no one value.
    let one = |name: &str| {
        let mut values =
            url.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        values.next().filter(|_| values.next().is_none())
    };
    let given = CsrfToken::new(one("state")?);
    if given != *state {
        return None;
    }
    if one("iss").as_deref() != Some(issuer) {
        let what = format!("the answer does not come from {issuer} (its iss is missing or another)");
        return Some(Err(Failure::new(
            Kind::Refused,
            what,
            "run `connect` again; if it stays, do not go on",
        )));
    }
    Some(match (one("code"), one("error")) {
        (Some(code), None) => Ok(Answer::Code(AuthorizationCode::new(code))),
        (None, Some(error)) => {
            Ok(Answer::No { error, description: one("error_description").unwrap_or_default() })
        }
        _ => Err(Failure::misunderstood("the answer holds neither a code nor an error")),
    })
}

/// Reads the head of a request; the target is `None` unless it is a well-formed GET.
async fn read_target(mut stream: TcpStream) -> io::Result<(TcpStream, Option<String>)> {
    let mut head = Vec::new();
    let mut part = [0; 2048];
    while head.len() < HEAD && !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = stream.read(&mut part).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        head.extend(part.iter().take(count));
    }
    let target = parse_target(&head);
    Ok((stream, target))
}

fn parse_target(head: &[u8]) -> Option<String> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    let plain = method == "GET" && target.starts_with('/') && !target.starts_with("//");
    (plain && version.starts_with("HTTP/1.") && words.next().is_none()).then(|| target.to_owned())
}

async fn reply(stream: &mut TcpStream, status: &str, words: &str) {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>counterfoil-pds</title><h1>{words}</h1></html>"
    );
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\
         cache-control: no-store\r\nreferrer-policy: no-referrer\r\nx-content-type-options: nosniff\r\n\
         content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n\r\n{page}",
        page.len()
    );
    // The page is a courtesy: a browser that has gone away changes nothing about the answer it brought.
    if stream.write_all(answer.as_bytes()).await.is_ok() {
        stream.shutdown().await.ok();
    }
}

/// The default address to listen on: this computer alone, any free port.
pub const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://shop.example";

    fn read(target: &str) -> Option<Result<Answer, Failure>> {
        read_answer(target, &CsrfToken::new("s1".to_owned()), ISSUER)
    }

    #[test]
    fn yes_and_no() {
        let yes = read("/callback?code=cfc_1&state=s1&iss=https%3A%2F%2Fshop.example").unwrap().unwrap();
        assert!(matches!(yes, Answer::Code(code) if code.secret() == "cfc_1"));
        let no = read(
            "/callback?error=access_denied&error_description=Not%20now&state=s1&iss=https://shop.example",
        );
        let Answer::No { error, description } = no.unwrap().unwrap() else { panic!("a no is no yes") };
        assert_eq!((error.as_str(), description.as_str()), ("access_denied", "Not now"));
    }

    #[test]
    fn answers_to_nobody_leave_the_wait_alone() {
        for target in [
            "/favicon.ico",
            "/callback",
            "/callback?code=x&iss=https://shop.example",
            "/callback?code=x&state=s2&iss=https://shop.example",
            "/callback?code=x&state=s1&state=s1&iss=https://shop.example",
            "/callback/?code=x&state=s1&iss=https://shop.example",
        ] {
            assert!(read(target).is_none(), "{target}");
        }
    }

    #[test]
    fn mixed_up_or_doubled_answers_end_it() {
        for target in [
            "/callback?code=x&state=s1",
            "/callback?code=x&state=s1&iss=https://shop.example/",
            "/callback?code=x&state=s1&iss=https://evil.example",
            "/callback?code=x&code=y&state=s1&iss=https://shop.example",
            "/callback?state=s1&iss=https://shop.example",
        ] {
            assert!(read(target).unwrap().is_err(), "{target}");
        }
    }

    #[test]
    fn only_a_plain_get_has_a_target() {
        assert_eq!(
            parse_target(b"GET /callback?a=b HTTP/1.1\r\nHost: x\r\n\r\n").as_deref(),
            Some("/callback?a=b")
        );
        for head in [
            "POST /callback HTTP/1.1\r\n\r\n",
            "GET http://evil.example/ HTTP/1.1\r\n\r\n",
            "GET //evil.example/callback HTTP/1.1\r\n\r\n",
            "GET /callback\r\n\r\n",
            "GET /a b HTTP/1.1\r\n\r\n",
            "",
        ] {
            assert!(parse_target(head.as_bytes()).is_none(), "{head}");
        }
    }

    #[tokio::test]
    async fn the_answer_is_found_among_idle_and_foreign_connections() {
        let callback = Callback::listen(ANY_PORT).await.unwrap();
        let address = callback.address;
        assert_eq!(callback.redirect_url().unwrap().as_str(), format!("http://{address}/callback"));
        let browser = tokio::spawn(async move {
            let _idle = TcpStream::connect(address).await.unwrap();
            let mut pages = Vec::new();
            for target in ["/favicon.ico", "/callback?code=cfc_1&state=s1&iss=https://shop.example"] {
                let mut stream = TcpStream::connect(address).await.unwrap();
                stream.write_all(format!("GET {target} HTTP/1.1\r\n\r\n").as_bytes()).await.unwrap();
                let mut page = String::new();
                stream.read_to_string(&mut page).await.unwrap();
                pages.push(page);
            }
            pages
        });
        let state = CsrfToken::new("s1".to_owned());
        let code = callback.wait(&state, ISSUER, Duration::from_secs(5)).await.unwrap();
        assert_eq!(code.secret(), "cfc_1");
        let pages = browser.await.unwrap();
        assert!(pages[0].starts_with("HTTP/1.1 404") && pages[1].contains("You can close this window"));
    }

    #[tokio::test]
    async fn other_addresses_are_refused_and_silence_ends() {
        assert!(Callback::listen("0.0.0.0:0".parse().unwrap()).await.is_err());
        let callback = Callback::listen(ANY_PORT).await.unwrap();
        let state = CsrfToken::new("s1".to_owned());
        assert!(callback.wait(&state, ISSUER, Duration::from_millis(20)).await.is_err());
    }
}
