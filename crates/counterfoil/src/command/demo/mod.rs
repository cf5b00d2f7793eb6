//! `demo`: a complete sandbox in a folder, and the reference store beside it.

mod app;
mod orders;
mod store;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use counterfoil_pds::serve::Shop;
use url::Url;

use crate::arguments::Demo;
use crate::command::{config_objects, init};
use crate::config::{Overrides, Settings};
use crate::failure::Failure;
use crate::realm::{Realm, public_url};
use crate::{serve, telemetry};

const SHOP: &str = "Example Stores";
/// Customers to try, each with what is special about them: see [`crate::sample`].
const SAMPLES: [&str; 7] = [
    "customer-001=buys a lot of groceries for a family",
    "customer-002=bought once and never came back",
    "customer-003=sends many things back",
    "customer-004=travels and pays in several currencies",
    "customer-005=shares a card with the household",
    "customer-006=has not been here for months",
    "customer-000=has not bought anything yet",
];

/// Runs the demo until it is told to stop.
pub fn run(demo: &Demo, mut overrides: Overrides, quiet: bool) -> Result<(), Failure> {
    if demo.reset && demo.dir.exists() {
        reset(&demo.dir)?;
    }
    overrides.settings = vec![
        ("realm.tier", "sandbox".to_owned()),
        ("login.mode", "demo".to_owned()),
        ("data.dir", format!("{}", demo.dir.display())),
        ("http.listen", format!("{}", SocketAddr::from((Ipv4Addr::LOCALHOST, demo.port)))),
        ("realm.shop", SHOP.to_owned()),
        ("log.filter", "warn".to_owned()),
        ("mail.transport", "folder".to_owned()),
        ("mail.from", format!("{SHOP} <receipts@demo.example>")),
        ("mail.address", "{customer}@demo.example".to_owned()),
    ];
    let mut settings = Settings::load(&overrides)?;
    settings.login.suggestions = SAMPLES.map(str::to_owned).to_vec();
    telemetry::start(&settings.log, quiet)?;
    init::run(&settings)?;
    let realm = Realm::open(&settings)?;
    config_objects::publish_asks(&realm)?;
    // The environment may name another folder than the argument does.
    let dir = settings.data.dir.clone();
    let client_id = app::register(&settings, &realm, &dir)?;
    orders::record(demo, realm.recorder(&settings)?, realm.clock.clone());
    let shop = Shop {
        url: public_url(&settings)?,
        client_id: client_id.clone(),
        key: Some(dir.join(app::KEY)),
        name: Some(SHOP.to_owned()),
    };
    let store_port = demo.store_port.unwrap_or_else(|| demo.port.saturating_add(1));
    let store = store::start(&dir, store_port, shop, realm.clock.clone())?;
    let url = settings.http.public_url.clone();
    serve::run(&settings, realm, || welcome(&url, &store, &dir, &client_id))
}

/// What to look at, once both answer.
fn welcome(url: &str, store: &Url, dir: &Path, client_id: &str) {
    let (url, dir) = (url.trim_end_matches('/'), dir.display());
    let key = app::KEY;
    println!(
        "Counterfoil demo: a shop with made-up customers, and an app that keeps one's purchases. Everything is in {dir}\n\n  \
         The app, Pocketful      {store}\n  \
         The shop, {SHOP}  {url}/\n\n\
         Five things to try:\n  \
         1. Open the app and connect the shop. Sign in as customer-001 and allow it: the purchases arrive.\n  \
         2. Wait a little: somebody buys something every five seconds, and new purchases appear as you look.\n  \
         3. At {url}/apps, see what the app looked at and when. Stop sharing: from then on it gets nothing.\n  \
         4. At {url}/purchases, search, hide a purchase from apps, take all of them with you as a file.\n  \
         5. Sign out and be somebody else: -002 bought once, -003 sends things back, -004 pays in several\n     \
         currencies, -005 shares a card, -006 has gone quiet, -000 has bought nothing.\n\n\
         The same as commands:\n  \
         cargo run -p counterfoil-pds -- connect {url} --client-id {client_id} --key {dir}/{key}\n  \
         cargo run -p counterfoil-pds -- sync; cargo run -p counterfoil-pds -- show\n\n\
         Ctrl-C ends it; --reset begins anew."
    );
}

/// Deletes what an earlier demo left, and nothing else: a folder that holds anything unknown is not touched.
fn reset(dir: &Path) -> Result<(), Failure> {
    let failed = || Failure::io(format!("{}", dir.display()));
    let is_demo = dir.join("master.key").exists() && dir.join("counterfoil.db").exists();
    if !is_demo {
        return Err(Failure::Refused(format!(
            "{} is not the folder of a demo; it is left alone",
            dir.display()
        )));
    }
    fs::remove_dir_all(dir).map_err(failed())
}
