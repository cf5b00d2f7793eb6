//! What a receipt is packed from: a record's entries with their proofs, what they were shown with, and what they rest on.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_domain::config_object::MAIN_LANGUAGE;
use counterfoil_domain::ids::{Person, RecordId};
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log};
use counterfoil_store::keys::Keys;
use counterfoil_store::{Error, Store, config_objects};
use serde_json::Value;

use super::bundle::{ARTEFACTS, Artefacts, Part};
use super::proof::{ProofError, Prover};
use crate::Ledger;
use crate::objects::Objects;
use crate::record::{Around, Configuration, Party};
use crate::tree::Generations;

/// Why there is nothing to pack.
#[derive(Debug, thiserror::Error)]
pub enum MaterialError {
    /// What the log holds of it was erased.
    #[error("the entries were forgotten")]
    Forgotten,
    /// A proof cannot be made, or not yet.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// An entry's header is no JSON.
    #[error("a header cannot be read: {0}")]
    Header(#[from] serde_json::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Where the material of a realm lies.
#[derive(Debug, Clone, Copy)]
pub struct Shelf<'a> {
    /// The database.
    pub store: &'a Store,
    /// The keystore.
    pub keys: &'a Keys,
    /// The ledger.
    pub ledger: &'a Ledger,
    /// Where tiles lie.
    pub objects: &'a Objects,
    /// The logs' generations.
    pub generations: &'a Generations,
    /// The public address of the service, without a slash at its end.
    pub service: &'a str,
    /// Its host: what the retailer is called by.
    pub domain: &'a str,
}

/// What a receipt is packed from.
#[derive(Debug, Clone)]
pub struct Material {
    /// Every entry of the record in the consent log, in order.
    pub parts: Vec<Part>,
    /// What was shown and what decisions rest on, as far as it was kept.
    pub artefacts: Artefacts,
    /// What the entries rest on, as it was published.
    pub configurations: Vec<Configuration>,
}

impl Material {
    /// Gathers it for a record of a person; `app` finds the app that the record names, if it names one.
    ///
    /// # Errors
    /// [`MaterialError`].
    pub fn gather(
        shelf: &Shelf<'_>,
        record: RecordId,
        person: Person,
        app: impl FnOnce(&mut Conn) -> Result<Option<Party>, Error>,
    ) -> Result<Self, MaterialError> {
        shelf.ledger.check()?;
        let mut stored = shelf
            .store
            .read_blocking(|conn| entries::of_record(conn, Log::Consent, record, None, i64::MAX))?;
        stored.reverse();
        let evidence = shelf.keys.evidence(person)?.ok_or(MaterialError::Forgotten)?;
        let prover = Prover::new(shelf.store, shelf.objects, shelf.generations, Log::Consent.name())?;
        let mut parts = Vec::with_capacity(stored.len());
        for entry in &stored {
            if entry.header.is_none() {
                return Err(MaterialError::Forgotten);
            }
            let opened = shelf.ledger.open_bytes(&evidence, entry)?;
            parts.push(Part { opened, proof: prover.prove(entry)? });
        }
        let headers: Vec<Value> = parts
            .iter()
            .map(|part| serde_json::from_slice(&part.opened.header.bytes))
            .collect::<Result<_, _>>()?;
        let (artefacts, configurations) = shelf.store.read_blocking(|conn| {
            let app = app(conn)?;
            Ok::<_, Error>((artefacts(conn, &headers)?, configurations(conn, shelf, &headers, app.as_ref())?))
        })?;
        Ok(Self { parts, artefacts, configurations })
    }
}

fn configurations(
    conn: &mut Conn,
    shelf: &Shelf<'_>,
    headers: &[Value],
    app: Option<&Party>,
) -> Result<Vec<Configuration>, Error> {
    // One that was shown in several languages is told in that of the latest decision.
    let mut named: BTreeMap<String, Option<String>> = BTreeMap::new();
    for header in headers {
        let text = |at: &str| header.pointer(at).and_then(Value::as_str).map(ToOwned::to_owned);
        let Some(hash) = text("/config") else { continue };
        let spoken = named.entry(hash).or_default();
        *spoken = text("/display/language").or_else(|| spoken.take());
    }
    let mut configurations = Vec::new();
    for (hash, language) in &named {
        let around = Around {
            service: shelf.service,
            domain: shelf.domain,
            app,
            language: language.as_deref().unwrap_or(MAIN_LANGUAGE),
        };
        configurations.extend(Configuration::published(conn, hash, &around)?);
    }
    Ok(configurations)
}

fn artefacts(conn: &mut Conn, headers: &[Value]) -> Result<Artefacts, Error> {
    let named =
        headers.iter().flat_map(|header| ARTEFACTS.iter().filter_map(|at| header.pointer(at)?.as_str()));
    let mut artefacts = Artefacts::default();
    for hash in named.collect::<BTreeSet<_>>() {
        if let Some(artefact) = config_objects::artefact(conn, hash)? {
            artefacts.add(extension(&artefact.media_type), artefact.bytes);
        } else if let Some(object) = config_objects::by_hash(conn, hash)? {
            artefacts.add("json", object.document);
        }
    }
    Ok(artefacts)
}

fn extension(media_type: &str) -> &'static str {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    match essence {
        "text/html" => "html",
        "application/json" => "json",
        "text/css" => "css",
        _ => "txt",
    }
}
