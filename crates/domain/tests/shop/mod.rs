//! Purchases from events, with a catalogue: what is seen of them.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use counterfoil_domain::{
    catalogue::{Catalogue, CatalogueFile},
    purchase::{Purchase, Sections, Shows, Veil, View},
    stream::{Body, Decoded, Message, Sources, decode},
};
use serde_json::{Value, json};

pub const ALL: Shows = Shows { lines: true, payment: true, location: true, documents: true };

/// `food` and `toys` are ordinary, `drug` is sensitive; `unmapped` is what the file says.
pub fn catalogue(unmapped: &str) -> Arc<Catalogue> {
    let file: CatalogueFile =
        serde_json::from_value(json!({"version": 1, "unmapped": unmapped, "categories": [
        {"id": "food", "name": {"en": "Food"}, "sensitive": false, "paths": [["FOOD"]], "skus": ["f-1"]},
        {"id": "toys", "name": {"en": "Toys"}, "sensitive": false, "paths": [["TOYS"]]},
        {"id": "drug", "name": {"en": "Drug"}, "sensitive": true, "paths": [["DRUG"]], "skus": ["d-1"]}]}))
        .unwrap();
    Arc::new(Catalogue::new(file).unwrap())
}

pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

/// The purchase that these events (`order`, `return`, `refund`, each with its data) make.
pub fn purchase(catalogue: &Arc<Catalogue>, events: &[(&str, Value)]) -> Purchase {
    let sources = Sources::default().with_catalogue(Arc::clone(catalogue));
    let mut purchase = Purchase::empty(now());
    for (kind, data) in events {
        let mut data = data.clone();
        data["revision"] = 1.into();
        let event = json!({"specversion": "1.0", "id": "e", "source": "/s", "type": format!("{kind}.recorded.v1"), "data": data});
        put(&mut purchase, &serde_json::to_vec(&event).unwrap(), &sources);
    }
    purchase
}

pub fn put(purchase: &mut Purchase, message: &[u8], sources: &Sources) {
    let message = Message { content_type: None, headers: &[], value: Some(message) };
    match decode(&message, sources) {
        Ok(Decoded::Event(event)) => match event.body {
            Body::Order(order) => purchase.put_order(order, now()),
            Body::Return(part) => purchase.put_return(part, now()),
            Body::Refund(part) => purchase.put_refund(part, now()),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

pub fn stored(purchase: &Purchase) -> Sections {
    purchase.render("pur_test").unwrap().sections
}

/// Everything is shown but `hidden`, and what is sensitive.
pub fn view(catalogue: &Arc<Catalogue>, hidden: &[&str], holds_sensitive: bool, keep_totals: bool) -> View {
    let hidden: Vec<String> = hidden.iter().map(|id| (*id).to_owned()).collect();
    View { shows: ALL, veil: Veil::new(Arc::clone(catalogue), &hidden, holds_sensitive, keep_totals) }
}
