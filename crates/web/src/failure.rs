//! What can go wrong on a page: one table of codes, each with its status; the words are in the word files.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use counterfoil_oauth::consent::ConsentError;
use counterfoil_oauth::upstream::SignInError;
use counterfoil_volunteered::VolunteeredError;

use crate::pages::Pages;

macro_rules! failures {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:ident;)*) => {
        /// What went wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Failure {
            $($(#[$doc])* $name,)*
        }

        impl Failure {
            /// All of them.
            pub(crate) const ALL: &[Self] = &[$(Self::$name),*];

            /// The word in `/error?code=`.
            pub(crate) fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The status of the page.
            pub(crate) fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }
        }
    };
}

failures! {
    /// CSRF token, origin or fetch metadata.
    FormNotOurs         = "form_not_ours",       FORBIDDEN;
    /// Not a form, too large, or a field twice.
    FormUnreadable      = "form_unreadable",     BAD_REQUEST;
    /// No such page, or another customer's.
    NotFound            = "not_found",           NOT_FOUND;
    /// A pushed request that is unknown, expired or finished.
    RequestUnknown      = "request_unknown",     BAD_REQUEST;
    /// A client that is not registered.
    AppUnknown          = "app_unknown",         BAD_REQUEST;
    /// A client that is pending or suspended.
    AppNotActive        = "app_not_active",      FORBIDDEN;
    /// A grant that ended, on a page that would change it.
    AppEnded            = "app_ended",           CONFLICT;
    /// As many single purchases are left out as a grant can leave out.
    TooManyLeftOut      = "too_many_left_out",   CONFLICT;
    /// An ask that is not open.
    AskClosed           = "ask_closed",          CONFLICT;
    /// A customer who went dark, on a page that would ask.
    GoneDark            = "gone_dark",           CONFLICT;
    /// Something told that stands elsewhere by now.
    NotNow              = "not_now",             CONFLICT;
    /// An answer or a file larger than what is read.
    TooLarge            = "too_large",           PAYLOAD_TOO_LARGE;
    /// A link that stops nothing: mistyped, or its agreement was erased.
    StopLinkUnknown     = "stop_link_unknown",   NOT_FOUND;
    /// The same thing too often in a minute.
    TooOften            = "too_often",           TOO_MANY_REQUESTS;
    /// No checkpoint covers what the receipt is about yet.
    ReceiptNotReady     = "receipt_not_ready",   SERVICE_UNAVAILABLE;
    /// A request that breaks the rules before client and redirect are proven.
    RequestInvalid      = "request_invalid",     BAD_REQUEST;
    /// No sign-in of this browser is under way.
    SignInOver          = "sign_in_over",        BAD_REQUEST;
    /// The identity provider answered with an error.
    SignInDeclined      = "sign_in_declined",    BAD_REQUEST;
    /// What the identity provider said cannot be trusted.
    SignInRefused       = "sign_in_refused",     BAD_GATEWAY;
    /// The identity provider does not answer.
    SignInUnavailable   = "sign_in_unavailable", SERVICE_UNAVAILABLE;
    /// The database was put back to an earlier state.
    LedgerRolledBack    = "ledger_rolled_back",  SERVICE_UNAVAILABLE;
    /// The database.
    Unavailable         = "unavailable",         SERVICE_UNAVAILABLE;
    /// Any code that is not on this list.
    Unknown             = "unknown",             BAD_REQUEST;
}

impl Failure {
    /// Reads a code from an address. What is not on the list is never shown.
    pub(crate) fn from_code(code: &str) -> Self {
        Self::ALL.iter().copied().find(|failure| failure.code() == code).unwrap_or(Self::Unknown)
    }
}

impl From<&SignInError> for Failure {
    fn from(error: &SignInError) -> Self {
        match error {
            SignInError::Unknown => Self::SignInOver,
            SignInError::Declined(_) => Self::SignInDeclined,
            SignInError::Untrusted(_) | SignInError::NoCustomer => Self::SignInRefused,
            SignInError::Unavailable(_) => Self::SignInUnavailable,
            SignInError::Store(_) => Self::Unavailable,
        }
    }
}

impl From<&ConsentError> for Failure {
    fn from(error: &ConsentError) -> Self {
        match error {
            ConsentError::Unknown | ConsentError::OtherCustomer => Self::RequestUnknown,
            ConsentError::AppNotActive => Self::AppNotActive,
            ConsentError::InvalidChoice(_) => Self::FormUnreadable,
            ConsentError::Store(error) => {
                tracing::error!(%error, "a request of an app cannot be shown or answered");
                Self::Unavailable
            }
        }
    }
}

impl From<&VolunteeredError> for Failure {
    fn from(error: &VolunteeredError) -> Self {
        match error {
            VolunteeredError::NotFound => Self::NotFound,
            VolunteeredError::UnknownAsk | VolunteeredError::AskClosed | VolunteeredError::UnknownPurpose => {
                Self::AskClosed
            }
            VolunteeredError::Invalid(_) => Self::FormUnreadable,
            VolunteeredError::TooLarge => Self::TooLarge,
            VolunteeredError::NotNow(_) | VolunteeredError::Changed => Self::NotNow,
            VolunteeredError::Quiet => Self::GoneDark,
            // No app is asked on a page.
            error @ (VolunteeredError::NotNamed
            | VolunteeredError::Refused(_)
            | VolunteeredError::KeyReused
            | VolunteeredError::Store(_)) => {
                tracing::error!(%error, "what is told cannot be read or written");
                Self::Unavailable
            }
        }
    }
}

/// A failure on its way to the browser.
pub(crate) struct Fault {
    pages: Pages,
    failure: Failure,
}

impl Fault {
    /// A failure whose cause is for the log only.
    pub(crate) fn new(pages: &Pages, failure: Failure) -> Self {
        Self { pages: pages.clone(), failure }
    }
}

impl std::fmt::Debug for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.failure.code())
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.failure.code())
    }
}

impl ResponseError for Fault {
    fn status_code(&self) -> StatusCode {
        self.failure.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.pages.failure(self.failure)
    }
}
