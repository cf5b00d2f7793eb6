//! A load client: 32 connections that are kept open, proofs signed beforehand, every answer read whole.

use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use josekit::jwk::Jwk;
use josekit::jws::{ES256, JwsHeader};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::figures::Failure;

/// A proof may be used for a minute; so many requests are signed for before the clock starts.
const PROOFS: usize = 120_000;

pub async fn run(
    url: &str,
    folders: &[String],
    body: Option<&str>,
    connections: usize,
    seconds: u64,
) -> Result<(), Failure> {
    let (host, path) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).ok_or("a http URL")?;
    let htu = format!("http://{host}/{}", path.split('?').next().unwrap_or_default());
    let each = PROOFS / connections;
    let mut requests = Vec::new();
    for connection in 0..connections {
        let folder = folders.get(connection % folders.len().max(1));
        requests.push(match folder {
            Some(folder) => signed(folder, host, path, &htu, body, each, connection)?,
            None => vec![format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\n\r\n").into_bytes(); 1],
        });
    }
    let end = Instant::now() + Duration::from_secs(seconds);
    let began = Instant::now();
    let mut tasks = Vec::new();
    for list in requests {
        let host = host.to_owned();
        tasks.push(tokio::spawn(async move { drive(&host, list, end).await }));
    }
    let (mut times, mut bytes, mut failures) = (Vec::new(), 0_usize, 0_usize);
    for task in tasks {
        let outcome = task.await??;
        times.extend(outcome.times);
        bytes += outcome.bytes;
        failures += outcome.failures;
    }
    let took = began.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: f64| times.get(((times.len() as f64) * share) as usize).map_or(0.0, |t| *t as f64 / 1_000.0);
    println!(
        "{}",
        json!({
            "what": "load", "requests": times.len(), "failures": failures, "seconds": took,
            "rate": times.len() as f64 / took, "bytesEach": bytes / times.len().max(1),
            "p50ms": at(0.50), "p99ms": at(0.99), "p999ms": at(0.999),
        })
    );
    Ok(())
}

struct Outcome {
    times: Vec<u64>,
    bytes: usize,
    failures: usize,
}

async fn drive(host: &str, list: Vec<Vec<u8>>, end: Instant) -> Result<Outcome, Failure> {
    let mut stream = TcpStream::connect(host).await?;
    stream.set_nodelay(true)?;
    let mut outcome = Outcome { times: Vec::new(), bytes: 0, failures: 0 };
    let mut buffer = Vec::with_capacity(256 << 10);
    let is_repeated = list.len() == 1;
    let mut index = 0;
    while Instant::now() < end {
        let Some(request) = list.get(if is_repeated { 0 } else { index }) else { return Err("out of proofs".into()) };
        index += 1;
        let began = Instant::now();
        stream.write_all(request).await?;
        let (status, length) = answer(&mut stream, &mut buffer).await?;
        outcome.times.push(u64::try_from(began.elapsed().as_micros())?);
        outcome.bytes += length;
        outcome.failures += usize::from(status != 200);
    }
    Ok(outcome)
}

async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<(u16, usize), Failure> {
    buffer.clear();
    let head = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Err("the connection was closed".into());
        }
    };
    let text = std::str::from_utf8(&buffer[..head])?.to_ascii_lowercase();
    let status = text.get(9..12).ok_or("no status")?.parse()?;
    let length: usize = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .ok_or("no content-length")?
        .trim()
        .parse()?;
    while buffer.len() < head + length {
        if stream.read_buf(buffer).await? == 0 {
            return Err("the connection was closed".into());
        }
    }
    Ok((status, length))
}

/// Requests with a proof each: GET, or POST of a body.
fn signed(
    folder: &str,
    host: &str,
    path: &str,
    htu: &str,
    body: Option<&str>,
    count: usize,
    connection: usize,
) -> Result<Vec<Vec<u8>>, Failure> {
    let (method, content) = match body {
        None => ("GET", String::new()),
        Some(body) => {
            ("POST", format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()))
        }
    };
    let body = body.unwrap_or_default();
    let connected: Value = serde_json::from_slice(&std::fs::read(format!("{folder}/connection.json"))?)?;
    let token = find(&connected, "cfa_").or_else(|| find(&connected, "cfi_"));
    let token = token.ok_or("no access token in connection.json")?;
    let key = Jwk::from_bytes(std::fs::read(format!("{folder}/dpop-key.json"))?)?;
    let signer = ES256.signer_from_jwk(&key)?;
    let public: Map<String, Value> = ["kty", "crv", "x", "y"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), key.parameter(name)?.clone())))
        .collect();
    let mut header = JwsHeader::new();
    header.set_token_type("dpop+jwt");
    header.set_claim("jwk", Some(Value::Object(public)))?;
    let ath = BASE64.encode(Sha256::digest(&token));
    let iat = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    (0..count)
        .map(|number| {
            let claims = json!({
                "jti": format!("{iat}-{connection}-{number}-load"), "htm": method, "htu": htu, "iat": iat, "ath": ath,
            });
            let proof = josekit::jws::serialize_compact(claims.to_string().as_bytes(), &header, &signer)?;
            Ok(format!(
                "{method} /{path} HTTP/1.1\r\nhost: {host}\r\nauthorization: DPoP {token}\r\ndpop: {proof}\r\n\
                 {content}\r\n{body}"
            )
            .into_bytes())
        })
        .collect()
}

/// The first string in a value that begins so.
fn find(value: &Value, start: &str) -> Option<String> {
    match value {
        Value::String(text) if text.starts_with(start) => Some(text.clone()),
        Value::Array(items) => items.iter().find_map(|item| find(item, start)),
        Value::Object(members) => members.values().find_map(|item| find(item, start)),
        _ => None,
    }
}
