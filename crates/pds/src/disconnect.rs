//! `disconnect`: end the grant at the server, then forget the tokens.

use reqwest::{Method, StatusCode};

use crate::{access::Access, failure::{Failure, Kind}, folder::Folder, terminal::say, wire::{Clock, SMALL}};

/// Ends the grant. The purchases that were fetched stay in the folder: they are the customer's own.
pub async fn run(folder: &Folder, clock: Clock) -> Result<(), Failure> {
    let mut access = Access::open(folder, clock).await?;
    let url = access.service().api(&["grant"])?;
    let words = match access.call(Method::DELETE, &url, SMALL).await {
        Ok(reply) if reply.status.is_success() => "Disconnected: the agreement has ended.",
        // Both say that there is nothing left to end.
        Ok(reply) if ended(&reply.status, reply.error_code().as_deref()) => {
            "Disconnected: the agreement had ended before."
        }
        Ok(reply) => return Err(reply.complaint()),
        Err(failure) if failure.kind == Kind::Refused => return gone(access, &failure),
        Err(failure) => return Err(failure),
    };
    access.forget()?;
    say(&format!("{words} The tokens are deleted, your purchases stay in the folder."))
}
