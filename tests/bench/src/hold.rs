//! A bare actix-web that keeps every request waiting: what connections that wait cost by themselves.

use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};

use crate::figures::Failure;

/// As the service answers when nothing has come.
const NOTHING: &str = r#"{"data":[],"nextCursor":"none","hasMore":false}"#;

pub async fn run(listen: &str, seconds: u64) -> Result<(), Failure> {
    let listen = listen.to_owned();
    let wait = Duration::from_secs(seconds);
    let served = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let hold = move || async move {
                tokio::time::sleep(wait).await;
                HttpResponse::Ok().content_type("application/json").body(NOTHING)
            };
            HttpServer::new(move || App::new().route("/v1/changes", web::get().to(hold)))
                .workers(2)
                .bind(listen)?
                .run()
                .await
        })
    });
    tokio::task::spawn_blocking(move || served.join()).await?.map_err(|_| "the server panicked")??;
    Ok(())
}
