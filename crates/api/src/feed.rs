//! One page of a customer's change feed, as one reader may see it.

use std::collections::HashMap;

use counterfoil_domain::grant::Dataset;
use counterfoil_domain::ids::{GrantId, Person};
use counterfoil_domain::purchase::project;
use counterfoil_ledger::seal::{Disclosure, Look};
use counterfoil_oauth::access::{Access, Purchases};
use counterfoil_store::Result;
use counterfoil_store::changes::{self, Kind, Row};
use counterfoil_store::conn::Conn;
use counterfoil_store::purchases::{self, Filter};
use serde_json::json;

use crate::page::{self, Opener, Sight};
use crate::place::Place;
use crate::setup::Api;

/// Rows of the feed that are looked at in one statement.
const CHUNK: i64 = 1_000;
/// Most rows that are looked at for one page. Behind so many that a reader may not see, it is asked to come again.
const MOST_ROWS: usize = 20_000;

/// What of a grant a page is made with.
#[derive(Debug, Clone)]
pub(crate) struct Basis {
    pub(crate) person: Person,
    pub(crate) grant_id: GrantId,
    pub(crate) version: i32,
    pub(crate) sight: Sight,
    /// The number at which the grant last changed, and whether its readers must begin again for it.
    pub(crate) changed: (i64, bool),
    /// The number at which the categories that the customer hides last changed.
    pub(crate) veil_seq: i64,
    /// The names of what it holds.
    pub(crate) datasets: Vec<Dataset>,
}

impl Basis {
    pub(crate) fn of(api: &Api, access: &Access<Purchases>) -> Self {
        Self {
            person: access.person,
            grant_id: access.grant_id,
            version: access.version,
            sight: Sight::of(api, access),
            changed: (access.changed_seq(), access.resync()),
            veil_seq: access.veil_seq(),
            datasets: access.details.datasets.clone(),
        }
    }

    /// Where one stands who begins now, with the feed at number `upto`.
    fn start(&self, upto: i64, count: i64) -> Place {
        let (grant_id, projection) = (self.grant_id, self.sight.projection.clone());
        Place { grant_id, position: 0, began: upto, count, projection }
    }
}

/// A page before it is sealed.
#[derive(Debug)]
pub(crate) struct Page {
    /// The changes as JSON, separated by commas.
    pub(crate) data: Vec<u8>,
    /// How many.
    pub(crate) changes: usize,
    /// Where its reader stands after it.
    pub(crate) place: Place,
    /// Whether there is more to read already.
    pub(crate) has_more: bool,
    /// Of the purchases in it.
    pub(crate) disclosure: Disclosure,
}

impl Page {
    /// Whether there is nothing, and nothing to come back for at once.
    pub(crate) fn is_empty(&self) -> bool {
        self.changes == 0 && !self.has_more
    }

    pub(crate) fn into_place(self) -> Place {
        self.place
    }
}

/// What comes of reading.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A page.
    Page(Box<Page>),
    /// More is shown now than the cursor was made for: from here the whole feed is read again.
    Resync(Place),
    /// The customer is gone.
    Gone,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Most changes.
    pub(crate) limit: usize,
    /// Whether purchases come without what is in them.
    pub(crate) ids_only: bool,
    /// Where the reader stands; nowhere yet when it begins.
    pub(crate) place: Option<Place>,
}

/// A change that the reader is told of.
#[derive(Debug, Clone, Copy)]
enum Change {
    /// Of a purchase.
    Of(Row),
    /// Of the grant, and whether its readers must begin again.
    Grant { seq: i64, is_resync: bool },
}

impl Change {
    fn seq(&self) -> i64 {
        match self {
            Self::Of(row) => row.change_seq,
            Self::Grant { seq, .. } => *seq,
        }
    }
}

/// Whether a reader, who began when the feed was at `began` and has read up to `position`, is told of a row. That
/// something went is told only to who could have seen it: a purchase that began to be visible where it has read
/// already.
fn is_told(row: &Row, filter: &Filter, began: i64, position: i64) -> bool {
    if !filter.covers(row.purchase_id, row.local_date, row.shared, row.joined_seq) {
        return false;
    }
    match row.kind {
        Kind::Hidden | Kind::Unlinked | Kind::Erased => row.change_seq > began && row.shown_seq <= position,
        Kind::Recorded | Kind::Returned | Kind::Refunded | Kind::Linked | Kind::Revealed => true,
    }
}

/// The word for what happened.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Recorded => "purchase.recorded",
        Kind::Returned => "purchase.returned",
        Kind::Refunded => "purchase.refunded",
        Kind::Linked => "purchase.linked",
        Kind::Revealed => "purchase.revealed",
        Kind::Hidden => "purchase.hidden",
        Kind::Unlinked => "purchase.unlinked",
        Kind::Erased => "purchase.erased",
    }
}

/// Reads a page.
pub(crate) fn read(
    api: &Api,
    conn: &mut Conn,
    basis: &Basis,
    asked: Asked,
    request_id: String,
) -> Result<Outcome> {
    let Some(upto) = changes::upto(conn, basis.person)? else { return Ok(Outcome::Gone) };
    let place = asked.place.unwrap_or_else(|| basis.start(upto, 0));
    let is_widened = is_widened(conn, basis, &place)?;
    if is_widened && place.grant_id != basis.grant_id {
        return Ok(Outcome::Resync(basis.start(upto, place.count)));
    }
    let Some(scanned) = scan(conn, basis, &place, asked.limit)? else { return Ok(Outcome::Gone) };
    let mut told = notices(basis, &place, scanned.through, is_widened);
    told.extend(scanned.rows.into_iter().map(Change::Of));
    told.sort_by_key(Change::seq);
    let has_more = told.len() > asked.limit || scanned.through < scanned.upto;
    let through = if told.len() > asked.limit {
        told.truncate(asked.limit);
        told.last().map_or(place.position, |last| last.seq().max(place.position))
    } else {
        scanned.through.max(place.position)
    };
    let mut page = Page {
        data: Vec::new(),
        changes: 0,
        place: Place {
            grant_id: basis.grant_id,
            position: through,
            projection: basis.sight.projection.clone(),
            ..place
        },
        has_more,
        disclosure: page::disclosure(request_id, Look::Changes, datasets(basis, asked.ids_only), []),
    };
    write(api, conn, basis, &told, asked.ids_only, &mut page)?;
    Ok(Outcome::Page(Box::new(page)))
}

/// The datasets that leave with a page: an id and when it changed are of the first.
fn datasets(basis: &Basis, ids_only: bool) -> &[Dataset] {
    if ids_only { &[Dataset::Purchases] } else { &basis.datasets }
}

/// Whether the grant shows anything now that was not shown to the reader before.
fn is_widened(conn: &mut Conn, basis: &Basis, place: &Place) -> Result<bool> {
    let (now, then) = (&basis.sight.projection, &place.projection);
    if now == then {
        return Ok(false);
    }
    Ok(now.is_wider_than(then)
        || (now.agreed_seq > then.agreed_seq
            && purchases::count_joined(conn, basis.person, &basis.sight.filter, then.agreed_seq)? > 0))
}

/// What the reader is told about its grant, with numbers up to `through`.
fn notices(basis: &Basis, place: &Place, through: i64, is_widened: bool) -> Vec<Change> {
    let is_ahead = |seq: i64| seq > place.position && seq > place.began;
    // An earlier grant's reader was compared with this grant as it stands.
    let of_grant = Some(basis.changed).filter(|_| place.grant_id == basis.grant_id);
    let ahead = of_grant.into_iter().chain([(basis.veil_seq, true)]).filter(|(seq, _)| is_ahead(*seq));
    let mut notices: Vec<Change> = Vec::new();
    let mut is_resync_ahead = false;
    for (seq, is_resync) in ahead {
        is_resync_ahead |= is_resync;
        if seq <= through {
            notices.push(Change::Grant { seq, is_resync });
        }
    }
    // What has no number of its own, as a new mapping of categories, comes first.
    if is_widened && !is_resync_ahead {
        notices.push(Change::Grant { seq: place.position, is_resync: true });
    }
    notices
}

/// What was found in the feed.
struct Scanned {
    /// Rows that the reader is told of, by number: those of a page and one more, if there are so many.
    rows: Vec<Row>,
    /// The number up to which that is all.
    through: i64,
    /// The feed's latest number.
    upto: i64,
}

/// Looks for one change more than fits a page, so that "there is more" is never said of what the reader may not see.
fn scan(conn: &mut Conn, basis: &Basis, place: &Place, limit: usize) -> Result<Option<Scanned>> {
    let mut scanned = Scanned { rows: Vec::new(), through: place.position, upto: place.position };
    let mut looked_at = 0;
    let mut chunk = i64::try_from(limit).unwrap_or(CHUNK).saturating_add(1);
    loop {
        let read = changes::read(conn, basis.person, scanned.through, place.began, chunk)?;
        let Some(read) = read else { return Ok(None) };
        looked_at += read.rows.len();
        (scanned.through, scanned.upto) = (read.through, read.upto);
        let filter = &basis.sight.filter;
        scanned
            .rows
            .extend(read.rows.into_iter().filter(|row| is_told(row, filter, place.began, place.position)));
        if scanned.through >= scanned.upto || scanned.rows.len() > limit || looked_at >= MOST_ROWS {
            return Ok(Some(scanned));
        }
        chunk = CHUNK;
    }
}

/// Writes changes as JSON.
fn write(
    api: &Api,
    conn: &mut Conn,
    basis: &Basis,
    told: &[Change],
    ids_only: bool,
    page: &mut Page,
) -> Result<()> {
    let standing = told.iter().filter_map(|change| match change {
        Change::Of(row) if row.left.is_none() => Some(row.change_seq),
        _ => None,
    });
    let standing: Vec<i64> = standing.collect();
    if told.is_empty() {
        return Ok(());
    }
    let documents: HashMap<i64, Vec<u8>> = changes::documents(conn, basis.person, &standing)?
        .into_iter()
        .map(|found| (found.change_seq, found.document))
        .collect();
    let keys = api.keys().person(basis.person)?;
    let mut opener = Opener::new(api, &keys, basis.person)?;
    page.data.reserve(told.len() * if ids_only { 192 } else { 2_048 });
    for change in told {
        match change {
            Change::Grant { is_resync, .. } => {
                begin(page, "grant.changed");
                let resync = if *is_resync { "full" } else { "none" };
                put(&mut page.data, &format!(",\"version\":{},\"resync\":\"{resync}\"}}", basis.version));
            }
            Change::Of(row) => {
                if let Some((revision, at)) = row.left {
                    begin(page, word(row.kind));
                    let at = json!(at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true));
                    put(
                        &mut page.data,
                        &format!(
                            ",\"purchaseId\":\"{}\",\"revision\":{revision},\"recordedAt\":{at}}}",
                            row.purchase_id
                        ),
                    );
                } else if let Some(document) = documents.get(&row.change_seq) {
                    standing_change(&mut opener, basis, row, document, ids_only, page)?;
                }
                // Else it has moved on to a later number, and comes with that.
            }
        }
    }
    Ok(())
}

fn standing_change(
    opener: &mut Opener<'_>,
    basis: &Basis,
    row: &Row,
    document: &[u8],
    ids_only: bool,
    page: &mut Page,
) -> Result<()> {
    begin(page, word(row.kind));
    let is_shown = row.kind != Kind::Hidden;
    let out = &mut page.data;
    opener.open(row.purchase_id, document, |sections| {
        let (revision, at) = sections.latest()?;
        put(
            out,
            &format!(
                ",\"purchaseId\":\"{}\",\"revision\":{revision},\"recordedAt\":\"{at}\"",
                row.purchase_id
            ),
        );
        if is_shown && !ids_only {
            put(out, ",\"purchase\":");
            project(sections, &basis.sight.view, out)?;
        }
        out.push(b'}');
        Ok(())
    })?;
    if is_shown {
        page::count(&mut page.disclosure, row.local_date);
    }
    Ok(())
}

/// Begins a change: its `seq` is the next one of this reader, so that what it may not see makes no hole.
fn begin(page: &mut Page, word: &str) {
    if page.changes > 0 {
        page.data.push(b',');
    }
    page.changes += 1;
    page.place.count += 1;
    put(&mut page.data, &format!("{{\"seq\":{},\"type\":\"{word}\"", page.place.count));
}

fn put(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use counterfoil_domain::grant::{CarveOuts, Details, Lasting};
    use counterfoil_domain::ids::PurchaseId;
    use counterfoil_domain::purchase as domain;

    use super::*;
    use crate::projection::Projection;

    fn row(kind: Kind, change_seq: i64, shown_seq: i64) -> Row {
        Row {
            change_seq,
            kind,
            purchase_id: PurchaseId([1; 16]),
            local_date: "2026-10-01".parse().unwrap(),
            shared: false,
            shown_seq,
            joined_seq: None,
            left: None,
        }
    }

    #[test]
    fn what_stands_is_told_whenever_it_is_covered() {
        let all = Filter { agreed_seq: 10, ..Filter::default() };
        for kind in [Kind::Recorded, Kind::Returned, Kind::Refunded, Kind::Linked, Kind::Revealed] {
            assert!(is_told(&row(kind, 5, 5), &all, 9, 0), "{kind:?}");
        }
        let of = |change: Row| is_told(&change, &all, 9, 0);
        let standing = row(Kind::Recorded, 5, 5);
        assert!(!of(Row { shared: true, ..standing }));
        assert!(of(Row { joined_seq: Some(10), ..standing }));
        assert!(!of(Row { joined_seq: Some(11), ..standing }), "joined after the customer agreed");
        let from = Filter { from: "2026-10-02".parse().ok(), ..all.clone() };
        assert!(!is_told(&standing, &from, 9, 0));
        let to = Filter { to: "2026-09-30".parse().ok(), ..all.clone() };
        assert!(!is_told(&standing, &to, 9, 0));
        let without = Filter { without: vec![standing.purchase_id], ..all.clone() };
        assert!(!is_told(&standing, &without, 9, 0));
    }

    #[test]
    fn what_went_is_told_to_who_could_have_seen_it_alone() {
        let all = Filter::default();
        for kind in [Kind::Hidden, Kind::Unlinked, Kind::Erased] {
            let went = row(kind, 20, 12);
            assert!(is_told(&went, &all, 15, 15), "{kind:?}");
            assert!(is_told(&went, &all, 3, 12), "it has read where the purchase began to be visible");
            assert!(!is_told(&went, &all, 3, 11), "it had not read so far");
            assert!(!is_told(&went, &all, 20, 12), "it went before the reader began");
            let shared = Row { shared: true, ..went };
            assert!(!is_told(&shared, &all, 15, 15), "it was never shown");
            assert!(is_told(&shared, &Filter { shared: true, ..Filter::default() }, 15, 15));
            assert!(!is_told(&Row { joined_seq: Some(1), ..went }, &all, 15, 15));
        }
    }

    fn basis(changed: (i64, bool), veil_seq: i64) -> Basis {
        let details = Details {
            datasets: vec![Dataset::Purchases],
            from: None,
            to: None,
            duration: Lasting::Days90,
            stated_use: None,
            shared_accounts: false,
            volunteered: None,
        };
        let projection = Projection::new(&details, 0, &CarveOuts::default(), &[], "");
        Basis {
            person: Person([1; 16]),
            grant_id: GrantId([1; 16]),
            version: 2,
            sight: Sight { filter: Filter::default(), view: domain::View::default(), projection },
            changed,
            veil_seq,
            datasets: details.datasets,
        }
    }

    fn noticed(basis: &Basis, position: i64, began: i64, is_widened: bool) -> Vec<(i64, bool)> {
        let place = Place { position, began, ..basis.start(0, 0) };
        let notices = notices(basis, &place, 20, is_widened).into_iter().map(|change| match change {
            Change::Grant { seq, is_resync } => (seq, is_resync),
            Change::Of(row) => panic!("{row:?}"),
        });
        notices.collect()
    }

    #[test]
    fn a_change_of_the_grant_is_told_where_it_lies_ahead() {
        let amended = basis((12, false), 0);
        assert_eq!(noticed(&amended, 11, 0, false), [(12, false)]);
        assert_eq!(noticed(&amended, 12, 0, false), [], "it was told");
        assert_eq!(noticed(&amended, 3, 12, false), [], "who began since read it as it is");
        assert_eq!(noticed(&basis((21, true), 0), 11, 0, false), [], "the page does not reach it");
        assert_eq!(noticed(&basis((0, true), 0), 0, 0, false), [], "it never changed");
        assert_eq!(noticed(&basis((12, false), 14), 11, 0, false), [(12, false), (14, true)]);
    }

    #[test]
    fn what_is_wider_without_a_number_is_told_first_and_once() {
        assert_eq!(noticed(&basis((0, false), 0), 11, 0, true), [(11, true)]);
        assert_eq!(noticed(&basis((12, false), 0), 11, 0, true), [(12, false), (11, true)]);
        assert_eq!(noticed(&basis((12, true), 0), 11, 0, true), [(12, true)], "it is told anyway");
        assert_eq!(noticed(&basis((21, true), 0), 11, 0, true), [], "as soon as the page reaches it");
    }

    #[test]
    fn a_later_grant_s_own_past_is_no_news() {
        let basis = basis((12, true), 14);
        let place = Place { grant_id: GrantId([2; 16]), position: 11, ..basis.start(0, 0) };
        let told = notices(&basis, &place, 20, false);
        assert!(matches!(told[..], [Change::Grant { seq: 14, is_resync: true }]), "{told:?}");
    }
}
