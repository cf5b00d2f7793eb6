//! `GET /v1/audit/…`: what a member of staff asks the ledger. Whoever looks at somebody is written down first.

use std::collections::BTreeMap;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use counterfoil_domain::clock::Clock;
use counterfoil_ledger::audit::processing::Configured;
use counterfoil_ledger::audit::{Affected, AsOf, Audit, AuditError, Looker, Subject};
use counterfoil_oauth::auditor::Auditor;
use counterfoil_oauth::problem::{Code, Problem};
use counterfoil_store::Store;
use serde::Serialize;

use crate::query::{self, invalid};

/// What answers staff. Handlers find it in the app's data.
#[derive(Debug, Clone)]
pub struct Audits {
    /// The ledger's answers.
    pub audit: Audit,
    /// What the record of processing activities rests on, beside the register of apps.
    pub configured: Configured,
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
}

/// `GET /v1/audit/as-of`
pub(crate) async fn as_of(
    request: HttpRequest,
    auditor: Auditor,
    audits: web::Data<Audits>,
) -> Result<HttpResponse, Problem> {
    let known = ["customer", "scheme", "record", "validAt", "knownAt", "proofs", "case"];
    let asked = Asked(query::parameters(request.query_string(), &known)?);
    let subject = match (asked.0.get("customer"), asked.0.get("record")) {
        (Some(id), None) => {
            Subject::Customer { id: id.clone(), scheme: asked.0.get("scheme").cloned().unwrap_or_default() }
        }
        (None, Some(_)) if asked.0.contains_key("scheme") => {
            return Err(invalid("scheme", "belongs to customer"));
        }
        (None, Some(_)) => Subject::Record(asked.read("record", "must be an id that begins with rec_")?),
        _ => return Err(invalid("customer", "either customer or record must be given")),
    };
    let question = AsOf {
        subject,
        valid_at: asked.instant("validAt")?,
        known_at: asked.instant("knownAt")?,
        proofs: match asked.0.get("proofs").map(String::as_str) {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(invalid("proofs", "must be true or false")),
        },
    };
    let looker = asked.looker(&auditor)?;
    answer(audits, move |audits, now| audits.audit.as_of(&looker, &question, now)).await
}

/// `GET /v1/audit/affected`
pub(crate) async fn affected(
    request: HttpRequest,
    auditor: Auditor,
    audits: web::Data<Audits>,
) -> Result<HttpResponse, Problem> {
    let asked = Asked(query::parameters(request.query_string(), &["app", "from", "to", "case"])?);
    let app = asked.read("app", "must be a client id, which begins with app_")?;
    let question = Affected { app, from: asked.instant("from")?, to: asked.instant("to")? };
    let looker = asked.looker(&auditor)?;
    answer(audits, move |audits, now| audits.audit.affected(&looker, &question, now)).await
}

/// `GET /v1/audit/by-config`
pub(crate) async fn by_config(
    request: HttpRequest,
    auditor: Auditor,
    audits: web::Data<Audits>,
) -> Result<HttpResponse, Problem> {
    let asked = Asked(query::parameters(request.query_string(), &["config", "case"])?);
    let config = asked.text("config")?.to_owned();
    let digits = config.strip_prefix("sha256:").unwrap_or_default();
    if digits.len() != 64 || !digits.bytes().all(|byte| b"0123456789abcdef".contains(&byte)) {
        return Err(invalid("config", "must be sha256: and 64 hexadecimal digits"));
    }
    let looker = asked.looker(&auditor)?;
    answer(audits, move |audits, now| audits.audit.by_config(&looker, &config, now)).await
}

/// `GET /v1/audit/processing-record`. It is about nobody, so no case is needed.
pub(crate) async fn processing_record(
    request: HttpRequest,
    _auditor: Auditor,
    audits: web::Data<Audits>,
) -> Result<HttpResponse, Problem> {
    query::none(request.query_string())?;
    answer(audits, |audits, _| Ok(audits.configured.record(&audits.store)?)).await
}

/// What was asked, by name.
struct Asked(BTreeMap<String, String>);

impl Asked {
    fn text(&self, name: &str) -> Result<&str, Problem> {
        self.0.get(name).map(String::as_str).ok_or_else(|| invalid(name, "is missing"))
    }

    fn read<T: std::str::FromStr>(&self, name: &str, wanted: &str) -> Result<T, Problem> {
        self.text(name)?.parse().map_err(|_| invalid(name, wanted))
    }

    fn instant(&self, name: &str) -> Result<DateTime<Utc>, Problem> {
        self.read(name, "must be a time as 2026-03-10T00:00:00Z")
    }

    fn looker(&self, auditor: &Auditor) -> Result<Looker, Problem> {
        let looker = auditor.looker(self.text("case")?);
        looker.map_err(|_| invalid("case", "must have 1 to 255 characters, none of them a control character"))
    }
}

/// Answers on a thread that may wait for the database.
async fn answer<T: Serialize + Send + 'static>(
    audits: web::Data<Audits>,
    ask: impl FnOnce(&Audits, DateTime<Utc>) -> Result<T, AuditError> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let now = audits.clock.now();
    let answered = web::block(move || ask(&audits, now)).await.map_err(|error| {
        tracing::error!(%error, "an auditor's question was not answered");
        Problem::new(Code::Unavailable)
    })?;
    let answered = answered.map_err(|error| match error {
        AuditError::Future(name) => invalid(name, "must not lie in the future"),
        AuditError::Span => invalid("to", "must not be before from"),
        AuditError::Own => Problem::new(Code::OwnRecord),
        AuditError::Store(error) => error.into(),
        AuditError::Proof(error) => {
            tracing::error!(%error, "an entry could not be proven");
            Problem::new(Code::Internal)
        }
    })?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(answered))
}
