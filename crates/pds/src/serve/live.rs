//! `GET /live`: waits for something to change, for the script of the pages.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::pages::Pages;

/// The longest wait; the script asks again.
const LIMIT: Duration = Duration::from_secs(25);

/// What the page knows already.
#[derive(Debug, Deserialize)]
pub struct Known {
    after: i64,
}

/// What is known now.
#[derive(Debug, Serialize)]
struct News {
    /// Rises with each change.
    version: i64,
    /// Purchases that came in since this program runs.
    arrived: usize,
}

/// Answers when something has changed since `after`, or after a while.
pub async fn wait(pages: web::Data<Pages>, known: web::Query<Known>) -> HttpResponse {
    let now = pages.board.wait(LIMIT, |snapshot| snapshot.version > known.after).await;
    HttpResponse::Ok().json(News { version: now.version, arrived: now.arrived })
}
