//! `GET /v1/grant`: what the customer has agreed to, as the shop has it.

use chrono::{DateTime, NaiveDate, Utc};
use reqwest::Method;
use serde::Deserialize;

use crate::{access::Access, failure::Failure, wire::SMALL};

/// What the customer has agreed to.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Agreement {
    /// What is shared, as scopes with spaces between.
    pub scope: String,
    /// The local dates of the purchases that are shared.
    #[serde(default)]
    pub window: Window,
    /// When the customer said yes.
    pub given_at: Option<DateTime<Utc>>,
    /// When it ends by itself; absent when it lasts until it is stopped.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A stretch of local dates, both ends in it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Window {
    /// The first; absent for all there are.
    pub from: Option<NaiveDate>,
}

/// The answer of the server.
#[derive(Deserialize)]
struct Answer {
    data: Agreement,
}

impl Agreement {
    /// Asks the shop.
    ///
    /// # Errors
    /// When the agreement has ended, or the shop does not say.
    pub async fn read(access: &mut Access<'_>) -> Result<Self, Failure> {
        let url = access.service().api(&["grant"])?;
        let Answer { data } = access.call(Method::GET, &url, SMALL).await?.success()?.json()?;
        Ok(data)
    }
}
