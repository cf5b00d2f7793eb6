//! The pages: what they have in common, and which address shows which.

use std::{net::SocketAddr, sync::Arc};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{CONTENT_SECURITY_POLICY, ContentType, LOCATION},
    },
    web::{self, ReqData},
};
use minijinja::{Environment, UndefinedBehavior, Value, context};
use serde::Deserialize;
use tokio::sync::mpsc;

use super::{
    NAME, Shop, acts,
    board::{Board, Link, Snapshot},
    door::{Visitor, policy},
    keeper::Order,
    live,
    views::{came_back, connection, covered, list, one, spending},
    words,
};
use crate::{
    callback::PATH,
    clock::Clock,
    failure::{Failure, Kind},
    keys::random_id,
};

const TEMPLATES: [(&str, &str); 12] = [
    ("base.html", include_str!("../../templates/base.html")),
    ("parts.html", include_str!("../../templates/parts.html")),
    ("pager.html", include_str!("../../templates/pager.html")),
    ("back.html", include_str!("../../templates/back.html")),
    ("welcome.html", include_str!("../../templates/welcome.html")),
    ("purchases.html", include_str!("../../templates/purchases.html")),
    ("purchase.html", include_str!("../../templates/purchase.html")),
    ("spending.html", include_str!("../../templates/spending.html")),
    ("came-back.html", include_str!("../../templates/came-back.html")),
    ("covered.html", include_str!("../../templates/covered.html")),
    ("connection.html", include_str!("../../templates/connection.html")),
    ("sorry.html", include_str!("../../templates/sorry.html")),
];

/// All that answers browsers, shared by its threads.
pub struct Pages {
    /// The host and port of this app's own address.
    pub authority: String,
    /// Where this app listens.
    pub address: SocketAddr,
    /// What there is to show.
    pub board: Arc<Board>,
    /// Where things are asked to be done.
    pub orders: mpsc::Sender<Order>,
    templates: Environment<'static>,
    /// What pages call the shop.
    shop: String,
    /// Where the form that connects leads to; `None` when no shop is set.
    shop_origin: Option<String>,
    /// What makes the keys of forms this run's own.
    secret: String,
    clock: Clock,
}

/// What an address says beside its path.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    /// Which page of a long list, from 1.
    page: Option<usize>,
    /// What was done just now.
    said: Option<String>,
}

impl Pages {
    /// Reads the templates.
    pub fn new(
        address: SocketAddr,
        shop: Option<&Shop>,
        board: Arc<Board>,
        orders: mpsc::Sender<Order>,
        clock: Clock,
    ) -> Result<Self, Failure> {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        for (name, text) in TEMPLATES {
            templates.add_template(name, text).map_err(|error| {
                Failure::new(Kind::Local, format!("a page is broken: {error}"), "report this as a fault")
            })?;
        }
        let host = |shop: &Shop| shop.url.host_str().unwrap_or_default().to_owned();
        let name = shop.map(|shop| shop.name.clone().unwrap_or_else(|| host(shop)));
        Ok(Self {
            authority: address.to_string(),
            address,
            board,
            orders,
            templates,
            shop: name.unwrap_or_else(|| "the shop".to_owned()),
            shop_origin: shop.map(|shop| shop.url.origin().ascii_serialization()),
            secret: random_id()?,
            clock,
        })
    }

    /// Whether a form was made for this browser.
    pub fn is_form_of(&self, visitor: &Visitor, key: &str) -> bool {
        visitor.form_key(&self.secret) == key
    }

    /// What pages call the shop.
    pub fn shop(&self) -> &str {
        &self.shop
    }

    /// A page: a template with what it shows, in the frame that all have.
    fn page(&self, shown: &Shown<'_>, status: StatusCode, template: &str, own: Value) -> HttpResponse {
        let Shown { visitor, request, snapshot, said } = shown;
        let may_connect = self.shop_origin.is_some() && !matches!(snapshot.link, Link::Connected(_));
        let now = self.clock.now();
        let frame = context! {
            app => NAME,
            shop => self.shop,
            here => request.uri().path_and_query().map(ToString::to_string),
            section => request.path().split('/').nth(1),
            csrf => visitor.form_key(&self.secret),
            version => snapshot.version,
            arrived => snapshot.arrived,
            link => match snapshot.link { Link::Never => "never", Link::Connected(_) => "connected", Link::Ended(_) => "ended" },
            may_connect,
            has_shop => self.shop_origin.is_some(),
            has_purchases => !snapshot.holdings.all().is_empty(),
            state => connection::state(snapshot, &self.shop, now),
            said => said.as_deref().and_then(|said| connection::said(said, snapshot, &self.shop)),
            ..own
        };
        let made = self.templates.get_template(template).and_then(|template| template.render(frame));
        let Ok(html) = made else {
            return HttpResponse::InternalServerError().body("This page could not be made.\n");
        };
        let connects = may_connect && matches!(template, "welcome.html" | "connection.html");
        let beyond = self.shop_origin.as_deref().filter(|_| connects);
        HttpResponse::build(status)
            .content_type(ContentType::html())
            .insert_header((CONTENT_SECURITY_POLICY, policy(beyond)))
            .body(html)
    }

    /// A page that says what went wrong and what to do.
    pub fn sorry(
        &self,
        visitor: &Visitor,
        request: &HttpRequest,
        status: StatusCode,
        title: &str,
        words: &str,
    ) -> HttpResponse {
        let shown = Shown { visitor, request, snapshot: self.board.now(), said: None };
        self.page(&shown, status, "sorry.html", context! { title, words })
    }

    /// The same, with what exactly happened for those who help.
    pub fn sorry_about(
        &self,
        visitor: &Visitor,
        request: &HttpRequest,
        status: StatusCode,
        title: &str,
        words: &str,
        failure: &Failure,
    ) -> HttpResponse {
        let shown = Shown { visitor, request, snapshot: self.board.now(), said: None };
        let exactly = format!("{failure}");
        self.page(&shown, status, "sorry.html", context! { title, words, exactly })
    }
}

/// What every page is made from.
struct Shown<'a> {
    visitor: &'a Visitor,
    request: &'a HttpRequest,
    snapshot: Snapshot,
    said: Option<String>,
}

/// Leads to another page.
pub fn lead(to: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, to)).finish()
}

/// Which address shows which page, and does what.
pub fn routes(config: &mut web::ServiceConfig) {
    let wrong = web::FormConfig::default().limit(4096);
    config
        .app_data(wrong)
        .route("/", web::get().to(start))
        .route("/purchases", web::get().to(purchases))
        .route("/purchases/{id}", web::get().to(purchase))
        .route("/spending", web::get().to(spending))
        .route("/came-back", web::get().to(came_back))
        .route("/covered", web::get().to(covered))
        .route("/connection", web::get().to(connection))
        .route("/connect", web::post().to(acts::connect))
        .route(PATH, web::get().to(acts::callback))
        .route("/fetch", web::post().to(acts::fetch))
        .route("/disconnect", web::post().to(acts::disconnect))
        .route("/erase", web::post().to(acts::erase))
        .route("/live", web::get().to(live::wait))
        .route("/assets/pocketful.css", web::get().to(style))
        .route("/assets/pocketful.svg", web::get().to(icon))
        .route("/assets/live.js", web::get().to(script))
        .default_service(web::to(nothing));
}

async fn start(
    pages: web::Data<Pages>,
    visitor: ReqData<Visitor>,
    request: HttpRequest,
    asked: web::Query<Asked>,
) -> HttpResponse {
    let snapshot = pages.board.now();
    if !snapshot.holdings.all().is_empty() || matches!(snapshot.link, Link::Connected(_)) {
        return lead("/purchases");
    }
    let shown = Shown { visitor: &visitor, request: &request, snapshot, said: asked.said.clone() };
    pages.page(&shown, StatusCode::OK, "welcome.html", context! {})
}

async fn purchases(
    pages: web::Data<Pages>,
    visitor: ReqData<Visitor>,
    request: HttpRequest,
    asked: web::Query<Asked>,
) -> HttpResponse {
    let snapshot = pages.board.now();
    let list = list::of(&snapshot.holdings, asked.page.unwrap_or(1), pages.shop());
    let shown = Shown { visitor: &visitor, request: &request, snapshot, said: asked.said.clone() };
    pages.page(&shown, StatusCode::OK, "purchases.html", context! { list })
}

async fn purchase(
    pages: web::Data<Pages>,
    visitor: ReqData<Visitor>,
    request: HttpRequest,
    id: web::Path<String>,
) -> HttpResponse {
    let snapshot = pages.board.now();
    let found = snapshot.holdings.find(&id).map(|found| one::of(found, pages.shop(), pages.clock.now()));
    let Some(purchase) = found else {
        return pages.sorry(
            &visitor,
            &request,
            StatusCode::NOT_FOUND,
            "That purchase is not here",
            "It may have been taken away since, or the address is not quite right.",
        );
    };
    let shown = Shown { visitor: &visitor, request: &request, snapshot, said: None };
    pages.page(&shown, StatusCode::OK, "purchase.html", context! { purchase })
}

async fn spending(pages: web::Data<Pages>, visitor: ReqData<Visitor>, request: HttpRequest) -> HttpResponse {
    let snapshot = pages.board.now();
    let spending = spending::of(&snapshot, pages.clock.now());
    let shown = Shown { visitor: &visitor, request: &request, snapshot, said: None };
    pages.page(&shown, StatusCode::OK, "spending.html", context! { spending })
}

async fn came_back(
    pages: web::Data<Pages>,
    visitor: ReqData<Visitor>,
    request: HttpRequest,
    asked: web::Query<Asked>,
) -> HttpResponse {
    let snapshot = pages.board.now();
    let back = came_back::of(&snapshot.holdings, asked.page.unwrap_or(1), pages.shop());
    let shown = Shown { visitor: &visitor, request: &request, snapshot, said: None };
    pages.page(&shown, StatusCode::OK, "came-back.html", context! { back })
}

async fn covered(
    pages: web::Data<Pages>,
    visitor: ReqData<Visitor>,
    request: HttpRequest,
    asked: web::Query<Asked>,
) -> HttpResponse {
    let snapshot = pages.board.now();
    let today = words::today(pages.clock.now());
    let covered = covered::of(&snapshot.holdings, today, asked.page.unwrap_or(1), pages.shop());
    let shown = Shown { visitor: &visitor, request: &request, snapshot, said: None };
    pages.page(&shown, StatusCode::OK, "covered.html", context! { covered })
}

async fn connection(
    pages: web::Data<Pages>,
    visitor: ReqData<Visitor>,
    request: HttpRequest,
    asked: web::Query<Asked>,
) -> HttpResponse {
    let snapshot = pages.board.now();
    let facts = connection::facts(&snapshot, pages.clock.now());
    let shown = Shown { visitor: &visitor, request: &request, snapshot, said: asked.said.clone() };
    pages.page(&shown, StatusCode::OK, "connection.html", context! { facts })
}

async fn nothing(pages: web::Data<Pages>, visitor: ReqData<Visitor>, request: HttpRequest) -> HttpResponse {
    let words = "The address is not quite right, or the page has moved.";
    pages.sorry(&visitor, &request, StatusCode::NOT_FOUND, "There is no such page", words)
}

async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .body(include_str!("../../assets/pocketful.css"))
}

async fn icon() -> HttpResponse {
    HttpResponse::Ok().content_type("image/svg+xml").body(include_str!("../../assets/pocketful.svg"))
}

async fn script() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .body(include_str!("../../assets/live.js"))
}
