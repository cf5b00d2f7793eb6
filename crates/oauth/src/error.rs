//! Refusals of the OAuth endpoints (RFC 6749 section 5.2), with the wire type of the `oauth2` crate.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpResponse, ResponseError};
use counterfoil_store::Contention;
use oauth2::StandardErrorResponse;
use oauth2::basic::BasicErrorResponseType;

/// Error codes of RFC 6749, 6750, 9126, 9396 and 9449 that are in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// Something is missing, doubled or malformed.
    InvalidRequest,
    /// The client did not prove who it is.
    InvalidClient,
    /// The code or token is worth nothing.
    InvalidGrant,
    /// A scope that is unknown or not the client's.
    InvalidScope,
    /// No such grant type here.
    UnsupportedGrantType,
    /// The client may not use this way.
    UnauthorizedClient,
    /// No such response type here.
    UnsupportedResponseType,
    /// RFC 9396 section 5.
    InvalidAuthorizationDetails,
    /// RFC 9449 section 5.
    InvalidDpopProof,
    /// The customer said no, or the app may not ask.
    AccessDenied,
    /// `prompt=none`, and nobody is signed in.
    LoginRequired,
    /// `prompt=none`, and consent is always asked.
    ConsentRequired,
    /// Our fault.
    ServerError,
    /// Try again.
    TemporarilyUnavailable,
}

impl ErrorCode {
    /// The word on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidScope => "invalid_scope",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidAuthorizationDetails => "invalid_authorization_details",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::AccessDenied => "access_denied",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }

    fn wire(self) -> BasicErrorResponseType {
        match self {
            Self::InvalidRequest => BasicErrorResponseType::InvalidRequest,
            Self::InvalidClient => BasicErrorResponseType::InvalidClient,
            Self::InvalidGrant => BasicErrorResponseType::InvalidGrant,
            Self::InvalidScope => BasicErrorResponseType::InvalidScope,
            Self::UnsupportedGrantType => BasicErrorResponseType::UnsupportedGrantType,
            Self::UnauthorizedClient => BasicErrorResponseType::UnauthorizedClient,
            other => BasicErrorResponseType::Extension(other.name().to_owned()),
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::InvalidClient => StatusCode::UNAUTHORIZED,
            Self::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

/// A refusal of an OAuth endpoint.
#[derive(Debug)]
pub enum OauthError {
    /// The request's fault: a code, and what to do about it. The text is fixed, so it can hold nothing that
    /// RFC 6749 forbids in `error_description` and repeats nothing that was sent.
    Refused(ErrorCode, &'static str),
    /// Ours.
    Store(counterfoil_store::Error),
}

impl OauthError {
    /// The code on the wire.
    pub fn code(&self) -> ErrorCode {
        use counterfoil_store::Error;
        match self {
            Self::Refused(code, _) => *code,
            Self::Store(Error::Unavailable(_) | Error::Contended | Error::Behind(_)) => {
                ErrorCode::TemporarilyUnavailable
            }
            Self::Store(_) => ErrorCode::ServerError,
        }
    }
}

impl From<counterfoil_store::Error> for OauthError {
    fn from(error: counterfoil_store::Error) -> Self {
        Self::Store(error)
    }
}

impl Contention for OauthError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}

impl fmt::Display for OauthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(code, description) => write!(f, "{}: {description}", code.name()),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl ResponseError for OauthError {
    fn status_code(&self) -> StatusCode {
        self.code().status()
    }

    fn error_response(&self) -> HttpResponse {
        let description = match self {
            Self::Refused(_, description) => *description,
            Self::Store(error) => {
                tracing::error!(%error, "the store failed");
                "Something went wrong on our side; try again"
            }
        };
        let body = StandardErrorResponse::new(self.code().wire(), Some(description.to_owned()), None);
        HttpResponse::build(self.status_code())
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::PRAGMA, "no-cache"))
            .json(body)
    }
}

/// Shorthand for a refusal.
pub(crate) fn refuse<T>(code: ErrorCode, description: &'static str) -> Result<T, OauthError> {
    Err(OauthError::Refused(code, description))
}
