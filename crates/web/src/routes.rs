//! The URL space of the pages.

use actix_web::web::{PayloadConfig, ServiceConfig, get, post, resource};

use crate::form::ANSWER_BYTES;
use crate::{
    app, asks, assets, change, connected, consent, consent_record, contact, download, erase, explain,
    going_dark, hidden, purchase, purchases, rights, sign_in, stop_all, stop_link, styleguide, told,
    told_item,
};

/// The pages. They need, in the app's data: `Oauth`, `Sessions`, `Login`, `Eraser`, [`crate::PageSet`],
/// `Volunteering`, and the `Receipts` of grants and of consents.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource("/").route(get().to(connected::start)))
        .service(resource("/sign-in").route(get().to(sign_in::show)).route(post().to(sign_in::answer)))
        .service(resource("/sign-in/provider").route(get().to(sign_in::depart)))
        .service(resource("/sign-in/callback").route(get().to(sign_in::come_back)))
        .service(resource("/sign-out").route(post().to(sign_in::leave)))
        .service(resource("/consent").route(get().to(consent::show)).route(post().to(consent::answer)))
        .service(resource("/apps").route(get().to(connected::list)))
        // Before what has a grant in its path.
        .service(resource("/apps/stop-all").route(get().to(stop_all::ask)).route(post().to(stop_all::stop)))
        .service(resource("/apps/stopped-all").route(get().to(stop_all::stopped)))
        .service(resource("/apps/{grant}").route(get().to(app::show)))
        .service(
            resource("/apps/{grant}/stop").route(get().to(connected::ask)).route(post().to(connected::stop)),
        )
        .service(
            resource("/apps/{grant}/change").route(get().to(change::show)).route(post().to(change::save)),
        )
        .service(
            resource("/apps/{grant}/purchases")
                .route(get().to(change::purchases))
                .route(post().to(change::set_purchase)),
        )
        .service(resource("/hidden").route(get().to(hidden::show)).route(post().to(hidden::set_purchase)))
        .service(resource("/hidden/kinds").route(post().to(hidden::set_kinds)))
        .service(resource("/apps/{grant}/stopped").route(get().to(connected::stopped)))
        .service(resource("/apps/{grant}/receipt").route(get().to(connected::receipt)))
        .service(resource("/stop/{token}").route(get().to(stop_link::show)).route(post().to(stop_link::stop)))
        .service(resource("/purchases").route(get().to(purchases::list)))
        .service(
            resource("/purchases/search")
                .route(get().to(purchases::start))
                .route(post().to(purchases::search)),
        )
        .service(
            resource("/purchases/{id}")
                .route(get().to(purchase::show))
                .route(post().to(purchase::set_hidden)),
        )
        .service(resource("/download").route(get().to(download::show)).route(post().to(download::send)))
        .service(resource("/asks").route(get().to(asks::list)))
        .service(
            resource("/asks/{ask}")
                .app_data(PayloadConfig::new(ANSWER_BYTES))
                .route(get().to(asks::show))
                .route(post().to(asks::answer)),
        )
        .service(resource("/told").route(get().to(told::list)))
        // Before what has an item in its path.
        .service(resource("/told/copy").route(get().to(told::copy)))
        .service(
            resource("/told/{item}/change")
                .app_data(PayloadConfig::new(ANSWER_BYTES))
                .route(get().to(told_item::show))
                .route(post().to(told_item::change)),
        )
        .service(
            resource("/told/{item}/confirm")
                .route(get().to(told_item::wait))
                .route(post().to(told_item::confirm)),
        )
        .service(
            resource("/consents/{consent}/renew")
                .route(get().to(consent_record::ask_longer))
                .route(post().to(consent_record::renew)),
        )
        .service(
            resource("/consents/{consent}/take-back")
                .route(get().to(consent_record::ask))
                .route(post().to(consent_record::take_back)),
        )
        .service(resource("/consents/{consent}/receipt").route(get().to(consent_record::receipt)))
        .service(resource("/contact").route(get().to(contact::show)).route(post().to(contact::save)))
        .service(resource("/dark").route(get().to(going_dark::show)).route(post().to(going_dark::go)))
        .service(resource("/dark/start-again").route(post().to(going_dark::start_again)))
        .service(
            resource("/rights")
                .app_data(PayloadConfig::new(ANSWER_BYTES))
                .route(get().to(rights::show))
                .route(post().to(rights::ask)),
        )
        .service(resource("/rights/{right}/take-back").route(post().to(rights::take_back)))
        .service(resource("/erase").route(get().to(erase::ask)).route(post().to(erase::erase)))
        .service(resource("/erased").route(get().to(erase::erased)))
        .service(resource("/error").route(get().to(explain::error)))
        .service(resource("/problems/{code}").route(get().to(explain::problem)))
        .service(resource("/styleguide").route(get().to(styleguide::show)))
        .service(resource("/assets/tokens.css").route(get().to(assets::tokens)))
        .service(resource("/assets/app.css").route(get().to(assets::stylesheet)))
        .service(resource("/assets/icon.svg").route(get().to(assets::icon)));
}
