//! `relay`.

use std::sync::mpsc;

use counterfoil_events::relay::{Relay, RelaySettings, TopicNames};
use counterfoil_volunteered::telling;
use serde_json::json;

use crate::care;
use crate::command::ingest::properties;
use crate::config::Settings;
use crate::failure::Failure;
use crate::realm::Realm;
use crate::serve;

/// Sends what waits for the retailer's systems, or stands by, until it is told to stop; or lets all of it wait once more.
pub fn run(settings: &Settings, again: bool) -> Result<(), Failure> {
    let realm = Realm::open(settings)?;
    if !settings.relay.enabled {
        return Err(Failure::Usage("relay.enabled: nobody is told anything".to_owned()));
    }
    if again {
        let told = telling::tell_all(&realm.volunteering())?;
        return super::print(&json!({ "told": told }));
    }
    care::watch_guard(&realm)?;
    let relay = relay(settings, &realm)?;
    let (ends, told) = mpsc::channel();
    let observed = serve::observe(settings, &realm, move || drop(ends))?;
    tracing::info!("telling the retailer's systems");
    relay.run(&told);
    observed.stop();
    Ok(())
}

/// What sends.
pub fn relay(settings: &Settings, realm: &Realm) -> Result<Relay, Failure> {
    let owner = data_encoding::HEXLOWER.encode(&realm.entropy.bytes::<8>());
    Ok(Relay::new(realm.volunteering(), relay_settings(settings)?, owner, &realm.registry)?)
}

/// Where it sends to.
pub fn relay_settings(settings: &Settings) -> Result<RelaySettings, Failure> {
    let (relay, ingest) = (&settings.relay, &settings.ingest);
    let own = properties("relay.kafka", &relay.kafka)?;
    let (brokers, properties) = if relay.brokers.is_empty() {
        let mut shared = properties("ingest.kafka", &ingest.kafka)?;
        shared.extend(own);
        (&ingest.brokers, shared)
    } else {
        (&relay.brokers, own)
    };
    Ok(RelaySettings {
        brokers: brokers.clone(),
        properties,
        transactional_id: relay.transactional_id.clone(),
        topics: TopicNames {
            consents: relay.consents_topic.clone(),
            volunteered: relay.volunteered_topic.clone(),
        },
    })
}
