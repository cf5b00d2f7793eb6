//! Requests to the API with a token that is bound to this app's key: proof, refresh, nonce, and patience.

use std::time::Duration;

use reqwest::{
    Method, Request, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER},
};
use serde_json::Value;
use url::Url;

use crate::{
    clock::Clock,
    connect::{CONNECTION, Connection},
    discovery::Service,
    failure::{Failure, Kind},
    folder::Folder,
    keys::{CLIENT_KEY, DPOP_KEY, SigningKey},
    proof::{self, dpop},
    tokens::{App, Tokens, header},
    wire::{Reply, Wire},
};

/// How often a busy server is asked again.
const RETRIES: u32 = 5;
/// The longest wait that is spent on one of them.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A body, and the key under which it is done once however often it is sent.
#[derive(Debug)]
pub struct Sent {
    /// The JSON.
    pub body: Value,
    /// `Idempotency-Key`, where the same request may have to be sent again.
    pub idempotency_key: Option<String>,
}

/// A connected folder.
#[derive(Debug)]
pub struct Access<'a> {
    folder: &'a Folder,
    connection: Connection,
    wire: Wire,
    service: Service,
    client_key: SigningKey,
    dpop_key: SigningKey,
}

impl<'a> Access<'a> {
    /// Opens what `connect` left in the folder.
    pub async fn open(folder: &'a Folder, clock: Clock) -> Result<Self, Failure> {
        let connection: Connection = folder.read_json(CONNECTION)?.ok_or_else(unconnected)?;
        if connection.tokens.is_none() {
            return Err(unconnected());
        }
        let wire = Wire::new(&connection.url, clock)?;
        let service = Service::discover(&wire, &connection.url).await?;
        if service.issuer != connection.issuer {
            let (old, new) = (&connection.issuer, &service.issuer);
            return Err(Failure::new(
                Kind::Refused,
                format!("the server was {old} when you connected and now calls itself {new}"),
                "if that is right, connect anew in another --folder",
            ));
        }
        let client_key = SigningKey::load_or_make(folder, CLIENT_KEY)?;
        let dpop_key = SigningKey::load_or_make(folder, DPOP_KEY)?;
        Ok(Self { folder, connection, wire, service, client_key, dpop_key })
    }

    /// Where things are at the server.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// Sends one request to the API; any answer comes back, also a refusal.
    pub async fn call(&mut self, method: Method, url: &Url, limit: usize) -> Result<Reply, Failure> {
        self.attempt(method, url, None, limit).await
    }

    /// [`Access::call`] with a body.
    pub async fn send(
        &mut self,
        method: Method,
        url: &Url,
        sent: &Sent,
        limit: usize,
    ) -> Result<Reply, Failure> {
        self.attempt(method, url, Some(sent), limit).await
    }

    async fn attempt(
        &mut self,
        method: Method,
        url: &Url,
        sent: Option<&Sent>,
        limit: usize,
    ) -> Result<Reply, Failure> {
        let (mut refreshed, mut nonce_taken, mut waits) = (false, false, 0);
        loop {
            if self.tokens()?.stale(self.wire.now()) {
                self.refresh().await?;
                refreshed = true;
            }
            let request = self.request(method.clone(), url, sent)?;
            let reply = self.wire.send(request, limit).await?;
            match reply.status {
                StatusCode::UNAUTHORIZED if !nonce_taken && reply.wants_nonce() => nonce_taken = true,
                // The server may have forgotten an access token sooner than it said; the grant decides, not the token.
                StatusCode::UNAUTHORIZED if !refreshed && !reply.wants_nonce() => {
                    self.refresh().await?;
                    refreshed = true;
                }
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE if waits < RETRIES => {
                    tokio::time::sleep(wait(&reply, waits)).await;
                    waits += 1;
                }
                _ => return Ok(reply),
            }
        }
    }

    /// Forgets the tokens, and keeps when and why; the client id stays for the next time.
    pub fn forget(mut self, why: &str) -> Result<(), Failure> {
        self.connection.end(self.wire.now(), why);
        self.folder.write_json(CONNECTION, &self.connection)
    }

    fn tokens(&self) -> Result<&Tokens, Failure> {
        self.connection.tokens.as_ref().ok_or_else(unconnected)
    }

    fn request(&self, method: Method, url: &Url, sent: Option<&Sent>) -> Result<Request, Failure> {
        let token = &self.tokens()?.access_token;
        let nonce = self.wire.nonce(url);
        let subject =
            proof::Request { method: method.as_str(), url, nonce: nonce.as_deref(), token: Some(token) };
        let proof = header(&dpop(&self.dpop_key, subject, self.wire.now())?)?;
        let mut request = Request::new(method, url.clone());
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, header(&format!("DPoP {}", token.secret()))?);
        headers.insert("dpop", proof);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, application/problem+json"));
        if let Some(sent) = sent {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            if let Some(key) = &sent.idempotency_key {
                headers.insert("idempotency-key", header(key)?);
            }
            *request.body_mut() = Some(sent.body.to_string().into());
        }
        Ok(request)
    }

    async fn refresh(&mut self) -> Result<(), Failure> {
        let app = App {
            wire: &self.wire,
            service: &self.service,
            client_id: &self.connection.client_id,
            client_key: &self.client_key,
            dpop_key: &self.dpop_key,
        };
        let tokens = app.refresh(self.tokens()?).await?;
        self.connection.tokens = Some(tokens);
        self.folder.write_json(CONNECTION, &self.connection)
    }
}

fn unconnected() -> Failure {
    Failure::new(
        Kind::NotReady,
        "this folder is not connected to a server",
        "run `counterfoil-pds connect URL`",
    )
}

fn wait(reply: &Reply, before: u32) -> Duration {
    let asked = reply.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    asked.map_or_else(|| Duration::from_secs(1 << before), Duration::from_secs).min(LONGEST_WAIT)
}
