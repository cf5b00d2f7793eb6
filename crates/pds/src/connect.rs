//! `connect`: ask the customer, on the shop's own page, and keep what they granted.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process,
    time::Duration,
};

use chrono::{DateTime, Utc};
use oauth2::{CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope};
use reqwest::{Method, Request, header::CONTENT_TYPE};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::{
    callback::Callback,
    clock::Clock,
    discovery::Service,
    failure::{Failure, Kind},
    folder::Folder,
    keys::{CLIENT_KEY, DPOP_KEY, SigningKey},
    terminal::say,
    tokens::{App, JWT_BEARER, Tokens},
    wire::{SMALL, Wire},
};

/// The file that says what this folder is connected to.
pub const CONNECTION: &str = "connection.json";
/// Why a connection ended that was ended here.
pub const DISCONNECTED: &str = "disconnected";
/// What is asked for unless `--scope` says otherwise, as far as the server offers it.
const SCOPES: [&str; 4] =
    ["purchases:read", "purchases.lines:read", "purchases.payment:read", "purchases.location:read"];
/// How long the customer has to answer; a pushed request lives less than that (RFC 9126, FAPI 2.0).
pub const PATIENCE: Duration = Duration::from_secs(600);

/// What this folder is connected to.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// The address of the server.
    pub url: Url,
    /// Its issuer when the customer said yes.
    pub issuer: String,
    /// The name under which this app is registered there.
    pub client_id: String,
    /// What the customer granted; `None` once disconnected.
    pub tokens: Option<Tokens>,
    /// When the customer said yes.
    #[serde(default)]
    pub since: Option<DateTime<Utc>>,
    /// How it ended, once it has.
    #[serde(default)]
    pub ended: Option<End>,
}

/// How a connection ended.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct End {
    /// When this app learned of it.
    pub at: DateTime<Utc>,
    /// The code of the server's refusal, or [`DISCONNECTED`].
    pub why: String,
}

impl Connection {
    /// Forgets the tokens, and keeps when and why.
    pub fn end(&mut self, at: DateTime<Utc>, why: &str) {
        self.tokens = None;
        self.ended = Some(End { at, why: why.to_owned() });
    }
}

/// What the command line says.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The address of the shop's Counterfoil server
    url: Url,
    /// The client id that the shop gave when the app was registered (remembered from then on)
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// The registered private key (P-256, as JWK or PEM) instead of the one made on the first run
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Where to wait for the browser to come back
    #[arg(long, value_name = "ADDRESS", default_value_t = crate::callback::ANY_PORT)]
    listen: SocketAddr,
    /// What to ask for, as scopes with spaces between [default: purchases, lines, payment, location]
    #[arg(long)]
    scope: Option<String>,
    /// Only print the address, open no browser
    #[arg(long)]
    no_browser: bool,
}

/// The answer of the push endpoint (RFC 9126).
#[derive(Debug, Deserialize)]
struct Pushed {
    request_uri: String,
}

/// Prints the public keys to register.
pub fn print_keys(folder: &Folder) -> Result<(), Failure> {
    say(&pretty(&SigningKey::load_or_make(folder, CLIENT_KEY)?.jwks()))
}

/// Connects the folder to a server.
pub async fn run(folder: &Folder, options: Options, clock: Clock) -> Result<(), Failure> {
    let known: Option<Connection> = folder.read_json(CONNECTION)?;
    if known.as_ref().is_some_and(|connection| connection.tokens.is_some()) {
        let what = format!("{} holds a connection already", folder.file(CONNECTION).display());
        return Err(Failure::new(Kind::NotReady, what, "run `disconnect` first, or use another --folder"));
    }
    let client_key = match &options.key {
        Some(path) => SigningKey::adopt(folder, CLIENT_KEY, &read_key(path)?)?,
        None => SigningKey::load_or_make(folder, CLIENT_KEY)?,
    };
    let dpop_key = SigningKey::load_or_make(folder, DPOP_KEY)?;
    let remembered =
        known.filter(|connection| connection.url == options.url).map(|connection| connection.client_id);
    let Some(client_id) = options.client_id.or(remembered) else {
        return Err(unregistered(&client_key)?);
    };

    let wire = Wire::new(&options.url, clock.clone())?;
    let service = Service::discover(&wire, &options.url).await?;
    let app = App {
        wire: &wire,
        service: &service,
        client_id: &client_id,
        client_key: &client_key,
        dpop_key: &dpop_key,
    };
    let callback = Callback::listen(options.listen).await?;
    let redirect = callback.redirect_url()?;
    let scopes = options.scope.map_or_else(|| offered(&service), |text| words(&text));
    let Pending { address, state, verifier } = ask(&app, &redirect, scopes).await?;

    say(&format!("Open this address and choose what to share:\n\n  {address}\n"))?;
    if !options.no_browser {
        open_browser(&address);
    }
    let code = callback.wait(&state, &service.issuer, PATIENCE).await?;
    let tokens = app.exchange(&code, &verifier, &redirect).await?;
    let summary = summary(&tokens);
    let issuer = service.issuer.clone();
    let (since, tokens) = (Some(clock.now()), Some(tokens));
    folder.write_json(
        CONNECTION,
        &Connection { url: options.url, issuer, client_id, tokens, since, ended: None },
    )?;
    say(&summary)
}

/// A request that waits for the customer's answer.
#[derive(Debug)]
pub struct Pending {
    /// Where the customer's browser goes.
    pub address: Url,
    /// What the answer must bring back.
    pub state: CsrfToken,
    /// What proves that the code comes to whoever asked.
    pub verifier: PkceCodeVerifier,
}

/// Pushes the request (PAR), so that the browser carries nothing but a reference to it.
pub async fn ask(app: &App<'_>, redirect: &RedirectUrl, scopes: Vec<String>) -> Result<Pending, Failure> {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    // `oauth2` writes the request as the query of an address; the same members are the form of a pushed request.
    let oauth = app.oauth().set_redirect_uri(redirect.clone());
    let (request, state) = oauth
        .authorize_url(CsrfToken::new_random)
        .add_scopes(scopes.into_iter().map(Scope::new))
        .set_pkce_challenge(challenge)
        .add_extra_param("dpop_jkt", app.dpop_key.thumbprint().to_owned())
        .url();
    let endpoint = &app.service.push_endpoint;
    let mut reply = None;
    for _ in 0..2 {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(request.query_pairs())
            .append_pair("client_assertion_type", JWT_BEARER)
            .append_pair("client_assertion", &app.assertion()?)
            .finish();
        let mut pushing = Request::new(Method::POST, endpoint.clone());
        pushing.headers_mut().insert(
            CONTENT_TYPE,
            reqwest::header::HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        *pushing.body_mut() = Some(form.into());
        app.prove(&mut pushing)?;
        let answer = app.wire.send(pushing, SMALL).await?;
        let again = answer.wants_nonce();
        reply = Some(answer);
        if !again {
            break;
        }
    }
    let reply = reply.ok_or_else(|| Failure::misunderstood("the request was not pushed"))?;
    let pushed: Pushed = reply.success()?.json()?;
    let mut address = app.service.authorization_endpoint.clone();
    address
        .query_pairs_mut()
        .append_pair("client_id", app.client_id)
        .append_pair("request_uri", &pushed.request_uri);
    Ok(Pending { address, state, verifier })
}

/// What is asked for by default, as far as this server offers it.
pub fn offered(service: &Service) -> Vec<String> {
    let offers =
        |scope: &str| service.scopes.as_ref().is_none_or(|scopes| scopes.iter().any(|name| name == scope));
    SCOPES.into_iter().filter(|scope| offers(scope)).map(str::to_owned).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Reads the file of a private key.
pub fn read_key(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| {
        let what = format!("cannot read the key {}: {error}", path.display());
        Failure::new(Kind::Local, what, "give --key the path of a private key")
    })
}

fn unregistered(key: &SigningKey) -> Result<Failure, Failure> {
    say(&pretty(&key.jwks()))?;
    Ok(Failure::new(
        Kind::NotReady,
        "this app is not registered there yet; above is its public key",
        format!(
            "the shop runs `counterfoil apps add --name \"My records\" --redirect-uri http://127.0.0.1/callback \
             --scope \"{}\" --auth private_key_jwt --jwks FILE` with that in FILE; then give the client id that it \
             prints with --client-id",
            SCOPES.join(" ")
        ),
    ))
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

fn summary(tokens: &Tokens) -> String {
    let grant = tokens.grant_id.as_deref().unwrap_or("without a name");
    let until = tokens.grant_ends_at.map_or_else(
        || "until you stop it".to_owned(),
        |time| format!("until {}", time.format("%Y-%m-%d %H:%M UTC")),
    );
    format!(
        "Connected {until}: {}\nThis agreement is {grant}. Next: counterfoil-pds sync",
        tokens.scope.join(", ")
    )
}

/// Opens the address if this system has a way to; it is printed as well, so a failure costs nothing.
fn open_browser(address: &Url) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let quiet = process::Stdio::null;
    process::Command::new(program)
        .arg(address.as_str())
        .stdin(quiet())
        .stdout(quiet())
        .stderr(quiet())
        .spawn()
        .ok();
}
