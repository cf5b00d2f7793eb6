//! The reference store beside the shop: a web app on a port of its own, in this process.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::mpsc;

use counterfoil_domain::clock::Clock;
use counterfoil_pds::serve::{self as app, Settings, Shop};
use tokio::sync::oneshot;
use url::Url;

use crate::failure::Failure;
use crate::serve;

/// Its data, in the demo's folder.
const FOLDER: &str = "pocketful";

/// Starts it; its address, once it answers.
///
/// # Errors
/// [`Failure`] when it cannot start, most of all where something else has the port.
pub fn start(dir: &Path, port: u16, shop: Shop, clock: Clock) -> Result<Url, Failure> {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let settings = Settings { folder: dir.join(FOLDER), listen, shop: Some(shop) };
    let (ready, told) = oneshot::channel();
    let (end, ended) = mpsc::channel();
    std::thread::spawn(move || {
        let clock = counterfoil_pds::clock::Clock::new(move || clock.now());
        let told_to_stop = async {
            if let Err(error) = serve::told_to_stop().await {
                tracing::error!(%error, "signals cannot be heard");
            }
        };
        let outcome = app::run(settings, clock, ready, told_to_stop);
        if let Err(failure) = &outcome {
            tracing::error!(%failure, "the reference store ended");
        }
        // Nobody waits for it any more once it has begun.
        drop(end.send(outcome));
    });
    let failed = |why: String| Failure::Service(format!("the reference store at {listen}: {why}"));
    match told.blocking_recv() {
        Ok(address) => Url::parse(&format!("http://{address}/")).map_err(|error| failed(format!("{error}"))),
        Err(_) => Err(failed(match ended.recv() {
            Ok(Err(failure)) => format!("{failure}"),
            _ => "it ended before it began".to_owned(),
        })),
    }
}
