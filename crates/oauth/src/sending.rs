//! Receipts that are sent outside the pages: which are due, and that one was sent.
//!
//! A step of a grant owes a receipt in its own transaction; whoever sends them looks for what is owed, one process at a
//! time. A receipt may be sent twice, when a process ends between sending it and writing that down; it is never lost.

use chrono::Duration;
use counterfoil_domain::entry::{Actor, EntryType};
use counterfoil_domain::ids::Person;
use counterfoil_ledger::Draft;
use counterfoil_ledger::config::fingerprint;
use counterfoil_ledger::grants::BASIS;
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log};
use counterfoil_store::grants::{self, Grant};
use counterfoil_store::owed_receipts::{self, Owed};
use counterfoil_store::{Error, addresses, hiding, leases, people};
use serde_json::{Value, json};

use crate::Oauth;
use crate::grants::{GrantError, GrantView, view};
use crate::receipts::{Receipt, ReceiptError, Receipts};

const LEASE: &str = "receipts";
/// How long a pass may take before another process may begin one, in seconds.
const LEASE_SECONDS: i64 = 120;
/// Receipts that one pass sends at most.
const BATCH: i64 = 50;
/// How long a receipt waits after the first failure, in seconds; after each further one twice as long.
const WAIT_SECONDS: i64 = 10;
/// How often that is doubled at most: some three hours.
const DOUBLINGS: i32 = 10;

/// What a receipt is sent about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// The customer said yes.
    Given,
    /// The customer changed it.
    Amended,
    /// It ended.
    Ended,
}

/// A receipt that is ready to be sent.
#[derive(Debug, Clone)]
pub struct Due {
    /// The customer, by the id under which the agreement was given.
    pub customer_id: String,
    /// Where they get their mail, as the sign-in said last; absent where that is not kept.
    pub address: Option<String>,
    /// The agreement as it stands.
    pub view: GrantView,
    /// What it is sent about.
    pub occasion: Occasion,
    /// The language in which the customer was asked (BCP 47), if an entry says so.
    pub language: Option<String>,
    /// The address that stops the agreement without signing in, while it is in force. A secret.
    pub stop_link: Option<String>,
    /// The file.
    pub receipt: Receipt,
    owed: Owed,
    grant: Grant,
}

impl Receipts {
    /// Receipts that are due, made, on the calling thread; none while another process is at it. What no checkpoint
    /// covers yet is left for the next time; what belongs to somebody who was erased is owed no more.
    ///
    /// # Errors
    /// [`ReceiptError::Store`] when the database does not answer.
    pub fn due(&self) -> Result<Vec<Due>, ReceiptError> {
        let oauth = self.oauth();
        let (owner, now) = (oauth.process().to_owned(), oauth.clock().now());
        let until = now + Duration::seconds(LEASE_SECONDS);
        let lease = oauth.store().write_blocking(|conn| leases::acquire(conn, LEASE, &owner, now, until))?;
        if lease.is_none() {
            return Ok(Vec::new());
        }
        let owed = oauth.store().read_blocking(|conn| owed_receipts::due(conn, now, BATCH))?;
        let mut due = Vec::with_capacity(owed.len());
        for one in owed {
            match self.make_due(one) {
                Ok(Some(made)) => due.push(made),
                Err(ReceiptError::NotPublished) => {}
                Ok(None) | Err(ReceiptError::Forgotten | ReceiptError::NotFound) => {
                    oauth.store().write_blocking(|conn| owed_receipts::settle(conn, one))?;
                }
                Err(ReceiptError::Store(error @ (Error::Unavailable(_) | Error::Behind(_)))) => {
                    return Err(error.into());
                }
                Err(error) => {
                    tracing::error!(%error, seq = one.seq, "a receipt that is owed cannot be made");
                    self.put_off(one)?;
                }
            }
        }
        Ok(due)
    }

    fn make_due(&self, owed: Owed) -> Result<Option<Due>, ReceiptError> {
        let oauth = self.oauth();
        let now = oauth.clock().now();
        let found = oauth.store().read_blocking(|conn| {
            let Some(grant) = grants::of_record(conn, owed.record)? else { return Ok(None) };
            let customer_id = people::customer_id(conn, oauth.keys(), grant.person)?;
            let address = address(conn, oauth, grant.person)?;
            let view = view(conn, grant.clone(), now)?;
            let stored = entries::of_record(conn, Log::Consent, owed.record, None, i64::MAX)?;
            Ok::<_, GrantError>(customer_id.map(|id| (id, address, grant, view, stored)))
        });
        let Some((customer_id, address, grant, view, stored)) = found? else { return Ok(None) };
        let receipt = self.make(&grant, true)?;
        let evidence = oauth.keys().evidence(grant.person)?.ok_or(ReceiptError::Forgotten)?;
        let (mut occasion, mut language) = (None, None);
        // Newest first.
        for entry in &stored {
            let header = oauth.ledger().open_under(&evidence, entry)?.header;
            let name = header.get("type").and_then(Value::as_str).and_then(EntryType::from_name);
            occasion = occasion.or(name.and_then(occasion_of));
            let shown = header.pointer("/display/language").and_then(Value::as_str);
            language = language.or(shown.map(ToOwned::to_owned));
        }
        let Some(occasion) = occasion else { return Ok(None) };
        let stop_link = (!view.state.is_final()).then(|| self.stop_link(grant.grant_id));
        Ok(Some(Due { customer_id, address, view, occasion, language, stop_link, receipt, owed, grant }))
    }

    /// Writes down that a receipt was sent: the entry `receipt.sent`, with the file's digest and no address.
    ///
    /// # Errors
    /// The store's.
    pub fn sent(&self, due: &Due) -> Result<(), ReceiptError> {
        let oauth = self.oauth();
        let now = oauth.clock().now();
        let keys = oauth.keys().person(due.grant.person)?;
        let draft = Draft {
            entry_type: EntryType::ReceiptSent,
            record: due.grant.record,
            actor: Actor::System,
            state: None,
            basis: Some(BASIS),
            effective_at: now,
            expires: None,
            display: None,
            cause: None,
            entry_id: None,
            config: None,
            payload: Some(json!({
                "grantId": format!("{}", due.grant.grant_id),
                "receipt": fingerprint(&due.receipt.bytes),
                "by": "mail",
            })),
        };
        oauth.store().write_blocking(|conn| {
            oauth.ledger().append(conn, &keys, due.grant.person, now, std::slice::from_ref(&draft))?;
            // After the head, as in every act that owes one.
            owed_receipts::settle(conn, due.owed)?;
            Ok::<_, Error>(())
        })?;
        Ok(())
    }

    /// Sending it failed: it is tried again later, each time after a longer while.
    ///
    /// # Errors
    /// The store's.
    pub fn not_sent(&self, due: &Due) -> Result<(), ReceiptError> {
        self.put_off(due.owed)
    }

    fn put_off(&self, owed: Owed) -> Result<(), ReceiptError> {
        let seconds = WAIT_SECONDS << owed.tries.clamp(0, DOUBLINGS);
        let until = self.oauth().clock().now() + Duration::seconds(seconds);
        Ok(self.oauth().store().write_blocking(|conn| owed_receipts::put_off(conn, owed, until))?)
    }
}

/// The address of a customer, under whichever of their names they signed in.
fn address(conn: &mut Conn, oauth: &Oauth, person: Person) -> Result<Option<String>, Error> {
    let mut named = vec![person];
    named.extend(hiding::history(conn, person)?.members.into_iter().filter(|member| *member != person));
    for member in named {
        let own = oauth.keys().person(member)?;
        if let Some(address) = addresses::find(conn, oauth.keys(), &own, member)? {
            return Ok(Some(address));
        }
    }
    Ok(None)
}

fn occasion_of(entry_type: EntryType) -> Option<Occasion> {
    match entry_type {
        EntryType::GrantGiven => Some(Occasion::Given),
        EntryType::GrantAmended => Some(Occasion::Amended),
        EntryType::GrantLapsed
        | EntryType::GrantWithdrawn
        | EntryType::GrantEnded
        | EntryType::GrantRevoked
        | EntryType::GrantExpired => Some(Occasion::Ended),
        _ => None,
    }
}
