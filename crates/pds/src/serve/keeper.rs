//! The keeper: the one owner of the tokens and of the file of purchases. It follows the shop's feed, and lets go of it
//! whenever a page wants something done, so that no two things are ever done at once.

use std::{convert::Infallible, rc::Rc, sync::Arc, time::Duration};

use oauth2::RedirectUrl;
use tokio::{
    sync::{mpsc, oneshot},
    time::sleep,
};
use url::Url;

use super::{
    Shop,
    asking::{Asking, Outcome},
    board::{Board, Check, Link, Work},
    holdings::Holdings,
};
use crate::{
    access::Access,
    agreement::{Agreement, Window},
    clock::Clock,
    connect::{CONNECTION, Connection},
    disconnect,
    failure::{Failure, Kind},
    feed::{Served, What},
    folder::Folder,
    follow::{LONGEST_WAIT, PAUSE},
    records::Records,
    sync::{News, Sync},
};

/// Changes asked for at once.
const PAGE: u16 = 200;

/// What a page wants done, and where the answer goes.
#[derive(Debug)]
pub enum Order {
    /// Ask the shop for access; the answer is where the customer goes.
    Ask {
        /// The browser that asks.
        browser: String,
        /// Where the answer comes back to.
        redirect: RedirectUrl,
        /// The answer.
        reply: Reply<Url>,
    },
    /// Take what the browser brought back from the shop.
    Answer {
        /// The browser that brought it.
        browser: String,
        /// The target of its request.
        target: String,
        /// The answer.
        reply: Reply<Outcome>,
    },
    /// Look at the shop now, and check everything.
    Fetch,
    /// End the agreement, and with `erase` delete the purchases here too.
    Disconnect {
        /// Whether the copy goes too.
        erase: bool,
        /// The answer.
        reply: Reply<()>,
    },
    /// Delete the purchases of an agreement that has ended.
    Erase {
        /// The answer.
        reply: Reply<()>,
    },
}

/// Where the answer to an order goes.
pub type Reply<T> = oneshot::Sender<Result<T, Failure>>;

/// The owner of everything in the folder.
#[derive(Debug)]
pub struct Keeper {
    folder: Rc<Folder>,
    clock: Clock,
    shop: Option<Shop>,
    board: Arc<Board>,
    asking: Asking,
}

impl Keeper {
    /// Reads what is in the folder and puts it on the board.
    pub fn new(folder: Folder, clock: Clock, shop: Option<Shop>, board: Arc<Board>) -> Result<Self, Failure> {
        let keeper = Self { folder: Rc::new(folder), clock, shop, board, asking: Asking::default() };
        keeper.look()?;
        Ok(keeper)
    }

    /// Follows the feed and obeys, until nobody can give an order any more.
    pub async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        loop {
            let order = tokio::select! {
                biased;
                order = orders.recv() => order,
                // What is stored is stored in one step: an order never comes in between.
                never = self.attend() => match never {},
            };
            let Some(order) = order else { return };
            self.obey(order).await;
        }
    }

    async fn obey(&mut self, order: Order) {
        let (folder, clock) = (Rc::clone(&self.folder), self.clock.clone());
        // Whoever asked may have gone away: what was done is done all the same.
        match order {
            Order::Ask { browser, redirect, reply } => {
                let address = match &self.shop {
                    Some(_) if matches!(self.board.now().link, Link::Connected(_)) => Err(Failure::new(
                        Kind::NotReady,
                        "this app is connected already",
                        "disconnect first, to connect anew",
                    )),
                    Some(shop) => self.asking.begin(&folder, &clock, shop, browser, redirect).await,
                    None => Err(Failure::new(
                        Kind::NotReady,
                        "no shop is set",
                        "start with `serve --url URL --client-id ID`",
                    )),
                };
                reply.send(address).ok();
            }
            Order::Answer { browser, target, reply } => {
                let outcome = self.asking.finish(&folder, &clock, &browser, &target).await;
                reply.send(outcome.and_then(|outcome| self.look().map(|()| outcome))).ok();
            }
            Order::Fetch => self.board.work(Work::Fetching(0)),
            Order::Disconnect { erase, reply } => {
                reply.send(self.disconnect(&folder, clock, erase).await).ok();
            }
            Order::Erase { reply } => {
                reply.send(self.erase(&folder)).ok();
            }
        }
    }

    async fn disconnect(&mut self, folder: &Folder, clock: Clock, erase: bool) -> Result<(), Failure> {
        Box::pin(disconnect::end(folder, clock)).await?;
        if erase { self.erase(folder) } else { self.look() }
    }

    /// Deletes the purchases; refused while an agreement stands, which would only bring them back.
    fn erase(&mut self, folder: &Folder) -> Result<(), Failure> {
        if let Some(mut connection) = folder.read_json::<Connection>(CONNECTION)? {
            if connection.tokens.is_some() {
                return Err(Failure::new(Kind::NotReady, "this app is still connected", "disconnect first"));
            }
            connection.ended = None;
            folder.write_json(CONNECTION, &connection)?;
        }
        Records::open(folder)?.erase()?;
        self.look()
    }

    /// Looks at what is in the folder and puts it on the board.
    fn look(&self) -> Result<(), Failure> {
        let holdings = Arc::new(Holdings::new(Records::open(&self.folder)?.purchases()?));
        let link = match self.folder.read_json::<Connection>(CONNECTION)? {
            Some(Connection { tokens: Some(tokens), since, .. }) => Link::Connected(Agreement {
                scope: tokens.scope.join(" "),
                window: Window::default(),
                given_at: since,
                expires_at: tokens.grant_ends_at,
            }),
            Some(Connection { ended: Some(end), .. }) => Link::Ended(end),
            _ => Link::Never,
        };
        self.board.change(|snapshot| {
            if !matches!(link, Link::Connected(_)) {
                (snapshot.work, snapshot.check) = (Work::Idle, None);
            }
            (snapshot.holdings, snapshot.link) = (holdings, link);
        });
        Ok(())
    }

    /// Follows the feed for as long as there is an agreement, whatever comes in the way.
    async fn attend(&mut self) -> Infallible {
        let mut failures = 0;
        while matches!(self.board.now().link, Link::Connected(_)) {
            let Err(failure) = Box::pin(self.follow(&mut failures)).await;
            let wait = self.bear(&failure, failures);
            failures = (failures + 1).min(6);
            sleep(wait).await;
        }
        std::future::pending().await
    }

    async fn follow(&self, failures: &mut u32) -> Result<Infallible, Failure> {
        let folder = Rc::clone(&self.folder);
        let access = Access::open(&folder, self.clock.clone()).await?;
        let board = Arc::clone(&self.board);
        // The end is told together with what it has brought.
        let tell = move |changes| {
            if changes > 0 {
                board.work(Work::Fetching(changes));
            }
        };
        let mut sync = Sync::open(&folder, access, PAGE, Box::new(tell))?;
        self.agree(&mut sync).await?;
        self.complete(&mut sync).await?;
        *failures = 0;
        loop {
            let pause = sleep(PAUSE);
            let news = sync.turn(true).await?;
            self.board.looked(self.clock.now());
            let is_quiet = news.changes.is_empty() && !news.anew;
            let (anew, agreed) = self.take(news);
            if agreed {
                self.agree(&mut sync).await?;
            }
            if anew {
                self.complete(&mut sync).await?;
            }
            if is_quiet {
                pause.await;
            }
        }
    }

    async fn agree(&self, sync: &mut Sync<'_>) -> Result<(), Failure> {
        let agreement = Agreement::read(sync.access()).await?;
        let link = Link::Connected(agreement);
        if self.board.now().link != link {
            self.board.change(|snapshot| snapshot.link = link);
        }
        Ok(())
    }

    /// Reads to the end of the feed and checks everything.
    async fn complete(&self, sync: &mut Sync<'_>) -> Result<(), Failure> {
        if !matches!(self.board.now().work, Work::Following) {
            self.board.work(Work::Fetching(0));
        }
        let (summary, purchases) = match sync.complete().await {
            // The place is that of another agreement: what is here stays until all of this one is there.
            Err(failure) if failure.is_about_place() => {
                sync.records().begin(None)?;
                sync.complete().await?
            }
            other => other?,
        };
        let holdings = Arc::new(Holdings::new(purchases));
        let at = self.clock.now();
        self.board.change(|snapshot| {
            (snapshot.work, snapshot.looked_at) = (Work::Following, Some(at));
            (snapshot.holdings, snapshot.check) = (holdings, Some(Arc::new(Check { at, summary })));
        });
        Ok(())
    }

    /// Puts what is stored already on the board; says whether everything is to be read anew, and whether the agreement
    /// has changed.
    fn take(&self, news: News) -> (bool, bool) {
        let mut holdings = self.board.now().holdings.copy();
        let (mut arrived, mut agreed, mut is_changed) = (0, false, false);
        for (change, has_effect) in news.changes {
            match change.what {
                What::Purchase { id, now, .. } if has_effect => {
                    is_changed = true;
                    match now {
                        Some(served) => {
                            let Served { purchase, .. } = *served;
                            arrived += usize::from(holdings.put(purchase));
                        }
                        None => {
                            holdings.remove(&id);
                        }
                    }
                }
                What::Grant { .. } => agreed = true,
                What::Purchase { .. } | What::Unknown => {}
            }
        }
        if is_changed {
            self.board.change(|snapshot| {
                snapshot.holdings = Arc::new(holdings);
                snapshot.arrived += arrived;
            });
        }
        (news.anew, agreed)
    }

    /// Says on the board what is in the way; how long to wait before the next attempt.
    fn bear(&self, failure: &Failure, failures: u32) -> Duration {
        let rising = Duration::from_secs(1 << failures).min(LONGEST_WAIT);
        let work = match (failure.kind, failure.code.as_deref()) {
            (Kind::Ended, code) => {
                let why = code.unwrap_or("invalid_grant");
                match self.end(why) {
                    Ok(()) => return Duration::ZERO,
                    Err(failure) => Work::Trouble(format!("{failure}")),
                }
            }
            (Kind::Away, _) => Work::Away(format!("{failure}")),
            (_, Some("grant_paused")) => Work::Paused,
            // Another program works in this folder, or has disconnected it.
            (Kind::NotReady, _) if self.look().is_ok() => return rising,
            _ => Work::Trouble(format!("{failure}")),
        };
        let wait = if matches!(work, Work::Away(_)) { rising } else { LONGEST_WAIT };
        self.board.work(work);
        wait
    }

    /// Forgets the tokens of an agreement that the other side has ended.
    fn end(&self, why: &str) -> Result<(), Failure> {
        if let Some(mut connection) = self.folder.read_json::<Connection>(CONNECTION)? {
            connection.end(self.clock.now(), why);
            self.folder.write_json(CONNECTION, &connection)?;
        }
        self.look()
    }
}
