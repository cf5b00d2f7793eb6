//! What an app asks for: `authorization_details` of the type `purchase_history` (RFC 9396), or scopes as shorthand.

use chrono::NaiveDate;
use counterfoil_domain::grant::{Dataset, Details, Lasting};
use counterfoil_store::apps::App;
use serde::{Deserialize, Serialize};

use crate::error::{ErrorCode, OauthError, refuse};
use crate::form::Form;

/// The one type of details that is offered.
pub(crate) const TYPE: &str = "purchase_history";

/// What is asked and what may be granted at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// What the page proposes.
    pub asked: Details,
    /// The most that the customer may choose.
    pub most: Details,
}

/// One object of `authorization_details` as it is sent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Sent {
    #[serde(rename = "type")]
    kind: String,
    datasets: Vec<Dataset>,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    duration: Lasting,
    stated_use: Option<String>,
    #[serde(default)]
    shared_accounts: bool,
}

/// One object as it is answered: what was granted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Granted {
    #[serde(rename = "type")]
    kind: String,
    #[serde(flatten)]
    details: Details,
}

/// The granted objects of an answer.
pub(crate) fn granted(details: Details) -> Vec<Granted> {
    vec![Granted { kind: TYPE.to_owned(), details }]
}

/// The datasets of a list of scopes, in any order; one that is unknown or that the app may not have is refused.
pub(crate) fn datasets_of(scope: &str, app: &App) -> Result<Vec<Dataset>, OauthError> {
    let allowed: Vec<&str> = app.scope.split(' ').collect();
    let mut datasets = Vec::new();
    for word in scope.split(' ').filter(|word| !word.is_empty()) {
        match Dataset::from_scope(word) {
            Some(dataset) if allowed.contains(&word) => datasets.push(dataset),
            _ => {
                return refuse(
                    ErrorCode::InvalidScope,
                    "A scope is unknown, or not one that the app may ask for",
                );
            }
        }
    }
    datasets.sort_unstable();
    datasets.dedup();
    Ok(datasets)
}

/// Reads what a pushed request asks for.
pub(crate) fn read(form: &Form, app: &App) -> Result<Asked, OauthError> {
    let scope = form.get("scope").map(|scope| datasets_of(scope, app)).transpose()?;
    match (form.get("authorization_details"), scope) {
        (Some(details), scope) => from_details(details, scope.as_deref(), app),
        (None, Some(datasets)) => from_scopes(datasets, app),
        (None, None) => refuse(ErrorCode::InvalidScope, "Ask with scope or authorization_details"),
    }
}

fn from_details(json: &str, scope: Option<&[Dataset]>, app: &App) -> Result<Asked, OauthError> {
    let invalid = |description| OauthError::Refused(ErrorCode::InvalidAuthorizationDetails, description);
    let sent: Vec<Sent> = serde_json::from_str(json).map_err(|_| {
        invalid("authorization_details must be a list of one purchase_history object, with offered values and no other members")
    })?;
    let Ok([sent]) = <[Sent; 1]>::try_from(sent) else {
        return Err(invalid("authorization_details must hold exactly one object"));
    };
    if sent.kind != TYPE {
        return Err(invalid("The type of authorization_details must be purchase_history"));
    }
    let asked = Details {
        datasets: sent.datasets,
        from: sent.from,
        to: sent.to,
        duration: sent.duration,
        stated_use: sent.stated_use,
        shared_accounts: sent.shared_accounts,
    };
    let asked = asked
        .checked()
        .map_err(|error| OauthError::Refused(ErrorCode::InvalidAuthorizationDetails, error.0))?;
    let allowed: Vec<&str> = app.scope.split(' ').collect();
    if asked.datasets.iter().any(|dataset| !allowed.contains(&dataset.scope())) {
        return Err(invalid("A dataset is not one that the app may ask for"));
    }
    if scope.is_some_and(|scope| scope != asked.datasets) {
        return Err(invalid("scope and authorization_details must ask for the same; send one of them"));
    }
    if asked.duration.exceeds(app.max_duration) {
        return Err(invalid("duration is longer than the app may ask for"));
    }
    // Without a first day the app asks for all it may have; with one before its window it asks for too much.
    match (asked.from, app.window_from) {
        (Some(from), Some(first)) if from < first => Err(invalid("from is earlier than the app may ask for")),
        (None, Some(first)) if asked.to.is_some_and(|to| to < first) => {
            Err(invalid("to is earlier than the app may ask for"))
        }
        (from, first) => {
            let asked = Details { from: from.or(first), ..asked };
            Ok(Asked { most: asked.clone(), asked })
        }
    }
}

/// A scope alone means the app's registered maximum; the page proposes all of the history and 90 days. Purchases on
/// shared accounts have no scope: they are offered, and proposed to nobody.
fn from_scopes(datasets: Vec<Dataset>, app: &App) -> Result<Asked, OauthError> {
    let duration = app.max_duration;
    let most = Details {
        datasets,
        from: app.window_from,
        to: None,
        duration,
        stated_use: None,
        shared_accounts: true,
    };
    let most = most
        .checked()
        .map_err(|_| OauthError::Refused(ErrorCode::InvalidScope, "scope must hold purchases:read"))?;
    let proposed = if Lasting::Days90.exceeds(duration) { duration } else { Lasting::Days90 };
    Ok(Asked { asked: Details { duration: proposed, shared_accounts: false, ..most.clone() }, most })
}
