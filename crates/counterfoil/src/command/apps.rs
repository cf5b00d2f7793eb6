//! `apps …`: prints JSON.

use std::fs;

use counterfoil_domain::grant::Lasting;
use counterfoil_domain::ids::ClientId;
use counterfoil_oauth::Oauth;
use counterfoil_oauth::apps::{self, App, AppError, NewApp};
use serde_json::{Value, json};

use crate::arguments::Apps;
use crate::config::Settings;
use crate::failure::Failure;
use crate::realm::Realm;

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Store(error) => error.into(),
            other => Self::Refused(format!("{other}")),
        }
    }
}

/// Runs a command on the register of apps.
pub fn run(settings: &Settings, command: Apps) -> Result<(), Failure> {
    let realm = Realm::open(settings)?;
    let oauth = realm.oauth(settings)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::io("starting the runtime"))?;
    let answer = runtime.block_on(answer(&oauth, command))?;
    super::print(&answer)
}

async fn answer(oauth: &Oauth, command: Apps) -> Result<Value, Failure> {
    match command {
        Apps::Add {
            name,
            operator,
            address,
            contact,
            redirect_uri,
            scope,
            purpose,
            auth,
            jwks,
            max_duration,
            window_from,
        } => {
            let keys = fs::read_to_string(&jwks).map_err(Failure::io(format!("{}", jwks.display())))?;
            let max_duration = Lasting::from_name(&max_duration).ok_or_else(|| {
                Failure::Usage("--max-duration: P30D, P90D, P180D or until_withdrawn".to_owned())
            })?;
            let new = NewApp {
                operator: operator.unwrap_or_else(|| name.clone()),
                name,
                address,
                contact,
                redirect_uris: redirect_uri,
                scope: scope.unwrap_or_default(),
                auth_method: auth,
                jwks: keys,
                max_duration,
                window_from,
                purposes: (!purpose.is_empty()).then_some(purpose),
            };
            let client_id = apps::register(oauth, new).await?;
            let state = apps::list(oauth).await?.into_iter().find(|app| app.client_id == client_id);
            Ok(json!({
                "clientId": format!("{client_id}"),
                "state": state.map(|app| app.state.name()),
            }))
        }
        Apps::Approve { client_id, by } => Ok(described(&apps::approve(oauth, id(&client_id)?, by).await?)),
        Apps::List => Ok(apps::list(oauth).await?.iter().map(described).collect()),
        Apps::Suspend { client_id, reason } => {
            Ok(described(&apps::suspend(oauth, id(&client_id)?, reason).await?))
        }
        Apps::Reinstate { client_id } => Ok(described(&apps::reinstate(oauth, id(&client_id)?).await?)),
    }
}

fn id(text: &str) -> Result<ClientId, Failure> {
    text.parse().map_err(|_| Failure::Usage("a client id begins with app_".to_owned()))
}

fn described(app: &App) -> Value {
    json!({
        "clientId": format!("{}", app.client_id),
        "name": app.name,
        "operator": app.operator,
        "address": app.address,
        "contact": app.contact,
        "redirectUris": app.redirect_uris,
        "scope": app.scope,
        "maxDuration": app.max_duration.name(),
        "purposes": app.purposes,
        "windowFrom": app.window_from,
        "state": app.state.name(),
        "approvals": app.approvals,
    })
}
