//! `serve`: the purchases in a browser, on this computer alone, kept up to date while one looks.

mod acts;
mod asking;
mod board;
mod door;
mod holdings;
mod keeper;
mod live;
mod pages;
mod views;
mod words;

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
};

use actix_web::{App, HttpServer, middleware::from_fn, rt::System, web};
use tokio::sync::{mpsc, oneshot};
use url::Url;

use crate::{
    callback::require_loopback,
    clock::Clock,
    connect::{CONNECTION, Connection, read_key},
    failure::{Failure, Kind},
    folder::Folder,
    keys::{CLIENT_KEY, SigningKey},
    terminal::say,
};
use board::Board;
use keeper::Keeper;
use pages::Pages;

/// What the app is called.
const NAME: &str = "Pocketful";
/// Threads that answer browsers; one person looks.
const WORKERS: usize = 2;
/// Orders that wait for the keeper at a time.
const QUEUE: usize = 16;
/// Seconds that an answer may still take once the app is told to stop.
const PATIENCE: u64 = 1;

/// What the app is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where keys, tokens and purchases are kept; made on the first run.
    pub folder: PathBuf,
    /// Where to listen, on this computer alone; port 0 takes any that is free.
    pub listen: SocketAddr,
    /// The shop to offer; `None` for the one that the folder knows, if any.
    pub shop: Option<Shop>,
}

/// A shop that this app is registered with.
#[derive(Clone, Debug)]
pub struct Shop {
    /// The address of its Counterfoil server.
    pub url: Url,
    /// The client id that it gave.
    pub client_id: String,
    /// The file of the registered private key (P-256, as JWK or PEM); `None` for the one in the folder.
    pub key: Option<PathBuf>,
    /// What pages call it; `None` for the host of its address.
    pub name: Option<String>,
}

/// What the command line says.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Where to listen; only addresses of this computer alone
    #[arg(long, value_name = "ADDRESS", default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, 8090)))]
    listen: SocketAddr,
    /// The address of the shop's Counterfoil server (remembered once connected)
    #[arg(long, requires = "client_id")]
    url: Option<Url>,
    /// The client id that the shop gave when the app was registered (remembered once connected)
    #[arg(long, value_name = "ID", requires = "url")]
    client_id: Option<String>,
    /// The registered private key (P-256, as JWK or PEM) instead of the one made on the first run
    #[arg(long, value_name = "FILE", requires = "url")]
    key: Option<PathBuf>,
    /// What the pages call the shop [default: the host of its address]
    #[arg(long, requires = "url")]
    name: Option<String>,
}

/// Runs the app as the command line says, until Ctrl-C or SIGTERM.
pub(crate) fn command(folder: PathBuf, options: Options, clock: Clock) -> Result<(), Failure> {
    let Options { listen, url, client_id, key, name } = options;
    let shop = url.zip(client_id).map(|(url, client_id)| Shop { url, client_id, key, name });
    let (ready, told) = oneshot::channel();
    let tell = async {
        // Nobody tells of an app that could not start: the failure does.
        if let Ok(address) = told.await {
            say(&format!("{NAME} is at http://{address} (Ctrl-C stops it)")).ok();
        }
        stopped().await;
    };
    run(Settings { folder, listen, shop }, clock, ready, tell)
}

async fn stopped() {
    #[cfg(unix)]
    {
        let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        // Without a way to be told of it, SIGTERM ends the program as it does by itself.
        if let Ok(mut terminate) = terminate {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    tokio::signal::ctrl_c().await.ok();
}

/// Runs the app on this thread until `stop` is done. `ready` is told the address as soon as browsers are answered.
///
/// # Errors
/// [`Failure`] when the folder, the key or the address cannot be used. What goes wrong later is shown on the pages.
pub fn run(
    settings: Settings,
    clock: Clock,
    ready: oneshot::Sender<SocketAddr>,
    stop: impl Future<Output = ()> + 'static,
) -> Result<(), Failure> {
    System::new().block_on(serve(settings, clock, ready, stop))
}

async fn serve(
    settings: Settings,
    clock: Clock,
    ready: oneshot::Sender<SocketAddr>,
    until: impl Future<Output = ()> + 'static,
) -> Result<(), Failure> {
    let folder = Folder::open(&settings.folder)?;
    let shop = match settings.shop {
        Some(shop) => Some(shop),
        None => remembered(&folder)?,
    };
    if let Some(key) = shop.as_ref().and_then(|shop| shop.key.as_deref()) {
        SigningKey::adopt(&folder, CLIENT_KEY, &read_key(key)?)?;
    }
    require_loopback(settings.listen)?;
    let unusable = |error: std::io::Error| {
        let what = format!("cannot listen on {}: {error}", settings.listen);
        Failure::new(Kind::Local, what, "choose another address with --listen, such as 127.0.0.1:0")
    };
    let listener = TcpListener::bind(settings.listen).map_err(unusable)?;
    let address = listener.local_addr().map_err(unusable)?;
    let board = Arc::new(Board::new(clock.now()));
    let keeper = Keeper::new(folder, clock.clone(), shop.clone(), Arc::clone(&board))?;
    let (orders, waiting) = mpsc::channel(QUEUE);
    let pages = web::Data::new(Pages::new(address, shop.as_ref(), board, orders, clock)?);
    let app = move || App::new().app_data(pages.clone()).wrap(from_fn(door::guard)).configure(pages::routes);
    let server = HttpServer::new(app)
        .workers(WORKERS)
        .tcp_nodelay(true)
        .disable_signals()
        .shutdown_timeout(PATIENCE)
        .listen(listener)
        .map_err(unusable)?
        .run();
    let handle = server.handle();
    let keeping = actix_web::rt::spawn(keeper.run(waiting));
    let serving = actix_web::rt::spawn(server);
    // Who started this may not want to know.
    ready.send(address).ok();
    until.await;
    keeping.abort();
    handle.stop(true).await;
    match serving.await {
        Ok(ended) => ended.map_err(unusable),
        Err(_) => Ok(()),
    }
}

fn remembered(folder: &Folder) -> Result<Option<Shop>, Failure> {
    let connection: Option<Connection> = folder.read_json(CONNECTION)?;
    Ok(connection.map(|Connection { url, client_id, .. }| Shop { url, client_id, key: None, name: None }))
}
