//! Events about who is who: customers linked to orders, known by other names, merged, split and erased.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json::{Fault, Field, List, Path, Reason, Text};

use super::{
    DataOrder, EventOrder, Source,
    event::digest,
    extras::Zone,
    sequence::read_sequence,
    values::{Ids, id, scheme},
};

/// Most orders that one event names.
const MAX_ORDERS: usize = 10_000;
/// Most aliases that one event names.
const MAX_ALIASES: usize = 1_000;

/// An event about who is who: it is about customers, and orders only by id.
///
/// What it says of several orders or aliases is said of each of them alone: each keeps its own newest statement, so
/// that a later event may name some of them and leave the rest as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// The `id` of the `CloudEvent`.
    pub event_id: String,
    /// Its `source`.
    pub source: String,
    /// The namespace of that source, in which orders are named.
    pub namespace: String,
    /// Its place among the events about the same order, alias, merge or customer.
    pub order: EventOrder,
    /// When it was said: `revisedAt`, else the event's time. `None` where a `revision` is all there is.
    pub at: Option<DateTime<Utc>>,
    /// SHA-256 of one statement. Of [`Identity::Linked`] and [`Identity::Unlinked`] it is what is said about any one
    /// of the orders (the type and the customer, not the list), of [`Identity::Identified`] likewise, where each
    /// [`Alias`] has its own besides. Of all others it is that of the whole content, in which the order of ids does
    /// not matter.
    pub digest: [u8; 32],
    /// What it says.
    pub content: Identity,
}

/// What an event says about who is who. All customers are named as the stream names them, by the scheme "".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// `customer.linked.v1`: the orders are this customer's.
    Linked {
        /// The customer.
        customer_id: String,
        /// 1 to 10,000 orders, each once.
        order_ids: Vec<String>,
    },
    /// `customer.unlinked.v1`: the orders are not this customer's.
    Unlinked {
        /// The customer.
        customer_id: String,
        /// 1 to 10,000 orders, each once.
        order_ids: Vec<String>,
    },
    /// `customer.identified.v1`: other names of a customer.
    Identified {
        /// The customer.
        customer_id: String,
        /// 1 to 1,000 names, each once.
        aliases: Vec<Alias>,
    },
    /// `customer.merged.v1`: one customer is the other.
    Merged {
        /// The source's id of the merge, by which it is undone.
        merge_id: String,
        /// The customer whose purchases move.
        from: String,
        /// The customer to whom they move, never the same as `from`.
        into: String,
    },
    /// `customer.split.v1`: a merge is undone.
    Split {
        /// The source's id of the merge.
        merge_id: String,
    },
    /// `customer.erased.v1`: everything about a customer up to then is erased; [`Act::at`] is never `None`.
    Erased {
        /// The customer.
        customer_id: String,
        /// Up to 10,000 orders to erase besides, each once.
        order_ids: Vec<String>,
    },
}

/// Another name of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// What kind of name it is, as `loyalty`: 1 to 64 characters.
    pub scheme: String,
    /// The name itself.
    pub id: String,
    /// Whether the source has made sure of it. Only then does it count.
    pub verified: bool,
    /// SHA-256 of what is said about this one name: whose it is, and whether that is sure.
    pub digest: [u8; 32],
}

/// The data of an event about who is who, before its envelope is known whole.
pub(super) struct Statement {
    pub(super) identity: Identity,
    pub(super) sequence: DataOrder,
    pub(super) digest: [u8; 32],
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LinkData<'a> {
    #[serde(borrow)]
    customer_id: Option<Text<'a>>,
    order_ids: Option<Vec<Text<'a>>>,
    revision: Option<&'a RawValue>,
    revised_at: Option<Text<'a>>,
}

/// What a link says: its customer and orders, and its order of events.
type Link = (String, Vec<String>, DataOrder);

fn link(data: LinkData<'_>, at: &Path<'_>, source: &Source) -> Result<Link, Fault> {
    let customer_id = customer(at, data.customer_id)?;
    let order_ids = orders(at_least_one(at.field("orderIds", data.order_ids))?)?;
    Ok((customer_id, order_ids, sequence(at, data.revision, data.revised_at, source)?))
}

/// Reads the data of a `customer.linked.v1`.
pub(super) fn linked(data: LinkData<'_>, at: &Path<'_>, source: &Source) -> Result<Statement, Fault> {
    let (customer_id, order_ids, sequence) = link(data, at, source)?;
    let digest = digest(["customer.linked.v1", &customer_id]);
    Ok(Statement { identity: Identity::Linked { customer_id, order_ids }, sequence, digest })
}

/// Reads the data of a `customer.unlinked.v1`.
pub(super) fn unlinked(data: LinkData<'_>, at: &Path<'_>, source: &Source) -> Result<Statement, Fault> {
    let (customer_id, order_ids, sequence) = link(data, at, source)?;
    let digest = digest(["customer.unlinked.v1", &customer_id]);
    Ok(Statement { identity: Identity::Unlinked { customer_id, order_ids }, sequence, digest })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IdentifiedData<'a> {
    #[serde(borrow)]
    customer_id: Option<Text<'a>>,
    aliases: Option<List<AliasData<'a>>>,
    revision: Option<&'a RawValue>,
    revised_at: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct AliasData<'a> {
    #[serde(borrow)]
    scheme: Option<Text<'a>>,
    id: Option<Text<'a>>,
    verified: Option<bool>,
}

/// Reads the data of a `customer.identified.v1`.
pub(super) fn identified(
    data: IdentifiedData<'_>,
    at: &Path<'_>,
    source: &Source,
) -> Result<Statement, Fault> {
    const TYPE: &str = "customer.identified.v1";
    let customer_id = customer(at, data.customer_id)?;
    let mut names = HashSet::new();
    let aliases = at_most(at_least_one(at.field("aliases", data.aliases))?, MAX_ALIASES)?;
    let aliases = aliases.each(MAX_ALIASES, |data, at| {
        let scheme = at.field("scheme", data.scheme).read(|Text(text)| scheme(text))?.required()?;
        let id = at.field("id", data.id).id()?.read(|id| {
            if names.insert((scheme.clone(), id.clone())) { Ok(id) } else { Err(Reason::DuplicateId) }
        })?;
        let verified = at.field("verified", data.verified).required()?;
        let sure = if verified { "verified" } else { "unverified" };
        Ok(Alias {
            scheme: scheme.into_owned(),
            id: id.required()?.into_owned(),
            verified,
            digest: digest([TYPE, &customer_id, sure]),
        })
    })?;
    let aliases = aliases.required()?;
    let digest = digest([TYPE, &customer_id]);
    let sequence = sequence(at, data.revision, data.revised_at, source)?;
    Ok(Statement { identity: Identity::Identified { customer_id, aliases }, sequence, digest })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MergedData<'a> {
    #[serde(borrow)]
    merge_id: Option<Text<'a>>,
    from: Option<Text<'a>>,
    into: Option<Text<'a>>,
    revision: Option<&'a RawValue>,
    revised_at: Option<Text<'a>>,
}

/// Reads the data of a `customer.merged.v1`.
pub(super) fn merged(data: MergedData<'_>, at: &Path<'_>, source: &Source) -> Result<Statement, Fault> {
    let merge_id = at.field("mergeId", data.merge_id).id()?.required()?.into_owned();
    let from = at.field("from", data.from).id()?.required()?.into_owned();
    let into = at.field("into", data.into).id()?;
    let into = into.read(|into| if into == from { Err(Reason::SameCustomer) } else { Ok(into) })?;
    let into = into.required()?.into_owned();
    let digest = digest(["customer.merged.v1", &merge_id, &from, &into]);
    let sequence = sequence(at, data.revision, data.revised_at, source)?;
    Ok(Statement { identity: Identity::Merged { merge_id, from, into }, sequence, digest })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SplitData<'a> {
    #[serde(borrow)]
    merge_id: Option<Text<'a>>,
    revision: Option<&'a RawValue>,
    revised_at: Option<Text<'a>>,
}

/// Reads the data of a `customer.split.v1`.
pub(super) fn split(data: SplitData<'_>, at: &Path<'_>, source: &Source) -> Result<Statement, Fault> {
    let merge_id = at.field("mergeId", data.merge_id).id()?.required()?.into_owned();
    let digest = digest(["customer.split.v1", &merge_id]);
    let sequence = sequence(at, data.revision, data.revised_at, source)?;
    Ok(Statement { identity: Identity::Split { merge_id }, sequence, digest })
}

/// Reads the data of a `customer.erased.v1`.
pub(super) fn erased(data: LinkData<'_>, at: &Path<'_>, source: &Source) -> Result<Statement, Fault> {
    let customer_id = customer(at, data.customer_id)?;
    let order_ids = orders(at.field("orderIds", data.order_ids))?;
    let sequence = sequence(at, data.revision, data.revised_at, source)?;
    let mut sorted: Vec<&str> = order_ids.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    let digest = digest(["customer.erased.v1", &customer_id].into_iter().chain(sorted));
    Ok(Statement { identity: Identity::Erased { customer_id, order_ids }, sequence, digest })
}

/// The customer that an event is about.
fn customer(at: &Path<'_>, id: Option<Text<'_>>) -> Result<String, Fault> {
    Ok(at.field("customerId", id).id()?.required()?.into_owned())
}

/// A list that must be there and must not be empty.
fn at_least_one<T>(list: Field<'_, Vec<T>>) -> Result<Field<'_, Vec<T>>, Fault> {
    if list.value.is_none() {
        return Err(list.fault(Reason::MissingField));
    }
    list.read(|list| if list.is_empty() { Err(Reason::EmptyList) } else { Ok(list) })
}

/// A list of at most so many.
fn at_most<T>(list: Field<'_, Vec<T>>, most: usize) -> Result<Field<'_, Vec<T>>, Fault> {
    list.read(|list| if list.len() > most { Err(Reason::TooManyNamed) } else { Ok(list) })
}

/// The ids of orders, each once.
fn orders(list: Field<'_, Vec<Text<'_>>>) -> Result<Vec<String>, Fault> {
    let mut ids = Ids::default();
    at_most(list, MAX_ORDERS)?.texts(|text| Ok(ids.take(id(text)?)?.into_owned()))
}

/// What an event says about its order of events.
fn sequence(
    at: &Path<'_>,
    revision: Option<&RawValue>,
    revised_at: Option<Text<'_>>,
    source: &Source,
) -> Result<DataOrder, Fault> {
    read_sequence(at, revision, revised_at, &Zone { location: None, source: source.timezone })
}
