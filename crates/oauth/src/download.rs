//! A customer's own record as a file, part by part: each is read, opened and sealed before it is given out, so that no
//! more than one part is in memory and none leaves unsealed.

use counterfoil_domain::ids::{EntryId, Person};
pub use counterfoil_ledger::DownloadRefusal;
use counterfoil_ledger::Part;
use counterfoil_ledger::config::Shown;
use counterfoil_store::own::{self, Row, Wanted};
use counterfoil_store::purchases::After;
use counterfoil_store::{Error, people};

use crate::Oauth;
use crate::history::{Bought, open_blocking};

/// Most purchases in one part.
const PART: i64 = 500;
/// A part ends with the purchase that brings it over so many bytes.
const PART_BYTES: usize = 4 << 20;
/// How often a part is read again because something was narrowed meanwhile.
const TRIES: usize = 3;

/// A file under way.
#[derive(Debug)]
pub struct Download {
    oauth: Oauth,
    person: Person,
    wanted: Wanted,
    form: &'static str,
    page: Shown,
    after: Option<After>,
    first: Option<EntryId>,
    number: u32,
}

impl Download {
    /// A file of the wanted purchases, in the form `csv` or `json`. `page` is what the page showed on which
    /// the customer asked for it.
    pub fn new(oauth: &Oauth, person: Person, wanted: Wanted, form: &'static str, page: Shown) -> Self {
        Self { oauth: oauth.clone(), person, wanted, form, page, after: None, first: None, number: 1 }
    }

    /// The next part, newest first, sealed; empty after the last.
    ///
    /// # Errors
    /// [`DownloadRefusal`] when it may not leave.
    pub async fn next(&mut self) -> Result<Vec<Bought>, DownloadRefusal> {
        for _ in 0..TRIES {
            let (home, epoch, rows) = self.read().await?;
            let epoch = epoch.ok_or(DownloadRefusal::Gone)?;
            if rows.is_empty() {
                return Ok(Vec::new());
            }
            let oauth = self.oauth.clone();
            let opening = move || open_blocking(&oauth, home, rows, PART_BYTES, |_| true);
            let opened = tokio::task::spawn_blocking(opening).await;
            let purchases = opened.unwrap_or_else(|panic| Err(Error::Unexpected(format!("{panic}"))))?;
            match self.seal(home, epoch, &purchases).await {
                Ok(entry_id) => {
                    self.first = self.first.or(Some(entry_id));
                    self.number = self.number.saturating_add(1);
                    self.after = purchases.last().map(Bought::place);
                    return Ok(purchases);
                }
                Err(DownloadRefusal::Changed) => {}
                Err(refused) => return Err(refused),
            }
        }
        Err(DownloadRefusal::Changed)
    }

    /// The rows of a part, and the epoch that they are of.
    async fn read(&self) -> Result<(Person, Option<i64>, Vec<Row>), Error> {
        let (person, wanted, after) = (self.person, self.wanted.clone(), self.after);
        let read = self.oauth.store().read_moment(move |conn| {
            let home = people::home(conn, person)?;
            Ok((home, people::epoch(conn, home)?, own::page(conn, home, &wanted, after, PART)?))
        });
        read.await
    }

    async fn seal(
        &self,
        home: Person,
        customer_epoch: i64,
        purchases: &[Bought],
    ) -> Result<EntryId, DownloadRefusal> {
        let (oauth, now) = (self.oauth.clone(), self.oauth.clock().now());
        let dates = || purchases.iter().map(|bought| bought.local_date);
        let part = Part {
            person: home,
            customer_epoch,
            form: self.form,
            number: self.number,
            first: self.first,
            purchases: purchases.len(),
            from: dates().min(),
            to: dates().max(),
            display: Some(oauth.ledger().display(&self.page)),
        };
        let keys = oauth.keys().person(home)?;
        let sealed = self
            .oauth
            .store()
            .write(move |conn| oauth.ledger().seal_download(conn, &keys, now, &part))
            .await?;
        Ok(sealed.entry_id)
    }
}
