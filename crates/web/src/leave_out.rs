//! The part of a form on which kinds of things are left out.

use minijinja::{Value, context};

use crate::failure::Failure;
use crate::form::Fields;
use crate::pages::{Category, Pages};
use crate::words::Word;

/// What of the categories a page offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offer {
    /// All of them.
    All,
    /// Those that are not sensitive: the app does not get the others anyway.
    Ordinary,
}

impl Offer {
    /// What an app is offered that may, or may not, see sensitive items.
    pub(crate) fn to_app(may_see_sensitive: bool) -> Self {
        if may_see_sensitive { Self::All } else { Self::Ordinary }
    }

    fn holds(self, category: &Category) -> bool {
        self == Self::All || !category.sensitive
    }

    /// The ids that are offered.
    pub(crate) fn ids(self, pages: &Pages) -> Vec<String> {
        let offered = pages.categories().iter().filter(|category| self.holds(category));
        offered.map(|category| category.id.clone()).collect()
    }
}

/// What is left out, as a form says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LeaveOut {
    /// Ids of categories.
    pub(crate) categories: Vec<String>,
    /// Whether totals stay whole.
    pub(crate) keep_totals: bool,
}

impl LeaveOut {
    /// Reads the fields of a form.
    ///
    /// # Errors
    /// [`Failure::FormUnreadable`] for what is not offered.
    pub(crate) fn read(form: &Fields, pages: &Pages, offer: Offer) -> Result<Self, Failure> {
        let offered = offer.ids(pages);
        let categories: Vec<String> = form.all("leaveOut").map(ToOwned::to_owned).collect();
        if categories.iter().any(|id| !offered.contains(id)) {
            return Err(Failure::FormUnreadable);
        }
        Ok(Self { categories, keep_totals: form.is_ticked("keepTotals")? })
    }

    /// With what was left out before and is not offered on the page, which stays as it is.
    pub(crate) fn beside(mut self, before: &[String], pages: &Pages, offer: Offer) -> Self {
        let offered = offer.ids(pages);
        self.categories.extend(before.iter().filter(|id| !offered.contains(id)).cloned());
        self
    }

    /// The values of `leave-out.html`. `has_totals`: whether it is asked about totals.
    pub(crate) fn render(&self, pages: &Pages, offer: Offer, has_totals: bool) -> Value {
        let words = pages.words();
        let group = |title: Word, sensitive: bool| {
            let offered = pages.categories().iter().filter(|category| offer.holds(category));
            let categories: Vec<Value> = offered
                .filter(|category| category.sensitive == sensitive)
                .map(|category| {
                    context! {
                        id => category.id,
                        name => category.name(words.tag()),
                        is_ticked => self.categories.contains(&category.id),
                    }
                })
                .collect();
            (!categories.is_empty()).then(|| context! { title => words.say(title), categories })
        };
        let groups: Vec<Value> = [group(Word::KindsSensitive, true), group(Word::KindsOrdinary, false)]
            .into_iter()
            .flatten()
            .collect();
        context! {
            groups,
            // Where some are not offered, the customer is told why.
            note => (offer == Offer::Ordinary).then(|| words.say(Word::KindsNote)),
            summary => words.say(Word::KindsFold),
            is_open => !self.categories.is_empty(),
            offers_totals => has_totals && !pages.categories().is_empty(),
            keep_totals => self.keep_totals,
        }
    }
}

/// The names of categories, in the order of the catalogue; one that it does not know any more has none.
pub(crate) fn names<'a>(pages: &'a Pages, ids: &[String]) -> Vec<&'a str> {
    let known = pages.categories().iter().filter(|category| ids.contains(&category.id));
    known.map(|category| category.name(pages.words().tag())).collect()
}
