//! What else an order says: seller, place, fulfilments, documents, related orders, gift.

use std::borrow::Cow;

use chrono_tz::Tz;
use serde::Deserialize;

use crate::{
    json::{Fault, Field, List, Object, Reason, Text, push_member, push_text, separate},
    time::{Moment, Spoken},
};

use super::{
    line::text,
    order::Tally,
    values::{MAX_LINES, id},
};

const FULFILMENTS: &[&str] = &["delivery", "pickup", "in_store", "digital", "other"];
const DOCUMENTS: &[&str] = &["receipt", "invoice", "credit_note", "warranty", "other"];
const RELATIONS: &[&str] =
    &["fulfils", "part_of", "replaces", "exchange_of", "renews", "correction_of", "other"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SellerData<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    legal_name: Option<Text<'a>>,
    vat_id: Option<Text<'a>>,
}

/// Appends a `seller`, where there is one.
pub(super) fn seller(field: Field<'_, Object<SellerData<'_>>>, out: &mut String) -> Result<(), Fault> {
    field.object(|data, at| {
        let name = at.field("name", data.name).name()?.required()?;
        out.push('{');
        push_member(out, "name", &name);
        text(out, "legalName", at.field("legalName", data.legal_name).text().as_deref());
        text(out, "vatId", at.field("vatId", data.vat_id).text().as_deref());
        out.push('}');
        Ok(())
    })?;
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LocationData<'a> {
    #[serde(borrow)]
    store_id: Option<Text<'a>>,
    name: Option<Text<'a>>,
    city: Option<Text<'a>>,
    country: Option<Text<'a>>,
    timezone: Option<Text<'a>>,
}

/// Where an order was placed, as far as it must be known without its text.
pub(super) struct Location<'a> {
    pub(super) store_id: Cow<'a, str>,
    /// Its time zone; one that is not known is a fault only where it is needed.
    pub(super) timezone: Result<Option<Tz>, Fault>,
}

/// Appends the `location`, where there is one.
pub(super) fn location<'a>(
    field: Field<'_, Object<LocationData<'a>>>,
    out: &mut String,
) -> Result<Option<Location<'a>>, Fault> {
    let location = field.object(|data, at| {
        let store_id = at.field("storeId", data.store_id).id()?.required()?;
        let timezone = at.field("timezone", data.timezone);
        out.push('{');
        push_member(out, "storeId", &store_id);
        text(out, "name", at.field("name", data.name).text().as_deref());
        text(out, "city", at.field("city", data.city).text().as_deref());
        text(out, "country", at.field("country", data.country).text().as_deref());
        text(out, "timezone", timezone.value.as_ref().map(|Text(name)| &**name));
        out.push('}');
        let timezone = timezone.read(|Text(name)| name.parse::<Tz>().map_err(|_| Reason::UnknownTimezone));
        Ok(Location { store_id, timezone: timezone.map(|zone| zone.value) })
    })?;
    Ok(location.value)
}

/// The zone of an order's times without offset: of its place, else of its source.
pub(super) struct Zone<'z> {
    pub(super) location: Option<&'z Location<'z>>,
    pub(super) source: Option<Tz>,
}

impl Zone<'_> {
    /// A time as an instant, and what had to be decided for that.
    pub(super) fn resolve<'p>(
        &self,
        time: Field<'p, Spoken>,
    ) -> Result<Field<'p, (Moment, Option<&'static str>)>, Fault> {
        time.read_at(|spoken, at| {
            let zone = match self.location {
                Some(location) if spoken.is_local() => location.timezone.clone()?.or(self.source),
                _ => self.source,
            };
            spoken.resolve(zone).map_err(|reason| at.fault(reason))
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GiftData {
    is_gift: Option<bool>,
}

/// Whether it is a gift. Whatever else stands there would be about the recipient and is not kept.
pub(super) fn gift(field: Field<'_, Object<GiftData>>) -> Result<Option<bool>, Fault> {
    Ok(field.object(|data, at| at.field("isGift", data.is_gift).required())?.value)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FulfilmentData<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    r#type: Option<Text<'a>>,
    status: Option<Text<'a>>,
    at: Option<Text<'a>>,
    line_ids: Option<Vec<Text<'a>>>,
}

/// Appends `fulfilments` as they are served.
pub(super) fn fulfilments<'a>(
    list: Field<'_, List<FulfilmentData<'a>>>,
    zone: &Zone<'_>,
    out: &mut String,
    tally: &mut Tally<'a>,
) -> Result<(), Fault> {
    list.push(MAX_LINES, out, |data, at, out| {
        out.push('{');
        push_member(out, "id", &at.field("id", data.id).id()?.required()?);
        at.field("type", data.r#type).word(FULFILMENTS)?.required()?.push(out, "type");
        push_member(out, "status", &at.field("status", data.status).name()?.required()?);
        if let Some((moment, _)) = zone.resolve(at.field("at", data.at).time()?)?.value {
            separate(out, "at");
            moment.push_quoted(out);
        }
        separate(out, "lineIds");
        out.push('[');
        let ids = at.field("lineIds", data.line_ids).texts(|text| {
            let line = id(text)?;
            out.push_str(if out.ends_with('[') { "" } else { "," });
            push_text(out, &line);
            Ok(line)
        })?;
        tally.lines_named.extend(ids);
        out.push_str("]}");
        Ok(())
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DocumentData<'a> {
    #[serde(borrow)]
    r#type: Option<Text<'a>>,
    media_type: Option<Text<'a>>,
    href: Option<Text<'a>>,
    sha256: Option<Text<'a>>,
}

/// Appends `documents` as they are served.
pub(super) fn documents(list: Field<'_, List<DocumentData<'_>>>, out: &mut String) -> Result<(), Fault> {
    list.push(MAX_LINES, out, |data, at, out| {
        out.push('{');
        at.field("type", data.r#type).word(DOCUMENTS)?.required()?.push(out, "type");
        push_member(out, "mediaType", &at.field("mediaType", data.media_type).name()?.required()?);
        push_member(out, "href", &at.field("href", data.href).name()?.required()?);
        text(out, "sha256", at.field("sha256", data.sha256).text().as_deref());
        out.push('}');
        Ok(())
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RelatedData<'a> {
    #[serde(borrow)]
    rel: Option<Text<'a>>,
    order_id: Option<Text<'a>>,
}

/// Appends `related` as it is served.
pub(super) fn related(list: Field<'_, List<RelatedData<'_>>>, out: &mut String) -> Result<(), Fault> {
    list.push(MAX_LINES, out, |data, at, out| {
        out.push('{');
        at.field("rel", data.rel).word(RELATIONS)?.required()?.push(out, "rel");
        push_member(out, "orderId", &at.field("orderId", data.order_id).id()?.required()?);
        out.push('}');
        Ok(())
    })
}
