//! What an app would get, on the customer's own latest purchase. It stands on the page alone, and in no entry.

use counterfoil_domain::grant::{Dataset, Details};
use counterfoil_oauth::Oauth;
use counterfoil_oauth::latest::{Item, Latest, Payment, Place, Sum, latest};
use counterfoil_oauth::session::Session;
use minijinja::{Value, context};

use crate::failure::Failure;
use crate::pages::{Pages, date};

/// Characters of a name that are shown.
const NAME_LENGTH: usize = 60;

/// Examples for the things that an app asks for.
pub(crate) struct Examples(Latest);

impl Examples {
    /// Reads them for a customer, of what may be granted at most.
    pub(crate) async fn read(
        pages: &Pages,
        oauth: &Oauth,
        session: &Session,
        most: &Details,
    ) -> Result<Self, Failure> {
        let read = latest(oauth, session.person, most, pages.catalogue()).await;
        read.map(Self).map_err(|error| {
            tracing::error!(%error, "a customer's latest purchases cannot be read");
            Failure::Unavailable
        })
    }

    /// The values of `example.html` for one thing; `None` where there is no example.
    pub(crate) fn of(&self, dataset: Dataset) -> Option<Value> {
        let latest = &self.0;
        match dataset {
            Dataset::Purchases => Some(match &latest.purchase {
                Some(Sum { total, currency, day }) => {
                    context! { kind => "sum", total, currency, day => date(*day) }
                }
                None if latest.has_any => context! { kind => "unseen" },
                None => context! { kind => "never" },
            }),
            Dataset::Lines => latest.line.as_ref().map(item),
            Dataset::Sensitive => latest.sensitive.as_ref().map(item),
            Dataset::Payment => latest
                .payment
                .as_ref()
                .map(|Payment { method, last4 }| context! { kind => "payment", method, last4 }),
            Dataset::Location => latest.location.as_ref().map(|Place { name, town }| {
                context! { kind => "shop", shop => cut(name), town => town.as_deref().map(cut) }
            }),
            Dataset::Documents => {
                latest.document.map(|day| context! { kind => "document", day => date(day) })
            }
        }
    }
}

fn item(item: &Item) -> Value {
    context! { kind => "item", item => cut(&item.name), net => item.net, currency => item.currency, day => date(item.day) }
}

/// A name that is not too long: cut behind a word, or where there is none within the length, behind a character.
fn cut(name: &str) -> String {
    let Some((end, _)) = name.char_indices().nth(NAME_LENGTH) else { return name.to_owned() };
    let (kept, rest) = name.split_at(end);
    let kept = match kept.rsplit_once(char::is_whitespace) {
        Some((words, _)) if !rest.starts_with(char::is_whitespace) && !words.trim().is_empty() => words,
        _ => kept,
    };
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_at_a_word() {
        assert_eq!(cut("Rolls, dinner"), "Rolls, dinner");
        let sixty = "x".repeat(60);
        assert_eq!(cut(&sixty), sixty);
        assert_eq!(cut(&format!("{sixty}x")), format!("{sixty}…"), "no word to cut at");
        assert_eq!(cut(&format!("{sixty} more")), format!("{sixty}…"), "a word that just fits");
        let words = "Organic wholemeal spelt bread with sunflower seeds and pumpkin seeds, sliced";
        assert_eq!(cut(words), "Organic wholemeal spelt bread with sunflower seeds and…");
        assert_eq!(cut(&"é".repeat(1024)).chars().count(), 61);
        assert_eq!(cut(&format!(" {}", "y".repeat(80))).chars().count(), 61, "blanks are no word");
    }
}
