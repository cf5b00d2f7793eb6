//! Problem details (RFC 9457): one table of everything that the API can refuse, and its one form on the wire.

use std::fmt;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, ResponseError, web};
use serde::Serialize;

use crate::Oauth;

macro_rules! codes {
    ($($variant:ident $status:literal $name:literal $retryable:literal $title:literal, $advice:literal;)*) => {
        /// Why a request was refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $title] $variant,)*
        }

        impl Code {
            /// Every code, as the table lists them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            fn row(self) -> Row {
                match self {
                    $(Self::$variant => Row {
                        status: $status, name: $name, is_retryable: $retryable, title: $title, advice: $advice,
                    },)*
                }
            }
        }
    };
}

struct Row {
    status: u16,
    name: &'static str,
    is_retryable: bool,
    title: &'static str,
    advice: &'static str,
}

codes! {
    InvalidToken        401 "invalid_token"        false "The access token is not valid", "Get a new access token with the refresh token. If that is refused as well, ask the customer again.";
    InvalidProof        401 "invalid_dpop_proof"   false "The DPoP proof is not valid", "Make a new proof for every request: right method, right address, present time, a new jti, the hash of the token, and the key that the token is bound to.";
    NotSignedIn         401 "not_signed_in"        false "Nobody is signed in", "Sign in with a browser at /sign-in.";
    InsufficientRole    403 "insufficient_role"    false "This is for members of staff with the role", "Ask whoever gives roles at the retailer's identity provider, and sign in again.";
    OwnRecord           403 "own_record"           false "Nobody looks at their own record as staff", "Ask a colleague. Your own record is at /purchases.";
    InsufficientScope   403 "insufficient_scope"   false "The grant does not hold this data", "Ask the customer for the dataset that is missing.";
    PurposeNotAllowed   403 "purpose_not_allowed"  false "The system is not registered for this purpose", "Ask for what the system is registered for, or have it registered for this purpose.";
    GrantPaused         403 "grant_paused"         true  "The customer has paused sharing", "Try again later; the customer can resume.";
    GrantWithdrawn      403 "grant_withdrawn"      false "The customer has stopped sharing", "Stop asking. Only the customer can share again.";
    GrantEnded          403 "grant_ended"          false "The app has ended this grant", "Ask the customer again if data is needed.";
    GrantExpired        403 "grant_expired"        false "The agreed time is over", "Ask the customer again if data is needed.";
    GrantRevoked        403 "grant_revoked"        false "The retailer has ended this grant", "Contact the retailer.";
    GrantLapsed         403 "grant_lapsed"         false "The grant was never taken up", "Ask the customer again.";
    AppSuspended        403 "app_suspended"        false "The app is suspended", "Contact the retailer.";
    NotFound            404 "not_found"            false "There is no such thing", "Check the id. What another customer owns looks the same as what does not exist.";
    UnknownPurpose      404 "unknown_purpose"      false "There is no such purpose", "Check the id against the purposes that are published.";
    UnknownAsk          404 "unknown_ask"          false "There is no such ask", "Read GET /v1/asks again.";
    AskNotNamed         403 "ask_not_named"        false "The grant does not name this ask", "Ask the customer for a grant that names it.";
    AskClosed           409 "ask_closed"           false "The ask is answered no more", "Read GET /v1/asks again.";
    NoticeChanged       409 "notice_changed"       false "What was shown is no longer what is asked", "Show the customer what is asked now.";
    GoneDark            409 "gone_dark"            false "The customer tells the retailer nothing any more", "Stop asking. Only the customer can start again.";
    NotNow              409 "not_now"              false "Where this stands, that cannot be done", "Read again where it stands.";
    KeyReused           409 "idempotency_key_reused" false "The Idempotency-Key was used for another request", "Send each request under a key of its own.";
    InvalidAnswer       422 "invalid_answer"       false "The answer is not what the ask describes", "Correct what the answer names by its JSON pointer.";
    AnswerTooLarge      413 "answer_too_large"     false "The answer is larger than any may be", "Send less.";
    MethodNotAllowed    405 "method_not_allowed"   false "The method is not allowed here", "See the contract for the methods of this address.";
    NotAcceptable       406 "not_acceptable"       false "No such form can be given", "See the contract for the forms that are offered.";
    Conflict            409 "conflict"             false "This does not fit what is there", "Read again what is there.";
    ResyncRequired      409 "resync_required"      false "The feed must be read from its start", "Begin again with the nextCursor of this answer: more is shared now than the cursor was made for.";
    PurchaseErased      410 "purchase_erased"      false "This purchase was erased", "Remove your copy.";
    PreconditionFailed  412 "precondition_failed"  false "It has changed since", "Read it again.";
    UnknownParameter    400 "unknown_parameter"    false "A parameter is not known", "Remove the parameter named in the answer.";
    InvalidParameter    400 "invalid_parameter"    false "A parameter is not valid", "Correct the parameter named in the answer.";
    LimitOutOfRange     400 "limit_out_of_range"   false "The limit is out of range", "Ask for 1 to 500 at a time.";
    InvalidCursor       400 "invalid_cursor"       false "The cursor is not valid", "Begin again without a cursor.";
    CursorMismatch      400 "cursor_mismatch"      false "The cursor belongs to another request", "Begin again without a cursor, or use it with the filters it was made for.";
    InvalidRequest      400 "invalid_request"      false "The request is not valid", "Correct what the answer names.";
    TooLarge            413 "too_large"            false "The request is too large", "Send less at once.";
    TooManyRequests     429 "too_many_requests"    true  "Too many requests", "Wait as long as Retry-After says.";
    Internal            500 "internal"             true  "Something went wrong on our side", "Try again; if it stays, tell us the request id.";
    Unavailable         503 "unavailable"          true  "The service is not available now", "Try again in a moment.";
    SealingUnavailable  503 "sealing_unavailable"  true  "No disclosure can be recorded now, so none is made", "Try again in a moment.";
    LedgerRolledBack    503 "ledger_rolled_back"   true  "The service was put back to an earlier state and must be looked at first", "Try again later. Ending a grant works meanwhile.";
    TooBusy             503 "too_busy"             true  "The service is too busy", "Try again in a moment.";
}

impl Code {
    /// The stable word: `code` on the wire, last part of `type`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Reads [`Code::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }

    /// One line for people.
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// What to do about it.
    pub fn advice(self) -> &'static str {
        self.row().advice
    }

    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.row().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Whether the same request may succeed later.
    pub fn is_retryable(self) -> bool {
        self.row().is_retryable
    }
}

/// Which part of a request is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Flaw {
    /// JSON pointer into the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Name of the query parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// What is wrong with it, without repeating its value.
    pub detail: String,
}

/// A refusal on its way to the caller. The log keeps more than the caller reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    code: Code,
    detail: Option<String>,
    flaws: Vec<Flaw>,
    next_cursor: Option<String>,
}

impl Problem {
    /// A refusal for `code`.
    pub fn new(code: Code) -> Self {
        Self { code, detail: None, flaws: Vec::new(), next_cursor: None }
    }

    /// Says more about this case. No values, no ids of customers.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Names a query parameter.
    #[must_use]
    pub fn parameter(mut self, parameter: impl Into<String>, detail: impl Into<String>) -> Self {
        self.flaws.push(Flaw { pointer: None, parameter: Some(parameter.into()), detail: detail.into() });
        self
    }

    /// Names a place in the body by its JSON pointer.
    #[must_use]
    pub fn pointer(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        self.flaws.push(Flaw { pointer: Some(pointer.into()), parameter: None, detail: detail.into() });
        self
    }

    /// Gives the cursor to go on with: the extension member `nextCursor` (RFC 9457 section 3.2).
    #[must_use]
    pub fn next_cursor(mut self, cursor: String) -> Self {
        self.next_cursor = Some(cursor);
        self
    }

    /// Why.
    pub fn code(&self) -> Code {
        self.code
    }

    fn response(&self, issuer: &str, request_id: Option<&str>) -> HttpResponse {
        let mut response = HttpResponse::build(self.code.status());
        response.content_type("application/problem+json").insert_header((header::CACHE_CONTROL, "no-store"));
        if self.code.status() == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, challenge(issuer, self.code)));
        }
        if matches!(
            self.code,
            Code::TooManyRequests
                | Code::Unavailable
                | Code::SealingUnavailable
                | Code::LedgerRolledBack
                | Code::TooBusy
        ) {
            response.insert_header((header::RETRY_AFTER, "1"));
        }
        let body = Wire {
            kind: format!("{issuer}/problems/{}", self.code.name()),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            detail: self.detail.as_deref().unwrap_or(self.code.advice()),
            code: self.code.name(),
            retryable: self.code.is_retryable(),
            request_id,
            errors: &self.flaws,
            next_cursor: self.next_cursor.as_deref(),
        };
        match serde_json::to_string(&body) {
            Ok(text) => response.body(text),
            Err(_) => response.finish(),
        }
    }
}

/// RFC 9449 section 7.1 and RFC 9728 section 5.1.
fn challenge(issuer: &str, code: Code) -> String {
    if code == Code::NotSignedIn {
        // Staff come with a browser's session; a token would not help.
        return format!("Cookie realm=\"staff\", form-action=\"{issuer}/sign-in\"");
    }
    let error = code.name();
    format!(
        "DPoP error=\"{error}\", algs=\"ES256 PS256 EdDSA\", \
         resource_metadata=\"{issuer}/.well-known/oauth-protected-resource\""
    )
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    retryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "<[Flaw]>::is_empty")]
    errors: &'a [Flaw],
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<&'a str>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.name())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.response("", None)
    }
}

impl From<counterfoil_store::Error> for Problem {
    fn from(error: counterfoil_store::Error) -> Self {
        use counterfoil_store::Error;
        tracing::error!(%error, "the store failed");
        match error {
            Error::Unavailable(_) => Self::new(Code::Unavailable),
            Error::Contended => Self::new(Code::TooBusy),
            Error::Behind(_) => Self::new(Code::LedgerRolledBack),
            Error::Refused(_) | Error::Corrupt { .. } | Error::Key(_) | Error::Unexpected(_) => {
                Self::new(Code::Internal)
            }
        }
    }
}

impl counterfoil_store::Contention for Problem {
    fn is_contention(&self) -> bool {
        self.code == Code::TooBusy
    }
}

/// The id of a request: the caller's own if it is plain, else random. Kept among the request's extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Middleware: names each request, echoes the name, and completes problem details with it and with the public URL.
///
/// # Errors
/// Whatever the inner service fails with.
pub async fn complete<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let oauth = request.app_data::<web::Data<Oauth>>().map(|oauth| Oauth::clone(oauth));
    let id = request_id(&request, oauth.as_ref());
    if let Some(id) = &id {
        request.extensions_mut().insert(id.clone());
    }
    let mut response = next.call(request).await?.map_into_boxed_body();
    let problem = response.response().error().and_then(|error| error.as_error::<Problem>()).cloned();
    if let Some(problem) = problem {
        let issuer = oauth.as_ref().map_or("", Oauth::issuer);
        let completed = problem.response(issuer, id.as_ref().map(|id| id.0.as_str()));
        response = response.into_response(completed);
    }
    if let Some(value) = id.and_then(|id| HeaderValue::from_str(&id.0).ok()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    Ok(response)
}

fn request_id(request: &ServiceRequest, oauth: Option<&Oauth>) -> Option<RequestId> {
    let sent = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let is_plain = |id: &&str| {
        (1..=128).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:/+=".contains(&b))
    };
    let made = || oauth.map(|oauth| data_encoding::HEXLOWER.encode(&oauth.entropy().bytes::<16>()));
    sent.filter(is_plain).map(ToOwned::to_owned).or_else(made).map(RequestId)
}
