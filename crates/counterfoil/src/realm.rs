//! A realm put together: database, keystore, ledger, clock.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use chrono::DateTime;
use counterfoil_domain::catalogue::Catalogue;
use counterfoil_domain::clock::{Clock, Entropy};
use counterfoil_domain::stream;
use counterfoil_events::recorder::Recorder;
use counterfoil_ledger::Ledger;
use counterfoil_ledger::audit::Audit;
use counterfoil_ledger::audit::processing::Configured;
use counterfoil_ledger::config::ConfigObject;
use counterfoil_ledger::guard::{Condition, Guard};
use counterfoil_ledger::journal::Journal;
use counterfoil_ledger::objects::Objects;
use counterfoil_ledger::restore::Restore;
use counterfoil_ledger::tree::{Generations, Keeper};
use counterfoil_ledger::verify::Verifier;
use counterfoil_oauth::receipts::{Receipts, Sources};
use counterfoil_oauth::{Coverage, Oauth, Tier};
use counterfoil_store::keys::{Keys, Masters, Secret};
use counterfoil_store::{Error, Store};
use counterfoil_volunteered::Volunteering;
use counterfoil_volunteered::receipts::Receipts as ConsentReceipts;
use counterfoil_volunteered::telling::Telling;
use counterfoil_web::Files;
use prometheus::Registry;
use url::Url;

use crate::config::{self, Settings};
use crate::failure::Failure;
use crate::pages;

/// Everything that the parts of the service share.
#[derive(Debug, Clone)]
pub struct Realm {
    /// The database.
    pub store: Store,
    /// The keystore.
    pub keys: Keys,
    /// The ledger.
    pub ledger: Ledger,
    /// Where tiles, guard and closure journal lie.
    pub objects: Objects,
    /// What was signed, outside the database.
    pub guard: Guard,
    /// What was closed, outside the database.
    pub journal: Journal,
    /// The logs' generations and their keys.
    pub generations: Generations,
    /// What the customer pages are made of.
    pub files: Files,
    /// The time.
    pub clock: Clock,
    /// Random bytes.
    pub entropy: Entropy,
    /// Metrics.
    pub registry: Registry,
    /// How the retailer's systems are told, where they are.
    pub telling: Option<Telling>,
}

/// The system's clock: the only place that reads it.
#[expect(clippy::disallowed_methods, reason = "the one clock of the program, passed to everything else")]
pub fn system_clock() -> Clock {
    Clock::new(|| DateTime::from(std::time::SystemTime::now()))
}

/// The operating system's generator, through OpenSSL.
pub fn system_entropy() -> Entropy {
    Entropy::new(|buffer| {
        if let Err(error) = openssl::rand::rand_bytes(buffer) {
            // Without random bytes no key, token or nonce is safe: better no service than a guessable one.
            panic!("no random bytes: {error}");
        }
    })
}

impl Realm {
    /// Opens a realm that `init` has made.
    pub fn open(settings: &Settings) -> Result<Self, Failure> {
        let store = Store::open(&settings.database.url, settings.database.connections)?;
        if !store.is_migrated()? {
            return Err(Failure::Refused(
                "the schema is not this version's: run `counterfoil migrate` (or `init` for a new installation)"
                    .to_owned(),
            ));
        }
        let (clock, entropy) = (system_clock(), system_entropy());
        // For its words where it is missing; the keystore reads it by itself.
        read_master(&settings.keys.master_file)?;
        let keys = Keys::open(&settings.keys.url, masters(settings), clock.clone(), entropy.clone())?;
        let files = pages::files(&settings.templates.override_dir)?;
        let config = ConfigObject::embedded(&files.notice(), &files.words());
        let objects = Objects::folder(&settings.ledger.dir)?;
        let guard = Guard::new(objects.clone());
        let journal = Journal::new(objects.clone(), &keys, entropy.clone())?;
        let generations = Generations::new(&settings.ledger.keys_dir, &settings.ledger.origin);
        let ledger =
            Ledger::new(keys.clone(), entropy.clone(), config)?.guarded(guard.clone(), journal.clone());
        let sends = settings.mail.transport != config::MailTransport::None;
        let ledger = if sends { ledger.owing_receipts() } else { ledger };
        // Before `init` there is no log; what cannot be verified later the keeper says.
        if guard.look(&store)? == Condition::RolledBack {
            tracing::warn!("the ledger lacks what was signed: see `counterfoil restore`");
        }
        let registry = Registry::new();
        let telling = match &settings.relay {
            relay if relay.enabled => {
                Some(Telling::new(&keys, &settings.http.public_url, relay.confirm_hours)?)
            }
            _ => None,
        };
        Ok(Self {
            store,
            keys,
            ledger,
            objects,
            guard,
            journal,
            generations,
            files,
            clock,
            entropy,
            registry,
            telling,
        })
    }

    /// What verifies the ledger.
    pub fn verifier(&self) -> Verifier {
        Verifier::new(
            self.store.clone(),
            self.keys.clone(),
            self.objects.clone(),
            self.guard.clone(),
            self.generations.clone(),
        )
    }

    /// What brings the realm back after an older state of its database was put back.
    pub fn restore(&self) -> Restore {
        Restore::new(
            self.store.clone(),
            self.keys.clone(),
            self.ledger.clone(),
            self.guard.clone(),
            self.journal.clone(),
            self.generations.clone(),
            self.entropy.clone(),
        )
    }

    /// What answers an auditor.
    pub fn audit(&self) -> Audit {
        Audit::new(
            self.store.clone(),
            self.keys.clone(),
            self.ledger.clone(),
            self.objects.clone(),
            self.generations.clone(),
        )
    }

    /// What integrates the ledger's entries and publishes checkpoints.
    pub fn keeper(&self) -> Result<Keeper, Failure> {
        let owner = data_encoding::HEXLOWER.encode(&self.entropy.bytes::<8>());
        let (store, objects, guard) = (self.store.clone(), self.objects.clone(), self.guard.clone());
        let (generations, clock) = (self.generations.clone(), self.clock.clone());
        let keeper = Keeper::new(store, objects, guard, generations, clock, owner, &self.registry)?;
        Ok(keeper.stating(self.ledger.clone()))
    }

    /// The authorization server.
    pub fn oauth(&self, settings: &Settings) -> Result<Oauth, Failure> {
        let coverage = coverage(settings)?;
        let settings = counterfoil_oauth::Settings::new(public_url(settings)?, tier(settings));
        let settings = counterfoil_oauth::Settings { coverage, ..settings };
        Oauth::new(
            self.store.clone(),
            self.keys.clone(),
            self.ledger.clone(),
            self.clock.clone(),
            self.entropy.clone(),
            settings,
            &self.registry,
        )
        .map_err(|error| Failure::Usage(format!("{error}")))
    }

    /// What customers tell the retailer.
    pub fn volunteering(&self) -> Volunteering {
        Volunteering::new(
            self.store.clone(),
            self.keys.clone(),
            self.ledger.clone(),
            self.clock.clone(),
            self.entropy.clone(),
        )
        .tells(self.telling.clone())
    }

    /// What makes receipts.
    pub fn receipts(&self, oauth: &Oauth) -> Result<Receipts, Failure> {
        let sources = Sources { objects: self.objects.clone(), generations: self.generations.clone() };
        Ok(Receipts::new(oauth.clone(), sources)?)
    }

    /// What makes receipts of consents.
    pub fn consent_receipts(&self, oauth: &Oauth) -> ConsentReceipts {
        let domain = oauth.settings().public_url.host_str().unwrap_or_default().to_owned();
        ConsentReceipts::new(
            self.volunteering(),
            self.objects.clone(),
            self.generations.clone(),
            oauth.issuer().to_owned(),
            domain,
        )
    }

    /// What records the order stream.
    pub fn recorder(&self, settings: &Settings) -> Result<Recorder, Failure> {
        let recorder = Recorder::new(
            self.store.clone(),
            self.keys.clone(),
            self.clock.clone(),
            self.entropy.clone(),
            self.ledger.clone(),
            sources(settings)?,
        )?
        .keeping(settings.retention().map_err(Failure::Usage)?)
        .telling(self.telling.clone());
        match recorder.finish_erasures(self.clock.now()) {
            Ok(0) => {}
            Ok(finished) => tracing::info!(finished, "erasures that a process had left undone are done"),
            // Data is refused meanwhile, to everybody.
            Err(Error::Behind(why)) => tracing::warn!(why, "erasures wait for `counterfoil restore accept`"),
            Err(error) => return Err(error.into()),
        }
        Ok(recorder)
    }
}

/// The public URL.
pub fn public_url(settings: &Settings) -> Result<Url, Failure> {
    Url::parse(&settings.http.public_url).map_err(|error| Failure::Usage(format!("http.public_url: {error}")))
}

/// The tier.
pub fn tier(settings: &Settings) -> Tier {
    match settings.realm.tier {
        config::Tier::Production => Tier::Production,
        config::Tier::Sandbox => Tier::Sandbox,
    }
}

/// What the record of processing activities rests on, beside the register of apps.
pub fn configured(settings: &Settings) -> Configured {
    let said = &settings.coverage.retention;
    Configured {
        name: settings.realm.shop.clone(),
        purchases_kept: (!said.is_empty()).then(|| said.clone()),
        unclaimed_kept: format!(
            "Orders without a customer {} days, returns and refunds without their order {} days, messages that could \
             not be read 30 days",
            settings.ingest.guest_days, settings.ingest.waiting_days
        ),
    }
}

/// What the retailer says of how far the record goes.
fn coverage(settings: &Settings) -> Result<Coverage, Failure> {
    let said = &settings.coverage;
    let from = said.first_date().map_err(|error| Failure::Usage(format!("coverage.from: {error}")))?;
    let retention = (!said.retention.is_empty()).then(|| said.retention.clone());
    Ok(Coverage { from, channels: said.channels.clone(), retention })
}

/// What is known of the order stream's sources, and the categories of their lines.
pub fn sources(settings: &Settings) -> Result<stream::Sources, Failure> {
    let sources = config::sources(&settings.ingest).map_err(|wrong| Failure::Usage(wrong.join("\n")))?;
    Ok(sources.with_catalogue(catalogue(settings)?))
}

/// The categories.
pub fn catalogue(settings: &Settings) -> Result<Arc<Catalogue>, Failure> {
    settings.catalogue().map(Arc::new).map_err(|error| Failure::Usage(format!("categories.file: {error}")))
}

/// The master keys, read anew each time: the present one, and the one before it where its file is there.
fn masters(settings: &Settings) -> Masters {
    let (present, previous) = (settings.keys.master_file.clone(), settings.keys.previous_master_file.clone());
    Masters::new(move || {
        let unreadable = |_| Error::Key("a file of a master key cannot be read");
        let mut found = vec![read_master(&present).map_err(unreadable)?];
        if previous.exists() {
            found.push(read_master(&previous).map_err(unreadable)?);
        }
        Ok(found)
    })
}

/// Reads a master key: 64 hexadecimal digits.
pub fn read_master(path: &Path) -> Result<Secret, Failure> {
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::Refused(format!(
            "the master key {} cannot be read ({error}); run `counterfoil init`",
            path.display()
        ))
    })?;
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).ok();
    let key = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    key.map(Secret::new)
        .ok_or_else(|| Failure::Usage(format!("{} does not hold 64 hexadecimal digits", path.display())))
}
