//! The demo's app: registered at first start, its private key beside the data.

use std::fs;
use std::path::Path;

use counterfoil_domain::grant::{Dataset, Lasting, VolunteeredAccess};
use counterfoil_oauth::apps::{self, NewApp};
use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
use prometheus::Registry;

use crate::config::Settings;
use crate::failure::Failure;
use crate::realm::Realm;

/// The app's private key, in the demo's folder.
pub const KEY: &str = "demo-app-key.jwk";

/// Registers the app at first start; its client id.
pub fn register(settings: &Settings, realm: &Realm, dir: &Path) -> Result<String, Failure> {
    // An authorization server for this one act: the one that serves counts in the realm's own registry.
    let oauth = Realm { registry: Registry::new(), ..realm.clone() }.oauth(settings)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::io("starting the runtime"))?;
    runtime.block_on(async {
        if let Some(app) = apps::list(&oauth).await?.first() {
            return Ok(format!("{}", app.client_id));
        }
        let jose = |error: josekit::JoseError| Failure::Service(format!("the demo app's key: {error}"));
        let pair = EcKeyPair::generate(EcCurve::P256).map_err(jose)?;
        let private = pair.to_jwk_key_pair();
        write_private(&dir.join(KEY), &private)?;
        let public = pair.to_jwk_public_key();
        let datasets = Dataset::ALL.iter().map(|dataset| dataset.scope());
        let access = VolunteeredAccess::ALL.iter().map(|access| access.scope());
        let scopes: Vec<&str> = datasets.chain(access).collect();
        let new = NewApp {
            name: "Pocketful".to_owned(),
            operator: "You, on this computer".to_owned(),
            address: Some("This computer".to_owned()),
            contact: Some("http://127.0.0.1".to_owned()),
            redirect_uris: vec!["http://127.0.0.1/callback".to_owned()],
            scope: scopes.join(" "),
            auth_method: "private_key_jwt".to_owned(),
            jwks: serde_json::json!({ "keys": [public.as_ref()] }).to_string(),
            max_duration: Lasting::UntilWithdrawn,
            window_from: None,
            purposes: None,
        };
        Ok(format!("{}", apps::register(&oauth, new).await?))
    })
}

fn write_private(path: &Path, key: &Jwk) -> Result<(), Failure> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let failed = || Failure::io(format!("{}", path.display()));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(failed())?;
    writeln!(file, "{key}").map_err(failed())
}
