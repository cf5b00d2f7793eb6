//! A customer's purchases as a file, at once.

use actix_web::error::BlockingError;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::SecondsFormat;
use counterfoil_oauth::Oauth;
use counterfoil_oauth::download::{Download, DownloadRefusal};
use counterfoil_oauth::history::{Bought, Wanted};
use counterfoil_oauth::session::{Session, Visitor};
use futures_util::stream;
use minijinja::{Value, context};
use serde_json::json;

use crate::failure::{Failure, Fault};
use crate::form::Fields;
use crate::gaps;
use crate::look::{BadDate, read_date};
use crate::pages::{Pages, secure};
use crate::purchases::{read, unavailable};
use crate::sheet;
use crate::shown::Asking;
use crate::words::Word;

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Csv,
    Json,
}

impl Form {
    fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Json => "application/json",
        }
    }
}

/// What the page says beside its form.
#[derive(Debug, Default)]
struct Said {
    from: String,
    to: String,
    form: Option<Form>,
    wrong: Vec<BadDate>,
    is_turned: bool,
    is_empty: bool,
}

/// `GET /download`
pub(crate) async fn show(
    pages: Pages,
    oauth: web::Data<Oauth>,
    _session: Session,
    visitor: Visitor,
) -> Result<HttpResponse, Fault> {
    ask(&pages, &oauth, &visitor, &Said::default()).await
}

async fn ask(pages: &Pages, oauth: &Oauth, visitor: &Visitor, said: &Said) -> Result<HttpResponse, Fault> {
    let day = |field: &str, value: &str| -> Value {
        let wrong = said.wrong.iter().find(|wrong| wrong.field == field);
        context! { value, error => wrong.map(|_| pages.words().say(Word::DateUnreadable)) }
    };
    let gaps = gaps::render(pages, oauth).await;
    let values = context! {
        sign_out_token => visitor.form_token(),
        csrf => visitor.form_token(),
        from => day("from", &said.from),
        to => day("to", &said.to),
        is_turned => said.is_turned,
        is_empty => said.is_empty,
        form => said.form.unwrap_or(Form::Csv).name(),
        gaps => gaps.map_err(|error| Fault::new(pages, unavailable(&error)))?,
    };
    let is_fine = said.wrong.is_empty() && !said.is_turned;
    let status = if is_fine { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(pages.at("/download", &[]).page(status, "download.html", values, &[]))
}

/// `POST /download`: the file.
pub(crate) async fn send(
    pages: Pages,
    oauth: web::Data<Oauth>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let fields = Fields::of_form(&visitor, &request, &body).map_err(|failure| Fault::new(&pages, failure))?;
    let pages = pages.of_form(&fields);
    let fault = |failure| Fault::new(&pages, failure);
    let form = match fields.one("form").map_err(fault)? {
        Some("csv") => Form::Csv,
        Some("json") => Form::Json,
        _ => return Err(fault(Failure::FormUnreadable)),
    };
    let mut said = Said { form: Some(form), ..Said::default() };
    let mut wanted = Wanted::default();
    for (field, into, text) in
        [("from", &mut wanted.from, &mut said.from), ("to", &mut wanted.to, &mut said.to)]
    {
        match read_date(&fields, field).map_err(fault)? {
            Ok(date) => {
                *into = date;
                *text = date.map(|date| format!("{date}")).unwrap_or_default();
            }
            Err(wrong) => {
                text.clone_from(&wrong.text);
                said.wrong.push(wrong);
            }
        }
    }
    said.is_turned = wanted.from.zip(wanted.to).is_some_and(|(from, to)| from > to);
    if said.is_turned || !said.wrong.is_empty() {
        return ask(&pages, &oauth, &visitor, &said).await;
    }
    let shown = pages.shown(Asking::Download).clone();
    let mut download = Download::new(&oauth, session.person, wanted.clone(), form.name(), shown);
    // What goes wrong at first is told on a page, and not by half a file.
    let first = download.next().await.map_err(|refused| fault(refusal(&refused)))?;
    if first.is_empty() {
        said.is_empty = true;
        return ask(&pages, &oauth, &visitor, &said).await;
    }
    let about = json!({
        "shop": pages.shop(),
        "madeAt": oauth.clock().now().to_rfc3339_opts(SecondsFormat::Millis, true),
        "from": wanted.from,
        "to": wanted.to,
    });
    let name = format!("counterfoil-purchases-{}.{}", pages.today(), form.name());
    let file = File {
        download,
        form,
        about: format!("{about}"),
        waiting: Some(first),
        is_begun: false,
        is_over: false,
    };
    let mut response = HttpResponse::Ok();
    secure(&mut response, &[]);
    Ok(response
        .insert_header((CONTENT_TYPE, form.content_type()))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .streaming(stream::try_unfold(file, File::next)))
}

fn refusal(refused: &DownloadRefusal) -> Failure {
    match refused {
        DownloadRefusal::Store(error) => unavailable(error),
        DownloadRefusal::Changed | DownloadRefusal::Gone => {
            tracing::warn!(error = %refused, "a file could not leave");
            Failure::Unavailable
        }
    }
}

/// A file that ended before its end: the connection is closed, so that the browser knows.
#[derive(Debug, thiserror::Error)]
#[error("the file ended before its end")]
struct CutShort;

/// A file under way. It holds one part at a time.
struct File {
    download: Download,
    form: Form,
    about: String,
    /// The part that goes next, where it was read before.
    waiting: Option<Vec<Bought>>,
    is_begun: bool,
    is_over: bool,
}

impl File {
    async fn next(mut self) -> Result<Option<(web::Bytes, Self)>, CutShort> {
        if self.is_over {
            return Ok(None);
        }
        let part = match self.waiting.take() {
            Some(part) => Ok(part),
            None => self.download.next().await,
        };
        let part = part.map_err(|refused| {
            tracing::error!(error = %refused, "a file was cut short");
            CutShort
        })?;
        if part.is_empty() {
            self.is_over = true;
            let end = if self.form == Form::Json { &b"]}\n"[..] } else { b"" };
            return Ok((!end.is_empty()).then(|| (web::Bytes::from_static(end), self)));
        }
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        let (form, about) = (self.form, self.about.clone());
        // Other answers of this thread do not wait for it.
        let written = web::block(move || write(form, is_first.then_some(about.as_str()), &part)).await;
        let bytes = written.unwrap_or_else(|error| Err(Unwritten::Thread(error))).map_err(|error| {
            tracing::error!(%error, "a file could not be written");
            CutShort
        })?;
        Ok(Some((web::Bytes::from(bytes), self)))
    }
}

/// Why a part of a file cannot be written.
#[derive(Debug, thiserror::Error)]
enum Unwritten {
    #[error(transparent)]
    Table(#[from] csv::Error),
    #[error("a purchase cannot be read")]
    Purchase,
    #[error(transparent)]
    Thread(BlockingError),
}

/// The bytes of a part; of the first with the beginning of the file, which says what it is `about`.
fn write(form: Form, about: Option<&str>, part: &[Bought]) -> Result<Vec<u8>, Unwritten> {
    let mut bytes = Vec::new();
    match form {
        Form::Csv => {
            if about.is_some() {
                bytes.extend(sheet::head()?);
            }
            for bought in part {
                let purchase = read(bought).map_err(|_| Unwritten::Purchase)?;
                bytes.extend(sheet::rows(bought, &purchase)?);
            }
        }
        Form::Json => {
            if let Some(about) = about {
                bytes.extend(about.strip_suffix('}').unwrap_or(about).as_bytes());
                bytes.extend(b",\"purchases\":[");
            }
            for (index, bought) in part.iter().enumerate() {
                if index > 0 || about.is_none() {
                    bytes.push(b',');
                }
                bytes.extend_from_slice(&bought.served);
            }
        }
    }
    Ok(bytes)
}
