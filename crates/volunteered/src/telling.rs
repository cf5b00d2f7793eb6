//! Telling the retailer's systems, in the transaction of the act.

use counterfoil_domain::ids::{ClientId, EntryId};
use counterfoil_store::Result;
use counterfoil_store::conn::Conn;
use counterfoil_store::consents::Consent;
use counterfoil_store::items::Item;

use crate::Volunteering;

/// A consent stands elsewhere than before, by this entry.
#[expect(clippy::unnecessary_wraps, reason = "what it writes can fail")]
pub(crate) fn consent_changed_in(
    _v: &Volunteering,
    _conn: &mut Conn,
    consent: &Consent,
    _entry: EntryId,
) -> Result<()> {
    tracing::trace!(record = %consent.record, version = consent.version, "a consent changed");
    Ok(())
}

/// An item can be used, or has another value, by this entry.
#[expect(clippy::unnecessary_wraps, reason = "what it writes can fail")]
pub(crate) fn item_changed_in(
    _v: &Volunteering,
    _conn: &mut Conn,
    item: &Item,
    _entry: EntryId,
) -> Result<()> {
    tracing::trace!(record = %item.record, version = item.version, "an item changed");
    Ok(())
}

/// An item has ended that these systems have fetched, by this entry.
#[expect(clippy::unnecessary_wraps, reason = "what it writes can fail")]
pub(crate) fn item_gone_in(
    _v: &Volunteering,
    _conn: &mut Conn,
    item: &Item,
    fetchers: &[ClientId],
    _entry: EntryId,
) -> Result<()> {
    tracing::trace!(record = %item.record, systems = fetchers.len(), "an item is gone");
    Ok(())
}
