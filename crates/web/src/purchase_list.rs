//! A customer's own purchases on a page, by month, each with one button.

use actix_web::HttpRequest;
use chrono::DateTime;
use counterfoil_domain::ids::PurchaseId;
use counterfoil_oauth::own::{After, OwnPage, OwnPurchase};
use minijinja::{Value, context};

use crate::failure::Failure;
use crate::form::Fields;
use crate::pages::Pages;
use crate::words::Word;

/// Purchases on one page.
pub(crate) const LENGTH: usize = 20;

/// Which part of the purchases a page shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// Where it begins; `None` is at the newest.
    pub(crate) after: Option<After>,
    /// Only those that something was done to.
    pub(crate) is_some: bool,
}

impl Place {
    /// Reads the query of an address.
    pub(crate) fn of_query(request: &HttpRequest) -> Result<Self, Failure> {
        Self::read(&Fields::of_query(request)).map_err(|_| Failure::NotFound)
    }

    /// Reads the fields of an address or a form.
    ///
    /// # Errors
    /// [`Failure::FormUnreadable`] for what our own pages do not say.
    pub(crate) fn read(fields: &Fields) -> Result<Self, Failure> {
        let after = fields.one("after")?.filter(|text| !text.is_empty()).map(read_after);
        let is_some = match fields.one("show")? {
            None | Some("") => false,
            Some("some") => true,
            Some(_) => return Err(Failure::FormUnreadable),
        };
        Ok(Self { after: after.map(|after| after.ok_or(Failure::FormUnreadable)).transpose()?, is_some })
    }

    /// The address of this place on a page.
    pub(crate) fn address(self, page: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if self.is_some {
            query.append_pair("show", "some");
        }
        if let Some(after) = self.after {
            query.append_pair("after", &after_text(after));
        }
        let query = query.finish();
        if query.is_empty() { page.to_owned() } else { format!("{page}?{query}") }
    }
}

/// A customer's own place in their own purchases: nothing to hide from them.
fn after_text(after: After) -> String {
    format!("{}-{}", after.purchased_at.timestamp_micros(), after.purchase_id)
}

fn read_after(text: &str) -> Option<After> {
    let (micros, id) = text.rsplit_once('-')?;
    Some(After {
        purchased_at: DateTime::from_timestamp_micros(micros.parse().ok()?)?,
        purchase_id: id.parse().ok()?,
    })
}

/// The button at a purchase, and what is said of it.
pub(crate) struct Button {
    /// The value that it sends.
    pub(crate) answer: &'static str,
    /// What stands on it.
    pub(crate) text: String,
    /// How the purchase stands, if there is something to say.
    pub(crate) pill: Option<String>,
}

/// The purchase and the answer of a form that a button sent.
pub(crate) fn pressed(form: &Fields) -> Result<(PurchaseId, &str), Failure> {
    let purchase = form.one("purchase")?.and_then(|id| id.parse().ok());
    let answer = form.one("answer")?;
    purchase.zip(answer).ok_or(Failure::FormUnreadable)
}

/// The values of `purchase-list.html` on the page of that address.
pub(crate) fn render(
    pages: &Pages,
    page: &str,
    place: Place,
    shown: &OwnPage,
    nothing: Word,
    button: impl Fn(&OwnPurchase) -> Button,
) -> Value {
    let mut months: Vec<(String, Vec<Value>)> = Vec::new();
    for purchase in &shown.purchases {
        let title = pages.words().month(purchase.local_date);
        let value = describe(pages, purchase, &button(purchase));
        match months.last_mut().filter(|(last, _)| *last == title) {
            Some((_, purchases)) => purchases.push(value),
            None => months.push((title, vec![value])),
        }
    }
    let months: Vec<Value> =
        months.into_iter().map(|(title, purchases)| context! { title, purchases }).collect();
    context! {
        action => page,
        after => place.after.map(after_text).unwrap_or_default(),
        show => if place.is_some { "some" } else { "" },
        is_some => place.is_some,
        newest => place.after.map(|_| Place { after: None, ..place }.address(page)),
        older => shown.next.map(|next| Place { after: Some(next), ..place }.address(page)),
        nothing => pages.words().say(nothing),
        months,
    }
}

fn describe(pages: &Pages, purchase: &OwnPurchase, button: &Button) -> Value {
    let first = purchase.items.join(", ");
    let items = if purchase.more > 0 { pages.words().and_more(&first, purchase.more) } else { first };
    context! {
        id => format!("{}", purchase.purchase_id),
        shop => purchase.shop,
        total => purchase.total,
        currency => purchase.currency,
        day => pages.dated(purchase.local_date),
        items,
        pill => button.pill,
        button => button.text,
        answer => button.answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let after = After {
            purchased_at: DateTime::from_timestamp_micros(-1_600_000_000_123_456).unwrap(),
            purchase_id: PurchaseId([7; 16]),
        };
        assert_eq!(read_after(&after_text(after)), Some(after));
        for bad in ["", "-", "1", "1-pur_", "x-pur_aaaaaaaaaaaaaaaaaaaaaaaaaa", "9999999999999999999-pur_x"] {
            assert_eq!(read_after(bad), None, "{bad:?}");
        }
        assert_eq!(Place::default().address("/hidden"), "/hidden");
        let place = Place { after: Some(after), is_some: true };
        assert!(place.address("/hidden").starts_with("/hidden?show=some&after=-1600000000123456-pur_"));
    }
}
