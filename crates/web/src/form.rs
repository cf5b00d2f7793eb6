//! What a browser sends: queries, and posted forms, which are checked to be ours before anything else is looked at.

use std::convert::Infallible;
use std::future::ready;

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Bytes;
use counterfoil_oauth::session::Visitor;
use futures_util::stream;

use crate::failure::Failure;

/// The most a form may weigh.
const FORM_BYTES: usize = 16 * 1024;
/// The most a form with an answer or a file may weigh.
pub(crate) const ANSWER_BYTES: usize = 256 * 1024;
/// The name of a file in a form.
const FILE: &str = "file";

/// The fields of a query or a form, in order.
#[derive(Debug)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The fields of the address.
    pub(crate) fn of_query(request: &HttpRequest) -> Self {
        Self::of_text(request.query_string())
    }

    /// The fields of a text as forms are sent.
    pub(crate) fn of_text(text: &str) -> Self {
        Self(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// Reads a form and checks its `csrf` field and where it comes from.
    ///
    /// # Errors
    /// [`Failure::FormUnreadable`] and [`Failure::FormNotOurs`].
    pub(crate) fn of_form(visitor: &Visitor, request: &HttpRequest, body: &[u8]) -> Result<Self, Failure> {
        let fields = Self::of_body(request, body)?;
        let csrf = fields.one("csrf")?.unwrap_or("");
        visitor.check_form(request.headers(), csrf).map_err(|_| Failure::FormNotOurs)?;
        Ok(fields)
    }

    /// Reads a form of a page to which a secret link leads, and checks that it holds the link's `token`: who does not
    /// know the link cannot have it sent by another's browser.
    ///
    /// # Errors
    /// [`Failure::FormUnreadable`] and [`Failure::FormNotOurs`].
    pub(crate) fn of_link_form(request: &HttpRequest, body: &[u8], token: &str) -> Result<Self, Failure> {
        let fields = Self::of_body(request, body)?;
        if fields.one("token")? != Some(token) {
            return Err(Failure::FormNotOurs);
        }
        Ok(fields)
    }

    /// [`Fields::of_form`] for a form with an answer, which may bring a file; gives the bytes of the file, unless it is
    /// empty.
    ///
    /// # Errors
    /// [`Failure::FormUnreadable`], [`Failure::TooLarge`] and [`Failure::FormNotOurs`].
    pub(crate) async fn of_answer(
        visitor: &Visitor,
        request: &HttpRequest,
        body: Bytes,
    ) -> Result<(Self, Option<Bytes>), Failure> {
        if body.len() > ANSWER_BYTES {
            return Err(Failure::TooLarge);
        }
        let (fields, file) = match multer::parse_boundary(content_type(request)) {
            Ok(boundary) => Self::of_parts(body, boundary).await?,
            Err(_) if is_plain_form(request) => {
                (Self(url::form_urlencoded::parse(&body).into_owned().collect()), None)
            }
            Err(_) => return Err(Failure::FormUnreadable),
        };
        let csrf = fields.one("csrf")?.unwrap_or("");
        visitor.check_form(request.headers(), csrf).map_err(|_| Failure::FormNotOurs)?;
        Ok((fields, file))
    }

    async fn of_parts(body: Bytes, boundary: String) -> Result<(Self, Option<Bytes>), Failure> {
        let unreadable = |_: multer::Error| Failure::FormUnreadable;
        let whole = stream::once(ready(Ok::<_, Infallible>(body)));
        let mut parts = multer::Multipart::new(whole, boundary);
        let (mut fields, mut file) = (Vec::new(), None);
        while let Some(part) = parts.next_field().await.map_err(unreadable)? {
            let name = part.name().unwrap_or_default().to_owned();
            if name == FILE {
                file = Some(part.bytes().await.map_err(unreadable)?).filter(|bytes| !bytes.is_empty());
            } else {
                fields.push((name, part.text().await.map_err(unreadable)?));
            }
        }
        Ok((Self(fields), file))
    }

    fn of_body(request: &HttpRequest, body: &[u8]) -> Result<Self, Failure> {
        if body.len() > FORM_BYTES || !is_plain_form(request) {
            return Err(Failure::FormUnreadable);
        }
        Ok(Self(url::form_urlencoded::parse(body).into_owned().collect()))
    }

    /// All fields: name and value.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A field that may be there once.
    ///
    /// # Errors
    /// [`Failure::FormUnreadable`] when it is there twice.
    pub(crate) fn one<'a>(&'a self, name: &str) -> Result<Option<&'a str>, Failure> {
        let mut values = self.all(name);
        let first = values.next();
        if values.next().is_some() { Err(Failure::FormUnreadable) } else { Ok(first) }
    }

    /// [`Fields::one`], of its own.
    pub(crate) fn owned(&self, name: &str) -> Result<Option<String>, Failure> {
        Ok(self.one(name)?.map(ToOwned::to_owned))
    }

    /// Whether a box was ticked whose value is `yes`.
    ///
    /// # Errors
    /// [`Failure::FormUnreadable`] for another value.
    pub(crate) fn is_ticked(&self, name: &str) -> Result<bool, Failure> {
        match self.one(name)? {
            None => Ok(false),
            Some("yes") => Ok(true),
            Some(_) => Err(Failure::FormUnreadable),
        }
    }

    /// All values of a field.
    pub(crate) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

fn content_type(request: &HttpRequest) -> &str {
    request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("")
}

fn is_plain_form(request: &HttpRequest) -> bool {
    let essence = content_type(request).split(';').next().unwrap_or("").trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}
