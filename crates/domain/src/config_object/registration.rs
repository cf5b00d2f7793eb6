//! An app as it was registered.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::grant::Lasting;

/// What the register says of an app, in the version that a customer was shown. It is published by registering the app,
/// not from a file; whether the app may act is no part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// What customers read.
    pub name: String,
    /// Who runs it.
    pub operator: String,
    /// Their postal address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// How to reach them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Where answers may go.
    pub redirect_uris: Vec<String>,
    /// Scopes it may ask for, separated by spaces.
    pub scope: String,
    /// `sha256:` of its public keys, a JWK Set.
    pub keys: String,
    /// The longest grant it may hold.
    pub max_duration: Lasting,
    /// The earliest local date it may read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_from: Option<NaiveDate>,
    /// The purposes for which a system of the retailer may ask and fetch; absent for an app that customers let in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purposes: Option<Vec<String>>,
}
