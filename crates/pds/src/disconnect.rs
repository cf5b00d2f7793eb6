//! `disconnect`: end the grant at the server, then forget the tokens.

use reqwest::Method;

use crate::{
    access::Access,
    failure::{Failure, Kind},
    folder::Folder,
    terminal::say,
    wire::{Clock, Reply, SMALL},
};

/// Ends the grant. The purchases that were fetched stay in the folder: they are the customer's own.
pub async fn run(folder: &Folder, clock: Clock) -> Result<(), Failure> {
    let mut access = Access::open(folder, clock).await?;
    let grant = access.service().api(&["grant"])?;
    let ended = match access.call(Method::DELETE, &grant, SMALL).await.and_then(Reply::success) {
        Ok(_) => "the agreement has ended",
        Err(failure) if failure.kind == Kind::Ended => "the agreement had ended before",
        // Tokens that may still work are kept, so that the next attempt can end them.
        Err(failure) => return Err(failure),
    };
    access.forget()?;
    say(&format!("Disconnected: {ended}. The tokens are deleted; your purchases stay in the folder."))
}
