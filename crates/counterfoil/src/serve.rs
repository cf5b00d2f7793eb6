//! `serve`: the app that answers apps and customers, and what runs beside it.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Server, ServerHandle, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderValue, STRICT_TRANSPORT_SECURITY};
use actix_web::middleware::{Compress, Next, from_fn};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use counterfoil_api::{Api, ApiSettings, Audits, Readiness};
use counterfoil_domain::catalogue::Catalogue;
use counterfoil_domain::config_object::Kind;
use counterfoil_events::housekeeping::{Deleted, Housekeeping, Keeping};
use counterfoil_events::recorder::{RecordError, Recorder};
use counterfoil_events::verifying::Verifier;
use counterfoil_ledger::Ledger;
use counterfoil_ledger::seal::Sealer;
use counterfoil_ledger::tree::PublicLogs;
use counterfoil_oauth::erasure::Eraser;
use counterfoil_oauth::problem::{Code, Problem, complete};
use counterfoil_oauth::receipts::Receipts;
use counterfoil_oauth::session::Sessions;
use counterfoil_oauth::upstream::{Login, OidcSettings, StaffClaim};
use counterfoil_oauth::{Oauth, Tier, grants};
use counterfoil_store::config_objects;
use counterfoil_store::erasures::Door;
use counterfoil_volunteered::Volunteering;
use counterfoil_volunteered::receipts::Receipts as ConsentReceipts;
use counterfoil_web::{Category, PageSet, PagesSettings, Suggestion};
use prometheus::{Encoder as _, Registry, TextEncoder};

use crate::care;
use crate::config::{LoginMode, Settings};
use crate::failure::Failure;
use crate::post;
use crate::realm::{Realm, catalogue, configured, public_url, tier};

/// Threads of each worker that wait for the database: more than it has connections would only wait for one another.
const BLOCKING_THREADS: usize = 16;
/// How long requests may take to end when the process is told to stop.
const DRAIN_SECONDS: u64 = 30;
/// How often what is due is ended.
const EXPIRE_EVERY: Duration = Duration::from_secs(5);
/// How often what is too old is deleted.
const KEEP_HOUSE_EVERY: Duration = Duration::from_secs(3_600);
/// Largest body that is read.
const BODY_BYTES: usize = 64 << 10;

/// What every handler finds in the app's data. Made once, passed to each worker.
#[derive(Clone)]
pub struct State {
    oauth: web::Data<Oauth>,
    sessions: web::Data<Sessions>,
    login: web::Data<Login>,
    pages: web::Data<PageSet>,
    eraser: web::Data<Eraser>,
    recorder: Arc<Recorder>,
    api: web::Data<Api>,
    audits: web::Data<Audits>,
    receipts: web::Data<Receipts>,
    consent_receipts: web::Data<ConsentReceipts>,
    volunteering: web::Data<Volunteering>,
    ledger: Ledger,
    is_secure: bool,
}

impl State {
    /// Puts the service together. Must be called on a runtime: tasks of the sealer and the API start here.
    pub fn new(settings: &Settings, realm: &Realm, readiness: Readiness) -> Result<Self, Failure> {
        let usage = |error: &dyn std::fmt::Display| Failure::Usage(format!("{error}"));
        let url = public_url(settings)?;
        let oauth = realm.oauth(settings)?;
        let receipts = realm.receipts(&oauth)?;
        let consent_receipts = realm.consent_receipts(&oauth);
        let catalogue = catalogue(settings)?;
        let (clock, entropy) = (realm.clock.clone(), realm.entropy.clone());
        let sealer = Sealer::start(
            realm.ledger.clone(),
            realm.store.clone(),
            realm.keys.clone(),
            clock.clone(),
            &realm.registry,
        )?;
        let api = Api::new(
            realm.store.clone(),
            realm.keys.clone(),
            sealer,
            clock.clone(),
            Arc::clone(&catalogue),
            readiness,
            ApiSettings {
                base: oauth.issuer().to_owned(),
                per_minute: settings.http.requests_per_minute,
                system_per_minute: settings.http.system_requests_per_minute,
                coverage: oauth.settings().coverage.clone(),
                logs: PublicLogs::new(realm.store.clone(), realm.objects.clone()),
            },
        )?;
        let sessions =
            Sessions::new(realm.store.clone(), realm.keys.clone(), clock.clone(), entropy.clone(), &url)
                .map_err(|error| usage(&error))?
                .of_scheme(settings.login.scheme.clone());
        let pages_settings = PagesSettings {
            shop: settings.realm.shop.clone(),
            timezone: settings.realm.timezone.parse().map_err(|_| {
                Failure::Usage(format!("realm.timezone: {} is not known", settings.realm.timezone))
            })?,
            suggestions: settings.login.suggestions.iter().map(|text| suggestion(text)).collect(),
            categories: categories(&catalogue),
            catalogue: Arc::clone(&catalogue),
            is_secure: url.scheme() == "https",
            has_styleguide: tier(settings) == Tier::Sandbox,
        };
        let pages = PageSet::new(realm.files.clone(), pages_settings, clock, entropy);
        let pages = pages.map_err(|error| usage(&error))?;
        // Before anything is shown: each entry that says what was shown finds it here.
        let artefacts = pages.artefacts().map_err(|error| usage(&error))?;
        let stored = realm.store.write_blocking(|conn| config_objects::store_artefacts(conn, &artefacts))?;
        tracing::debug!(stored, "what pages are made of is kept");
        let recorder = Arc::new(realm.recorder(settings)?);
        Ok(Self {
            oauth: web::Data::new(oauth),
            sessions: web::Data::new(sessions),
            login: web::Data::new(login(settings, &url)?),
            pages: web::Data::new(pages),
            eraser: web::Data::new(eraser(settings, realm, &recorder)),
            recorder,
            api: web::Data::new(api),
            audits: web::Data::new(Audits {
                audit: realm.audit(),
                configured: configured(settings),
                store: realm.store.clone(),
                clock: realm.clock.clone(),
            }),
            receipts: web::Data::new(receipts),
            consent_receipts: web::Data::new(consent_receipts),
            volunteering: web::Data::new(realm.volunteering()),
            ledger: realm.ledger.clone(),
            is_secure: url.scheme() == "https",
        })
    }
}

/// The customer's own door to what erases.
fn eraser(settings: &Settings, realm: &Realm, recorder: &Arc<Recorder>) -> Eraser {
    let (recorder, clock) = (Arc::clone(recorder), realm.clock.clone());
    Eraser::new(settings.retention.evidence_days, move |person, display| {
        recorder.erase_person(person, &Door::of_customer(display), clock.now()).map_err(|error| match error {
            RecordError::Store(error) => error,
            other => counterfoil_store::Error::Unexpected(format!("{other}")),
        })
    })
}

/// A customer that the demo suggests: an id, and behind `=` what to know of them.
fn suggestion(text: &str) -> Suggestion {
    let (id, says) = text.split_once('=').unwrap_or((text, ""));
    Suggestion { id: id.trim().to_owned(), says: says.trim().to_owned() }
}

/// The categories as pages list them.
fn categories(catalogue: &Catalogue) -> Vec<Category> {
    let listed = |category: &counterfoil_domain::catalogue::Category| Category {
        id: category.id.clone(),
        names: category.names().clone(),
        sensitive: category.is_sensitive,
    };
    catalogue.categories().iter().map(listed).collect()
}

fn login(settings: &Settings, url: &url::Url) -> Result<Login, Failure> {
    let made = match settings.login.mode {
        LoginMode::Demo => Login::demo(tier(settings), url),
        LoginMode::Oidc => {
            let secret = settings.client_secret().map_err(Failure::io("login.client_secret_file"))?;
            let oidc = OidcSettings {
                issuer: settings.login.issuer.clone(),
                client_id: settings.login.client_id.clone(),
                client_secret: (!secret.is_empty()).then_some(secret),
                scopes: Vec::new(),
                claim: settings.login.claim.clone(),
                address_claim: Some(settings.login.address_claim.clone()).filter(|claim| !claim.is_empty()),
                staff: staff(settings),
            };
            Login::oidc(oidc, url)
        }
    };
    made.map_err(|error| Failure::Usage(format!("login: {error}")))
}

/// What makes somebody a member of staff.
fn staff(settings: &Settings) -> Option<StaffClaim> {
    let (claim, role) = (settings.login.staff_claim.clone(), settings.login.staff_role.clone());
    (!claim.is_empty()).then_some(StaffClaim { claim, role })
}

/// The whole service as one app: the same in production and in every test.
pub fn app(
    state: &State,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = actix_web::Error,
        InitError = (),
    > + use<>,
> {
    let is_secure = state.is_secure;
    let ledger = state.ledger.clone();
    App::new()
        .app_data(state.oauth.clone())
        .app_data(state.sessions.clone())
        .app_data(state.login.clone())
        .app_data(state.pages.clone())
        .app_data(state.eraser.clone())
        .app_data(state.api.clone())
        .app_data(state.audits.clone())
        .app_data(state.receipts.clone())
        .app_data(state.consent_receipts.clone())
        .app_data(state.volunteering.clone())
        .app_data(web::PayloadConfig::new(BODY_BYTES))
        .configure(counterfoil_oauth::routes)
        .configure(counterfoil_api::routes)
        .configure(counterfoil_web::routes)
        .default_service(web::to(nothing_here))
        .wrap(from_fn(move |request, next| hold_back(ledger.clone(), request, next)))
        .wrap(from_fn(complete))
        .wrap(Compress::default())
        .wrap(from_fn(move |request, next| watch(is_secure, request, next)))
}

/// Where what still answers begins while the database is behind what was signed: health, the ledger's public face,
/// signing in, and whatever explains.
const ANSWERS_ALWAYS: [&str; 9] =
    ["/health/", "/version", "/ledger", "/oauth/", "/sign-", "/stop/", "/error", "/problems/", "/assets/"];

/// Whether an address answers then: these, and what it takes to stop sharing. What an app may see, and what it saw, does
/// not.
fn answers_always(path: &str) -> bool {
    let stops = path.ends_with("/stop") || path.ends_with("/stopped") || path.starts_with("/apps/stop");
    ANSWERS_ALWAYS.iter().any(|start| path.starts_with(start))
        || ["/v1/grant", "/apps"].contains(&path)
        || (path.starts_with("/apps/") && stops)
}

/// Serves no data while the database is behind what was signed.
async fn hold_back<B: MessageBody + 'static>(
    ledger: Ledger,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let path = request.path();
    let is_held = ledger.check().is_err() && !answers_always(path);
    if !is_held {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    if path.starts_with("/v1/") {
        let refused = request.error_response(Problem::new(Code::LedgerRolledBack));
        return Ok(refused.map_into_right_body());
    }
    let page =
        HttpResponse::SeeOther().insert_header(("Location", "/error?code=ledger_rolled_back")).finish();
    Ok(request.into_response(page).map_into_right_body())
}

/// A page for people, problem details for apps.
async fn nothing_here(request: HttpRequest) -> Result<HttpResponse, Problem> {
    if request.path().starts_with("/v1/") || request.path().starts_with("/oauth/") {
        return Err(Problem::new(Code::NotFound));
    }
    Ok(HttpResponse::SeeOther().insert_header(("Location", "/error?code=not_found")).finish())
}

/// One line in the log for each request: by route, since addresses hold references and cursors.
async fn watch<B: MessageBody>(
    is_secure: bool,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let began = std::time::Instant::now();
    let method = request.method().clone();
    let route = request.match_pattern().unwrap_or_else(|| "none".to_owned());
    let mut response = next.call(request).await?;
    if is_secure {
        let year = HeaderValue::from_static("max-age=31536000");
        response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, year);
    }
    let status = response.status().as_u16();
    let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    tracing::debug!(%method, route, status, micros, "answered");
    Ok(response)
}

/// Serves until the process is told to stop; `ready` is called once it listens.
pub fn run(settings: &Settings, realm: Realm, ready: impl FnOnce()) -> Result<(), Failure> {
    let settings = settings.clone();
    check_published(&realm)?;
    actix_web::rt::System::new().block_on(async move {
        let readiness = Readiness::default();
        let state = State::new(&settings, &realm, readiness.clone())?;
        let oauth = Oauth::clone(&state.oauth);
        let recorder = Arc::clone(&state.recorder);
        let (receipts, pages) = (Receipts::clone(&state.receipts), PageSet::clone(&state.pages));
        let workers = match settings.http.workers {
            0 => std::thread::available_parallelism().map_or(2, usize::from),
            some => some,
        };
        let server = HttpServer::new(move || app(&state))
            .workers(workers)
            .worker_max_blocking_threads(BLOCKING_THREADS)
            // Head and body are two writes: without this the second waits for the other side's delayed acknowledgement.
            .tcp_nodelay(true)
            .shutdown_timeout(DRAIN_SECONDS)
            .disable_signals()
            .bind(&settings.http.listen)
            .map_err(Failure::io(format!("http.listen {}", settings.http.listen)))?
            .run();
        if let Some(metrics) = metrics_server(&settings.metrics.listen, realm.registry.clone())? {
            actix_web::rt::spawn(metrics);
        }
        let keeping = care::keep(&realm)?;
        let relaying = care::relay(&settings, &realm)?;
        post::start(&settings, receipts, pages, realm.clock.clone())?;
        care::verify(&realm, settings.ledger.verify_hours)?;
        care::count_rights(&realm)?;
        actix_web::rt::spawn(expire(oauth));
        actix_web::rt::spawn(care::sweep(&realm));
        actix_web::rt::spawn(keep_house(housekeeping(&settings, &realm, recorder)?));
        let handle = server.handle();
        actix_web::rt::spawn(async move {
            if let Err(error) = told_to_stop().await {
                tracing::error!(%error, "signals cannot be heard");
            }
            readiness.drain();
            handle.stop(true).await;
        });
        ready();
        tracing::info!(listen = settings.http.listen, issuer = settings.http.public_url, "serving");
        let outcome = server.await.map_err(Failure::io("serving"));
        relaying.into_iter().for_each(care::Keeping::stop);
        keeping.stop();
        outcome
    })
}

/// Customers decide nothing before it is published what their decisions rest on.
fn check_published(realm: &Realm) -> Result<(), Failure> {
    let grant = realm.store.read_blocking(|conn| config_objects::in_use(conn, Kind::Grant.name()))?;
    if grant.is_some() {
        return Ok(());
    }
    Err(Failure::Refused(
        "nothing is published that grants rest on: write the objects to begin with by `counterfoil config-objects \
         export DIR`, say in them who you are, and publish them by `counterfoil config-objects publish DIR/*.toml` \
         (in a sandbox `counterfoil init` is enough)"
            .to_owned(),
    ))
}

/// Ends what is due. The lease is taken inside, so one process at a time does it.
async fn expire(oauth: Oauth) {
    let mut ticks = actix_web::rt::time::interval(EXPIRE_EVERY);
    loop {
        ticks.tick().await;
        match grants::expire_due(&oauth).await {
            Ok(0) => {}
            Ok(ended) => tracing::info!(ended, "grants ended by themselves"),
            Err(error) => tracing::warn!(%error, "what is due could not be ended"),
        }
    }
}

fn housekeeping(
    settings: &Settings,
    realm: &Realm,
    recorder: Arc<Recorder>,
) -> Result<Housekeeping, Failure> {
    let keeping =
        Keeping { guest_days: settings.ingest.guest_days, waiting_days: settings.ingest.waiting_days };
    let owner = data_encoding::HEXLOWER.encode(&realm.entropy.bytes::<8>());
    let (store, keys, clock) = (realm.store.clone(), realm.keys.clone(), realm.clock.clone());
    let keeper = Housekeeping::new(store.clone(), keys.clone(), clock, keeping, owner, &realm.registry)?;
    let verifier = Verifier::new(store, keys, realm.ledger.clone(), realm.entropy.clone());
    Ok(keeper.forgetting(recorder, verifier))
}

/// Deletes what is too old. The lease is taken inside, so one process at a time does it.
async fn keep_house(housekeeping: Housekeeping) {
    let mut ticks = actix_web::rt::time::interval(KEEP_HOUSE_EVERY);
    loop {
        ticks.tick().await;
        let keeper = housekeeping.clone();
        let passed = web::block(move || keeper.pass()).await;
        match passed.unwrap_or_else(|error| Err(counterfoil_store::Error::Unexpected(format!("{error}")))) {
            Ok(deleted) if deleted.is_nothing() => {}
            Ok(Deleted { quarantined, guests, waiting, erasures, holds, verified }) => {
                tracing::info!(
                    quarantined,
                    guests,
                    waiting,
                    erasures,
                    holds,
                    verified,
                    "deleted what was too old"
                );
            }
            Err(error) => tracing::warn!(%error, "what is too old could not be deleted"),
        }
    }
}

/// Returns when the process gets SIGTERM or SIGINT.
pub async fn told_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    Ok(())
}

fn metrics_server(listen: &str, registry: Registry) -> Result<Option<Server>, Failure> {
    if listen.is_empty() {
        return Ok(None);
    }
    let registry = web::Data::new(registry);
    let server = HttpServer::new(move || {
        App::new().app_data(registry.clone()).route("/metrics", web::get().to(metrics))
    })
    .workers(1)
    .disable_signals()
    .bind(listen)
    .map_err(Failure::io(format!("metrics.listen {listen}")))?
    .run();
    Ok(Some(server))
}

async fn metrics(registry: web::Data<Registry>) -> HttpResponse {
    let mut body = Vec::new();
    match TextEncoder::new().encode(&registry.gather(), &mut body) {
        Ok(()) => HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(body),
        Err(error) => {
            tracing::error!(%error, "metrics cannot be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// Signals and metrics for a role that is not a server.
pub struct Observed {
    handle: Option<ServerHandle>,
    runtime: Option<std::thread::JoinHandle<()>>,
}

impl Observed {
    /// Ends the metrics' server.
    pub fn stop(self) {
        if let Some(handle) = self.handle {
            drop(handle.stop(false));
        }
        // The thread ends with the process: it may be waiting for a signal that never comes.
        drop(self.runtime);
    }
}

/// Hears signals and serves metrics on a thread of its own; `told` is called when the process is told to stop.
pub fn observe(
    settings: &Settings,
    realm: &Realm,
    told: impl FnOnce() + Send + 'static,
) -> Result<Observed, Failure> {
    let (listen, registry) = (settings.metrics.listen.clone(), realm.registry.clone());
    let (ready, started) = mpsc::channel();
    let ready = Arc::new(ready);
    let runtime = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = metrics_server(&listen, registry);
            let outcome = server.map(|server| {
                server.map(|server| {
                    let handle = server.handle();
                    actix_web::rt::spawn(server);
                    handle
                })
            });
            if ready.send(outcome).is_err() {
                return;
            }
            if let Err(error) = told_to_stop().await {
                tracing::error!(%error, "signals cannot be heard");
            }
            told();
        });
    });
    let handle = started.recv().map_err(|_| Failure::Service("the observing thread ended".to_owned()))??;
    Ok(Observed { handle, runtime: Some(runtime) })
}
