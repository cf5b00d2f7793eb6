//! A member of staff who may ask the ledger: the extractor that handlers under `/v1/audit` name in their signatures.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use counterfoil_domain::ids::Person;
use counterfoil_ledger::audit::{InvalidLooker, Looker};
use futures_util::future::LocalBoxFuture;

use crate::problem::{Code, Problem};
use crate::session::{NoSession, Visitor};

/// A signed-in member of staff. There is no other way to make one, so a handler that takes it cannot run for anybody
/// else.
#[derive(Debug)]
pub struct Auditor {
    person: Person,
    reference: String,
}

impl Auditor {
    /// Who looks, under a case. They may not look at themselves.
    ///
    /// # Errors
    /// [`InvalidLooker`] when the case cannot stand in an entry.
    pub fn looker(&self, case: &str) -> Result<Looker, InvalidLooker> {
        Ok(Looker::new(&self.reference, case)?.who_is(self.person))
    }

    async fn find(request: HttpRequest) -> Result<Self, Problem> {
        // A look is written down under the name of who is signed in: no other site makes them look.
        let is_ours = request.headers().get_all("sec-fetch-site").all(|site| {
            let site = site.as_bytes();
            site == b"same-origin" || site == b"none"
        });
        if !is_ours {
            return Err(Problem::new(Code::InvalidRequest).detail("The request comes from another site."));
        }
        let visitor = Visitor::extract(&request).await.map_err(|error| match error {
            NoSession::SignInFirst(_) => Problem::new(Code::NotSignedIn),
            NoSession::Unavailable => Problem::new(Code::Unavailable),
        })?;
        let session = visitor.session.ok_or_else(|| Problem::new(Code::NotSignedIn))?;
        let reference = visitor.sessions().staff(&session).await?;
        let reference = reference.ok_or_else(|| Problem::new(Code::InsufficientRole))?;
        Ok(Self { person: session.person, reference })
    }
}

impl FromRequest for Auditor {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Box::pin(Self::find(request.clone()))
    }
}
