//! What an app asks for: `authorization_details` (RFC 9396) of the types `purchase_history` and `volunteered`, each at
//! most once, or scopes as shorthand.

use chrono::NaiveDate;
use counterfoil_domain::grant::{Dataset, Details, Lasting, NamedAsk, Volunteered, VolunteeredAccess};
use counterfoil_store::apps::App;
use serde::{Deserialize, Serialize};

use crate::error::{ErrorCode, OauthError, refuse};
use crate::form::Form;

/// The types of details that are offered.
pub(crate) const TYPES: [&str; 2] = ["purchase_history", "volunteered"];

/// What is asked and what may be granted at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// What the page proposes.
    pub asked: Details,
    /// The most that the customer may choose.
    pub most: Details,
}

/// One object of `authorization_details`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Object {
    /// Purchases.
    PurchaseHistory(PurchaseHistory),
    /// What the customer volunteers.
    Volunteered(Telling),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PurchaseHistory {
    datasets: Vec<Dataset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<NaiveDate>,
    duration: Lasting,
    #[serde(skip_serializing_if = "Option::is_none")]
    stated_use: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    shared_accounts: bool,
}

/// Beside a `purchase_history` it lasts as long as that and is for the same: one grant has one duration and one use.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Telling {
    asks: Vec<NamedAsk>,
    access: Vec<VolunteeredAccess>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<Lasting>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stated_use: Option<String>,
}

/// The granted objects of an answer.
pub(crate) fn granted(details: Details) -> Vec<Object> {
    let Details { datasets, from, to, duration, stated_use, shared_accounts, volunteered } = details;
    let is_alone = datasets.is_empty();
    let volunteered = volunteered.map(|Volunteered { asks, access }| {
        let (duration, stated_use) = (is_alone.then_some(duration), stated_use.clone().filter(|_| is_alone));
        Object::Volunteered(Telling { asks, access, duration, stated_use })
    });
    let history = PurchaseHistory { datasets, from, to, duration, stated_use, shared_accounts };
    let history = (!is_alone).then_some(Object::PurchaseHistory(history));
    history.into_iter().chain(volunteered).collect()
}

/// What a list of scopes stands for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Scopes {
    /// Sorted.
    pub datasets: Vec<Dataset>,
    /// Sorted.
    pub access: Vec<VolunteeredAccess>,
}

impl Scopes {
    fn of(details: &Details) -> Self {
        let access = details.volunteered.as_ref().map(|volunteered| volunteered.access.clone());
        Self { datasets: details.datasets.clone(), access: access.unwrap_or_default() }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.datasets.is_empty() && self.access.is_empty()
    }

    /// The words again, separated by spaces.
    pub(crate) fn words(&self) -> String {
        let datasets = self.datasets.iter().map(|dataset| dataset.scope());
        let words: Vec<&str> = datasets.chain(self.access.iter().map(|access| access.scope())).collect();
        words.join(" ")
    }
}

/// Reads scopes, in any order; one that is unknown or that the app may not have is refused.
pub(crate) fn scopes_of(scope: &str, app: &App) -> Result<Scopes, OauthError> {
    let mut scopes = Scopes::default();
    for word in scope.split(' ').filter(|word| !word.is_empty()) {
        let is_allowed = may_ask(app, word);
        match (Dataset::from_scope(word), VolunteeredAccess::from_scope(word)) {
            (Some(dataset), _) if is_allowed => scopes.datasets.push(dataset),
            (_, Some(access)) if is_allowed => scopes.access.push(access),
            _ => {
                return refuse(
                    ErrorCode::InvalidScope,
                    "A scope is unknown, or not one that the app may ask for",
                );
            }
        }
    }
    scopes.datasets.sort_unstable();
    scopes.datasets.dedup();
    scopes.access.sort_unstable();
    scopes.access.dedup();
    Ok(scopes)
}

fn may_ask(app: &App, scope: &str) -> bool {
    app.scope.split(' ').any(|allowed| allowed == scope)
}

/// Reads what a pushed request asks for. `open` are the asks that can be answered now.
pub(crate) fn read(form: &Form, app: &App, open: &[NamedAsk]) -> Result<Asked, OauthError> {
    let scopes = form.get("scope").map(|scope| scopes_of(scope, app)).transpose()?;
    match (form.get("authorization_details"), scopes) {
        (Some(details), scopes) => from_details(details, scopes.as_ref(), app, open),
        (None, Some(scopes)) => from_scopes(scopes, app, open),
        (None, None) => refuse(ErrorCode::InvalidScope, "Ask with scope or authorization_details"),
    }
}

fn invalid(description: &'static str) -> OauthError {
    OauthError::Refused(ErrorCode::InvalidAuthorizationDetails, description)
}

/// The objects of a request, put together.
fn joined(objects: Vec<Object>, app: &App) -> Result<Details, OauthError> {
    let (mut history, mut asks) = (None, None);
    for object in objects {
        let is_second = match object {
            Object::PurchaseHistory(object) => history.replace(object).is_some(),
            Object::Volunteered(object) => asks.replace(object).is_some(),
        };
        if is_second {
            return Err(invalid("authorization_details must hold at most one object of each type"));
        }
    }
    let volunteered = |asks: Telling| Volunteered { asks: asks.asks, access: asks.access };
    let details = match (history, asks) {
        (Some(_), Some(asks)) if asks.duration.is_some() || asks.stated_use.is_some() => {
            return Err(invalid(
                "duration and statedUse belong to the purchase_history object; a grant has one",
            ));
        }
        (Some(history), asks) => Details {
            datasets: history.datasets,
            from: history.from,
            to: history.to,
            duration: history.duration,
            stated_use: history.stated_use,
            shared_accounts: history.shared_accounts,
            volunteered: asks.map(volunteered),
        },
        (None, Some(asks)) => Details {
            datasets: Vec::new(),
            from: None,
            to: None,
            duration: asks.duration.unwrap_or_else(|| proposed(app)),
            stated_use: asks.stated_use.clone(),
            shared_accounts: false,
            volunteered: Some(volunteered(asks)),
        },
        (None, None) => return Err(invalid("authorization_details must hold an object")),
    };
    if details.datasets.is_empty() && details.volunteered.is_none() {
        return Err(invalid("datasets must hold purchases"));
    }
    details.checked().map_err(|error| OauthError::Refused(ErrorCode::InvalidAuthorizationDetails, error.0))
}

fn from_details(
    json: &str,
    scopes: Option<&Scopes>,
    app: &App,
    open: &[NamedAsk],
) -> Result<Asked, OauthError> {
    let objects: Vec<Object> = serde_json::from_str(json).map_err(|_| {
        invalid("authorization_details must be a list of purchase_history and volunteered objects, with offered values and no other members")
    })?;
    let asked = joined(objects, app)?;
    let wanted = Scopes::of(&asked);
    if wanted.words().split(' ').any(|scope| !may_ask(app, scope)) {
        return Err(invalid("A dataset or an access is not one that the app may ask for"));
    }
    if scopes.is_some_and(|scopes| *scopes != wanted) {
        return Err(invalid("scope and authorization_details must ask for the same; send one of them"));
    }
    let mut named = asked.volunteered.iter().flat_map(|volunteered| &volunteered.asks);
    if named.any(|ask| !open.contains(ask)) {
        return Err(invalid("asks names an ask, or a version of one, that is not open"));
    }
    if asked.duration.exceeds(app.max_duration) {
        return Err(invalid("duration is longer than the app may ask for"));
    }
    // Without a first day the app asks for all it may have; with one before its window it asks for too much.
    match (asked.from, app.window_from.filter(|_| !asked.datasets.is_empty())) {
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

/// What the page proposes to an app that names no duration.
fn proposed(app: &App) -> Lasting {
    if Lasting::Days90.exceeds(app.max_duration) { app.max_duration } else { Lasting::Days90 }
}

/// A scope alone means the app's registered maximum, and for asks all that are open; the page proposes all of the
/// history and 90 days. Purchases on shared accounts have no scope: they are offered, and proposed to nobody.
fn from_scopes(scopes: Scopes, app: &App, open: &[NamedAsk]) -> Result<Asked, OauthError> {
    let refused = |description| OauthError::Refused(ErrorCode::InvalidScope, description);
    let Scopes { datasets, access } = scopes;
    let is_of_purchases = !datasets.is_empty();
    if !access.is_empty() && open.is_empty() && !is_of_purchases {
        return Err(refused("Nothing is asked of customers at the moment"));
    }
    let volunteered = (!access.is_empty() && !open.is_empty())
        .then(|| Volunteered { asks: open.iter().take(Volunteered::MOST_ASKS).cloned().collect(), access });
    let most = Details {
        datasets,
        from: app.window_from.filter(|_| is_of_purchases),
        to: None,
        duration: app.max_duration,
        stated_use: None,
        shared_accounts: is_of_purchases,
        volunteered,
    };
    let most =
        most.checked().map_err(|_| refused("scope must hold purchases:read, or be about asks alone"))?;
    Ok(Asked { asked: Details { duration: proposed(app), shared_accounts: false, ..most.clone() }, most })
}
