//! One of the retailer's own systems: the extractor that handlers for them name in their signatures.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use counterfoil_domain::ids::ClientId;
use counterfoil_store::apps::{self, AppState};
use counterfoil_store::system_tokens;
use futures_util::future::LocalBoxFuture;

use crate::Oauth;
use crate::access::token_of;
use crate::dpop::proof_of;
use crate::opaque::{self, Kind};
use crate::problem::{Code, Problem};

/// A system of the retailer with a valid token and a proof of its key, which acts for no customer. There is no other way
/// to make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    /// Its id in the register.
    pub client_id: ClientId,
    /// What it is called there.
    pub name: String,
    purposes: Vec<String>,
}

impl System {
    /// Holds the system to the purposes that it is registered for.
    ///
    /// # Errors
    /// [`Code::PurposeNotAllowed`].
    pub fn may_pursue(&self, purpose: &str) -> Result<(), Problem> {
        if self.purposes.iter().any(|allowed| allowed == purpose) {
            return Ok(());
        }
        Err(Problem::new(Code::PurposeNotAllowed))
    }

    async fn find(oauth: Oauth, request: HttpRequest) -> Result<Self, Problem> {
        let token = token_of(&request)?;
        let unknown = || Problem::new(Code::InvalidToken);
        let hash = opaque::hash(Kind::System, token).ok_or_else(unknown)?;
        let now = oauth.clock().now();
        let found = oauth.store().read(move |conn| {
            let Some(token) = system_tokens::find(conn, &hash, now)? else { return Ok(None) };
            let app = apps::find(conn, token.client_id)?;
            Ok::<_, Problem>(app.map(|app| (token, app)))
        });
        let (stored, app) = found.await?.ok_or_else(unknown)?;
        let refused = |detail: &str| Problem::new(Code::InvalidProof).detail(detail);
        let jkt = proof_of(&oauth, &request, Some(token))
            .map_err(|error| refused(error.0))?
            .ok_or_else(|| refused("A DPoP proof is missing"))?;
        if jkt != stored.jkt {
            return Err(unknown().detail("The token is bound to another key"));
        }
        if app.state != AppState::Approved {
            return Err(Problem::new(Code::AppSuspended));
        }
        let purposes = app.purposes.ok_or_else(unknown)?;
        Ok(Self { client_id: app.client_id, name: app.name, purposes })
    }
}

impl FromRequest for System {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let oauth = request.app_data::<web::Data<Oauth>>().map(|oauth| Oauth::clone(oauth));
            let oauth = oauth.ok_or_else(|| {
                tracing::error!("the authorization server is not among the app's data");
                Problem::new(Code::Internal)
            })?;
            let outcome = Self::find(oauth.clone(), request).await;
            if let Err(problem) = &outcome {
                oauth.metrics().refused.with_label_values(&["system", problem.code().name()]).inc();
            }
            outcome
        })
    }
}
