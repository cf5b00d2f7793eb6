//! The ledger's public face (C2SP tlog-tiles): read without authentication, and cached by whoever likes, since a tile
//! never changes.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use actix_web::{HttpResponse, web};
use counterfoil_ledger::tree::{Listed, parse_path};
use counterfoil_oauth::problem::{Code, Problem};
use serde::Serialize;

use crate::setup::Api;

const TEXT: &str = "text/plain; charset=utf-8";
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ANEW: &str = "no-cache";

/// A generation in the list of logs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogView {
    log: String,
    generation: i32,
    origin: String,
    url: String,
    vkey: String,
    size: i64,
    closed: bool,
}

/// Every generation of both logs.
pub(crate) async fn list(api: web::Data<Api>) -> Result<HttpResponse, Problem> {
    let logs: Vec<LogView> = listed(&api).await?.into_iter().map(|log| view(&api, log)).collect();
    let body = serde_json::json!({ "logs": logs });
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, ANEW)).json(body))
}

fn view(api: &Api, listed: Listed) -> LogView {
    let Listed { log, generation, origin, vkey, size, is_closed } = listed;
    let url = format!("{}/ledger/{log}/{generation}", api.base());
    LogView { log, generation, origin, url, vkey, size, closed: is_closed }
}

/// Where the newest generation of a log has its checkpoint.
pub(crate) async fn newest(api: web::Data<Api>, path: web::Path<String>) -> Result<HttpResponse, Problem> {
    let log = path.into_inner();
    let newest = listed(&api).await?.into_iter().rfind(|listed| listed.log == log);
    let newest = newest.ok_or_else(|| Problem::new(Code::NotFound))?;
    let to = format!("{}/ledger/{}/{}/checkpoint", api.base(), newest.log, newest.generation);
    Ok(HttpResponse::Found().insert_header((LOCATION, to)).insert_header((CACHE_CONTROL, ANEW)).finish())
}

/// The newest checkpoint of a generation (C2SP tlog-checkpoint).
pub(crate) async fn checkpoint(
    api: web::Data<Api>,
    path: web::Path<(String, i32)>,
) -> Result<HttpResponse, Problem> {
    let (log, generation) = path.into_inner();
    let logs = api.logs().clone();
    let note = on_thread(move || logs.checkpoint(&log, generation).map_err(|error| failed(&error))).await?;
    let note = note.ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, TEXT)).insert_header((CACHE_CONTROL, ANEW)).body(note))
}

/// The verifier key of a generation (C2SP signed-note). Who checks the log should have it from elsewhere as well.
pub(crate) async fn vkey(
    api: web::Data<Api>,
    path: web::Path<(String, i32)>,
) -> Result<HttpResponse, Problem> {
    let (log, generation) = path.into_inner();
    let found = listed(&api).await?.into_iter().find(|one| one.log == log && one.generation == generation);
    let vkey = found.ok_or_else(|| Problem::new(Code::NotFound))?.vkey;
    let answer = HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, TEXT))
        .insert_header((CACHE_CONTROL, ANEW))
        .body(vkey);
    Ok(answer)
}

/// A tile or a bundle of entries.
pub(crate) async fn tile(
    api: web::Data<Api>,
    path: web::Path<(String, i32, String)>,
) -> Result<HttpResponse, Problem> {
    let (log, generation, rest) = path.into_inner();
    let tile = parse_path(&format!("tile/{rest}")).ok_or_else(|| Problem::new(Code::NotFound))?;
    if log != "access" && log != "consent" {
        return Err(Problem::new(Code::NotFound));
    }
    let logs = api.logs().clone();
    let bytes = on_thread(move || logs.tile(&log, generation, &tile).map_err(|error| failed(&error))).await?;
    let bytes = bytes.ok_or_else(|| Problem::new(Code::NotFound))?;
    let answer = HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/octet-stream"))
        .insert_header((CACHE_CONTROL, FOR_EVER))
        .body(bytes);
    Ok(answer)
}

async fn listed(api: &web::Data<Api>) -> Result<Vec<Listed>, Problem> {
    let logs = api.logs().clone();
    on_thread(move || logs.list().map_err(|error| failed(&error))).await
}

async fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    web::block(work).await.map_err(|error| failed(&error))?
}

fn failed(error: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%error, "the ledger cannot be read");
    Problem::new(Code::Unavailable)
}
