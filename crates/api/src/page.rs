//! From stored documents to what a grant lets out.

use chrono::NaiveDate;
use counterfoil_domain::grant::{Dataset, Details};
use counterfoil_domain::ids::{Person, PurchaseId};
use counterfoil_domain::purchase::{SectionsRef, Shows, Veil, View, project};
use counterfoil_ledger::seal::Disclosure;
use counterfoil_store::document::binding;
use counterfoil_store::keys::PersonKeys;
use counterfoil_store::purchases::{Filter, Listed};
use counterfoil_store::{Error, Result};

use crate::setup::Api;

/// What a grant's datasets show.
pub(crate) fn shows(details: &Details) -> Shows {
    Shows {
        lines: details.holds(Dataset::Lines),
        payment: details.holds(Dataset::Payment),
        location: details.holds(Dataset::Location),
        documents: false,
    }
}

/// The window and datasets in one spelling.
pub(crate) fn projection(details: &Details) -> String {
    let date = |date: Option<NaiveDate>| date.map_or_else(String::new, |date| format!("{date}"));
    format!("{} {}..{}", details.scope(), date(details.from), date(details.to))
}

/// What of a customer's purchases a grant covers. Purchases on a shared account are never among them: there is no
/// page yet on which a customer could agree to that.
pub(crate) fn window(details: &Details) -> Filter {
    Filter { from: details.from, to: details.to, ..Filter::default() }
}

/// The later of two first dates.
pub(crate) fn later(a: Option<NaiveDate>, b: Option<NaiveDate>) -> Option<NaiveDate> {
    a.max(b)
}

/// The earlier of two last dates.
pub(crate) fn earlier(a: Option<NaiveDate>, b: Option<NaiveDate>) -> Option<NaiveDate> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Opens purchases and appends what is shown of them, separated by commas.
pub(crate) fn append(
    api: &Api,
    keys: &PersonKeys,
    person: Person,
    shows: Shows,
    listed: &[Listed],
    out: &mut Vec<u8>,
) -> Result<()> {
    let mut unpacker = api.codec().unpacker(api.keys().aead())?;
    let mut plain = Vec::new();
    let view = View { shows, veil: Veil::default() };
    for (index, row) in listed.iter().enumerate() {
        let id = PurchaseId::from_slice(&row.purchase_id)
            .map_err(|_| Error::corrupt("purchases", "purchase_id", "?"))?;
        unpacker.unpack(&keys.purchases, &binding(id, Some(person)), &row.document, &mut plain)?;
        if index > 0 {
            out.push(b',');
        }
        let sections =
            SectionsRef::parse(&plain).map_err(|corrupt| Error::corrupt("purchases", corrupt.what, id))?;
        project(sections, &view, out).map_err(|corrupt| Error::corrupt("purchases", corrupt.what, id))?;
    }
    Ok(())
}

/// What the ledger says about an answer with these purchases.
pub(crate) fn disclosure(request_id: String, details: &Details, listed: &[Listed]) -> Disclosure {
    Disclosure {
        request_id,
        purchases: listed.len(),
        from: listed.iter().map(|row| row.local_date).min(),
        to: listed.iter().map(|row| row.local_date).max(),
        datasets: details.datasets.iter().map(|dataset| dataset.name()).collect(),
    }
}
