//! From stored documents to what a grant lets out.

use std::sync::Arc;

use chrono::NaiveDate;
use counterfoil_domain::grant::Dataset;
use counterfoil_domain::ids::{Person, PurchaseId};
use counterfoil_domain::purchase::{Corrupt, SectionsRef, Shows, Veil, View, project};
use counterfoil_ledger::seal::{Disclosure, Look};
use counterfoil_oauth::access::{Access, Permission};
use counterfoil_store::document::{Unpacker, binding};
use counterfoil_store::keys::PersonKeys;
use counterfoil_store::purchases::{Filter, Listed};
use counterfoil_store::{Error, Result};

use crate::projection::Projection;
use crate::setup::Api;

/// What a grant shows, from its facts. Lists, single purchases, the feed and the summary all go by it.
#[derive(Debug, Clone)]
pub(crate) struct Sight {
    /// Which purchases.
    pub(crate) filter: Filter,
    /// What of each.
    pub(crate) view: View,
    /// All of it, to compare with later.
    pub(crate) projection: Projection,
}

impl Sight {
    pub(crate) fn of<P: Permission>(api: &Api, access: &Access<P>) -> Self {
        let (details, carve_outs) = (&access.details, access.carve_outs());
        let (catalogue, hidden) = (api.catalogue(), access.hidden_categories());
        let holds_sensitive = details.holds(Dataset::Sensitive);
        let left_out = [carve_outs.categories.as_slice(), hidden].concat();
        let veil = Veil::new(Arc::clone(catalogue), &left_out, holds_sensitive, carve_outs.keep_totals);
        let fingerprint = catalogue.fingerprint();
        Self {
            filter: Filter {
                from: details.from,
                to: details.to,
                shared: details.shared_accounts,
                agreed_seq: access.agreed_seq(),
                without: carve_outs.purchases.clone(),
                ..Filter::default()
            },
            view: View {
                shows: Shows {
                    lines: details.holds(Dataset::Lines),
                    payment: details.holds(Dataset::Payment),
                    location: details.holds(Dataset::Location),
                    documents: details.holds(Dataset::Documents),
                },
                veil,
            },
            projection: Projection::new(details, access.agreed_seq(), carve_outs, hidden, fingerprint),
        }
    }
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
    sight: &Sight,
    listed: &[Listed],
    out: &mut Vec<u8>,
) -> Result<()> {
    let mut opener = Opener::new(api, keys, person)?;
    for (index, row) in listed.iter().enumerate() {
        let id = PurchaseId::from_slice(&row.purchase_id)
            .map_err(|_| Error::corrupt("purchases", "purchase_id", "?"))?;
        if index > 0 {
            out.push(b',');
        }
        opener.open(id, &row.document, |sections| project(sections, &sight.view, out))?;
    }
    Ok(())
}

/// Opens the purchases of one customer, reusing its buffers.
pub(crate) struct Opener<'a> {
    unpacker: Unpacker<'a>,
    keys: &'a PersonKeys,
    person: Person,
    plain: Vec<u8>,
}

impl<'a> Opener<'a> {
    pub(crate) fn new(api: &'a Api, keys: &'a PersonKeys, person: Person) -> Result<Self> {
        let unpacker = api.codec().unpacker(api.keys().aead())?;
        Ok(Self { unpacker, keys, person, plain: Vec::new() })
    }

    /// Opens a document and reads it.
    pub(crate) fn open<T>(
        &mut self,
        id: PurchaseId,
        document: &[u8],
        read: impl FnOnce(SectionsRef<'_>) -> std::result::Result<T, Corrupt>,
    ) -> Result<T> {
        let binding = binding(id, Some(self.person));
        self.unpacker.unpack(&self.keys.purchases, &binding, document, &mut self.plain)?;
        SectionsRef::parse(&self.plain)
            .and_then(read)
            .map_err(|corrupt| Error::corrupt("purchases", corrupt.what, id))
    }
}

/// What the ledger says about an answer with purchases of these local dates.
pub(crate) fn disclosure(
    request_id: String,
    look: Look,
    datasets: &[Dataset],
    dates: impl IntoIterator<Item = NaiveDate>,
) -> Disclosure {
    let datasets = datasets.iter().map(|dataset| dataset.name()).collect();
    let mut disclosure =
        Disclosure { request_id, look, purchases: 0, items: 0, from: None, to: None, datasets };
    dates.into_iter().for_each(|date| count(&mut disclosure, date));
    disclosure
}

/// Counts one more purchase.
pub(crate) fn count(disclosure: &mut Disclosure, date: NaiveDate) {
    disclosure.purchases += 1;
    disclosure.from = earlier(disclosure.from, Some(date));
    disclosure.to = later(disclosure.to, Some(date));
}
