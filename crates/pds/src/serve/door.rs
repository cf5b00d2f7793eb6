//! Who may come in: this computer's own browser, by this app's own address. And what every answer carries.

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    cookie::{Cookie, SameSite},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN,
            REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
        },
    },
    middleware::Next,
    web,
};

use super::pages::Pages;
use crate::keys::{digest, random_id};

/// The cookie that tells browsers apart.
const COOKIE: &str = "pocketful";
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// A browser, by the random value of its cookie.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The value.
    pub id: String,
    is_new: bool,
}

impl Visitor {
    fn of(request: &HttpRequest) -> Option<Self> {
        let given = request.cookie(COOKIE).map(|cookie| cookie.value().to_owned());
        // 128 bits in base64url, as they were given out.
        let known = given.filter(|id| id.len() == 22 && id.bytes().all(|byte| byte.is_ascii_graphic()));
        match known {
            Some(id) => Some(Self { id, is_new: false }),
            None => random_id().ok().map(|id| Self { id, is_new: true }),
        }
    }

    /// What the forms of this browser carry.
    pub fn form_key(&self, secret: &str) -> String {
        digest(&format!("{secret}.{}", self.id))
    }
}

/// Lets in what may come in, and puts the headers on what goes out.
pub async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let pages = request.app_data::<web::Data<Pages>>().cloned();
    let (Some(pages), Some(visitor)) = (pages, Visitor::of(request.request())) else {
        return Ok(request.into_response(HttpResponse::InternalServerError().finish()));
    };
    let own = &pages.authority;
    let mut response = if !is_own_host(request.headers(), own) {
        // A name that leads here from elsewhere would let that site's scripts read the answers.
        let words = format!("This app answers only at http://{own}\n");
        request.into_response(HttpResponse::build(StatusCode::MISDIRECTED_REQUEST).body(words))
    } else if *request.method() == Method::POST && !is_own_form(request.headers(), own) {
        request.into_response(HttpResponse::Forbidden().body("This form was not sent from this app.\n"))
    } else {
        request.extensions_mut().insert(visitor.clone());
        next.call(request).await?.map_into_boxed_body()
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(OPENER, HeaderValue::from_static("same-origin"));
    if !headers.contains_key(CONTENT_SECURITY_POLICY)
        && let Ok(policy) = HeaderValue::from_str(&policy(None))
    {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    let cookie =
        Cookie::build(COOKIE, visitor.id).path("/").http_only(true).same_site(SameSite::Lax).finish();
    if visitor.is_new
        && let Ok(cookie) = HeaderValue::from_str(&cookie.encoded().to_string())
    {
        headers.append(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The content security policy of a page; `beyond` is where its forms may lead, after a redirect, beside here.
pub fn policy(beyond: Option<&str>) -> String {
    let beyond = beyond.map(|origin| format!(" {origin}")).unwrap_or_default();
    format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'{beyond}; frame-ancestors 'none'; base-uri 'none'"
    )
}

fn is_own_host(headers: &HeaderMap, own: &str) -> bool {
    let mut hosts = headers.get_all(HOST);
    let host = hosts.next().and_then(|host| host.to_str().ok());
    // Browsers leave port 80 out.
    let is_own = |host: &str| host == own || own.strip_suffix(":80") == Some(host);
    host.is_some_and(is_own) && hosts.next().is_none()
}

fn is_own_form(headers: &HeaderMap, own: &str) -> bool {
    let origin = format!("http://{}", own.strip_suffix(":80").unwrap_or(own));
    // Without a referrer, browsers call the origin of a form `null`, and say the rest in their other header. An old one
    // says neither; the form's own key is asked for all the same.
    match headers.get(SEC_FETCH_SITE) {
        Some(site) => site == "same-origin",
        None => headers.get(ORIGIN).is_none_or(|given| *given == origin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(of: &[(HeaderName, &str)]) -> HeaderMap {
        of.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn only_the_own_address_is_answered() {
        let own = "127.0.0.1:8090";
        assert!(is_own_host(&headers(&[(HOST, own)]), own));
        for host in
            ["127.0.0.1", "127.0.0.1:8080", "localhost:8090", "evil.example", "127.0.0.1:8090.evil.example"]
        {
            assert!(!is_own_host(&headers(&[(HOST, host)]), own), "{host}");
        }
        assert!(!is_own_host(&headers(&[]), own));
        assert!(is_own_host(&headers(&[(HOST, "127.0.0.1")]), "127.0.0.1:80"));
        let mut two = headers(&[(HOST, own)]);
        two.append(HOST, HeaderValue::from_static("evil.example"));
        assert!(!is_own_host(&two, own));
    }

    #[test]
    fn only_the_own_forms_are_taken() {
        let own = "127.0.0.1:8090";
        assert!(is_own_form(&headers(&[(ORIGIN, "http://127.0.0.1:8090")]), own));
        assert!(is_own_form(&headers(&[(SEC_FETCH_SITE, "same-origin"), (ORIGIN, "null")]), own));
        // Another port is the same site, but another program.
        assert!(!is_own_form(&headers(&[(SEC_FETCH_SITE, "same-site")]), own));
        for origin in ["http://127.0.0.1:8080", "null", "https://127.0.0.1:8090"] {
            assert!(!is_own_form(&headers(&[(ORIGIN, origin)]), own), "{origin}");
        }
    }

    #[test]
    fn forms_lead_elsewhere_only_where_that_is_said() {
        assert!(policy(None).contains("form-action 'self'; frame"));
        assert!(
            policy(Some("https://shop.example")).contains("form-action 'self' https://shop.example; frame")
        );
    }
}
