//! `GET /v1/purchases/{id}`: one purchase.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, EntityTag, Header as _, IfNoneMatch};
use actix_web::{HttpRequest, HttpResponse, web};
use counterfoil_domain::ids::{ObjectId, Person, PurchaseId};
use counterfoil_ledger::seal::{Look, Refusal};
use counterfoil_oauth::access::{Access, Purchases, refusal};
use counterfoil_oauth::problem::{Code, Problem};
use counterfoil_store::changes::{self, Kind};
use counterfoil_store::conn::Conn;
use counterfoil_store::purchases::{self, Filter, Listed};
use counterfoil_store::{Error, objects};

use crate::page::{self, Sight};
use crate::purchases::{TRIES, meta, request_id, write};
use crate::query;
use crate::setup::Api;

pub(crate) async fn show(
    request: HttpRequest,
    access: Access<Purchases>,
    id: web::Path<String>,
    api: web::Data<Api>,
) -> Result<HttpResponse, Problem> {
    let left = api.limits().count(access.grant_id)?;
    query::none(request.query_string())?;
    // What is no id at all is answered like an id that nobody has.
    let id: PurchaseId = id.parse().map_err(|_| Problem::new(Code::NotFound))?;
    let known = IfNoneMatch::parse(&request)
        .map_err(|_| Problem::new(Code::InvalidRequest).detail("If-None-Match cannot be read"))?;
    let request_id = request_id(&request);
    let mut access = access;
    for _ in 0..TRIES {
        let (listed, data) = read(&api, &access, id).await?;
        let etag = etag(&api, &access, &listed);
        let is_known = match &known {
            IfNoneMatch::Any => true,
            IfNoneMatch::Items(tags) => tags.iter().any(|tag| tag.weak_eq(&etag)),
        };
        // An absent header parses as an empty list, so `Any` means that a star was sent.
        let sealed = if is_known {
            api.sealer().check(&access.standing()).await
        } else {
            let disclosure = page::disclosure(
                request_id.clone(),
                Look::Purchase,
                &access.details.datasets,
                [listed.local_date],
            );
            api.sealer().seal(access.standing(), disclosure).await.map(drop)
        };
        match sealed {
            Ok(()) => {
                let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
                left.tell(&mut response);
                response.insert_header((ETAG, etag)).insert_header((CACHE_CONTROL, "private, no-cache"));
                if is_known {
                    return Ok(response.finish());
                }
                let mut body = Vec::with_capacity(data.len() + 256);
                body.extend_from_slice(b"{\"data\":");
                body.extend_from_slice(&data);
                body.extend_from_slice(b",\"meta\":");
                write(&mut body, &meta(&api, &access))?;
                body.push(b'}');
                return Ok(response.insert_header((CONTENT_TYPE, "application/json")).body(body));
            }
            Err(Refusal::Changed) => access = access.reload().await?,
            Err(refused) => return Err(refusal(&refused)),
        }
    }
    Err(Problem::new(Code::TooBusy))
}

async fn read(api: &Api, access: &Access<Purchases>, id: PurchaseId) -> Result<(Listed, Vec<u8>), Problem> {
    let (person, sight) = (access.person, Sight::of(api, access));
    let reader = api.clone();
    api.store()
        .read(move |conn| {
            let object =
                objects::find(conn, ObjectId::from(id))?.filter(|object| object.person == Some(person));
            let Some(at) = object.and_then(|object| object.purchased_at) else {
                return Err(Problem::new(absence(conn, person, id, &sight.filter)?));
            };
            let found = purchases::find(conn, person, at, id, &sight.filter)?;
            let listed = found.ok_or_else(|| Problem::new(Code::NotFound))?;
            let keys = reader.keys().person(person)?;
            let mut data = Vec::with_capacity(4_096);
            page::append(&reader, &keys, person, &sight, std::slice::from_ref(&listed), &mut data)?;
            Ok((listed, data))
        })
        .await
}

/// Why a purchase is not in a customer's history: what was erased was shown before to who knows its id, if its grant
/// covers it.
fn absence(conn: &mut Conn, person: Person, id: PurchaseId, filter: &Filter) -> Result<Code, Error> {
    let left = changes::last_left(conn, person, id)?.filter(|row| row.kind == Kind::Erased);
    let is_covered = left.is_some_and(|row| filter.covers(id, row.local_date, row.shared, row.joined_seq));
    Ok(if is_covered { Code::PurchaseErased } else { Code::NotFound })
}

/// A keyed hash of everything the answer depends on. A stored document is sealed anew at every revision, so its bytes
/// stand for the revision.
fn etag(api: &Api, access: &Access<Purchases>, listed: &Listed) -> EntityTag {
    let standing = access.standing();
    let mac = api.etags().mac(&[
        &listed.document,
        access.grant_id.as_bytes(),
        &access.version.to_be_bytes(),
        &standing.customer_epoch.to_be_bytes(),
        &Sight::of(api, access).projection.to_bytes(),
    ]);
    let tag = mac.get(..16).unwrap_or_default();
    EntityTag::new_strong(data_encoding::HEXLOWER.encode(tag))
}
