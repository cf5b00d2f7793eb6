//! `disconnect`: end the grant at the server, then forget the tokens.

use reqwest::Method;

use crate::{
    access::Access,
    clock::Clock,
    connect::DISCONNECTED,
    failure::{Failure, Kind},
    folder::Folder,
    terminal::say,
    wire::{Reply, SMALL},
};

/// Ends the grant and says so. The purchases that were fetched stay in the folder: they are the customer's own.
pub async fn run(folder: &Folder, clock: Clock) -> Result<(), Failure> {
    let ended = match Box::pin(end(folder, clock)).await? {
        Before::Active => "the agreement has ended",
        Before::Ended => "the agreement had ended before",
    };
    say(&format!("Disconnected: {ended}. The tokens are deleted; your purchases stay in the folder."))
}

/// What the agreement was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// It was good, and ended now.
    Active,
    /// It had ended already.
    Ended,
}

/// Ends the grant at the server, then forgets the tokens.
pub async fn end(folder: &Folder, clock: Clock) -> Result<Before, Failure> {
    let mut access = Access::open(folder, clock).await?;
    let grant = access.service().api(&["grant"])?;
    let before = match access.call(Method::DELETE, &grant, SMALL).await.and_then(Reply::success) {
        Ok(_) => Before::Active,
        Err(failure) if failure.kind == Kind::Ended => Before::Ended,
        // Tokens that may still work are kept, so that the next attempt can end them.
        Err(failure) => return Err(failure),
    };
    access.forget(DISCONNECTED)?;
    Ok(before)
}
