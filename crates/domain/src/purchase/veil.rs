//! What is hidden inside a purchase that its reader may see.

use std::sync::Arc;

use crate::catalogue::{Catalogue, CategorySet, Unmapped};

use super::{Corrupt, Marks, Partial, Section, SectionsRef, Shows};

/// What one reader sees of purchases. The default shows `purchases:read` alone and hides nothing of it.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// The datasets that are shown.
    pub shows: Shows,
    /// What is hidden within them.
    pub veil: Veil,
}

/// The categories whose lines are hidden from one reader. The default hides nothing.
#[derive(Clone, Debug, Default)]
pub struct Veil {
    catalogue: Arc<Catalogue>,
    hidden: CategorySet,
    keep_totals: bool,
}

impl Veil {
    /// The veil over what a grant shows.
    ///
    /// `hidden` are the ids of categories that the customer hid, from everyone or from this grant; a grant that does
    /// not `holds_sensitive` shows no sensitive category either. Where anything was hidden by its customer, what is in
    /// no category is hidden too: nobody can tell that it is not what they meant, nor what an id meant that the
    /// catalogue does not have any more. With `keep_totals` a purchase keeps its sums and its payment.
    pub fn new(
        catalogue: Arc<Catalogue>,
        hidden: &[String],
        holds_sensitive: bool,
        keep_totals: bool,
    ) -> Self {
        let mut set = CategorySet::default();
        for (index, category) in catalogue.categories().iter().enumerate() {
            if hidden.contains(&category.id) || (category.is_sensitive && !holds_sensitive) {
                set.insert(Some(index));
            }
        }
        if !hidden.is_empty() || (catalogue.unmapped() == Unmapped::Sensitive && !holds_sensitive) {
            set.insert(None);
        }
        Self { catalogue, hidden: set, keep_totals }
    }

    /// The categories that it knows.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Whether a purchase keeps its totals where something of it is hidden.
    pub(crate) fn keeps_totals(&self) -> bool {
        self.keep_totals
    }

    /// Whether lines of this category are shown; `None` is what is in no category.
    pub(super) fn shows(&self, category: Option<usize>) -> bool {
        !self.hidden.contains(category)
    }

    /// What is left of a purchase of which anything is hidden; `None` where it is shown whole.
    pub(crate) fn look<'a>(&self, sections: SectionsRef<'a>) -> Result<Option<Partial<'a>>, Corrupt> {
        if self.hidden.is_empty() || self.is_clear(&sections)? {
            Ok(None)
        } else {
            Partial::of(sections, self)
        }
    }

    /// Whether the marks of a purchase tell that nothing of it is hidden, and nothing else could be: what comes back
    /// may name no line at all.
    fn is_clear(&self, sections: &SectionsRef<'_>) -> Result<bool, Corrupt> {
        let clear = self.marks(sections)?.is_some_and(|set| set.is_disjoint(&self.hidden));
        let nothing_back = sections.get(Section::Returns) == b"\"returns\":[]"
            && sections.get(Section::Refunds) == b"\"refunds\":[]";
        Ok(clear && nothing_back)
    }

    /// The categories of a purchase's lines, where they are marked as this catalogue has them.
    pub(crate) fn marks(&self, sections: &SectionsRef<'_>) -> Result<Option<CategorySet>, Corrupt> {
        let marks = Marks::read(sections.get(Section::Marks))?;
        let current = marks.filter(|marks| marks.fingerprint == self.catalogue.fingerprint_bytes());
        Ok(current.map(|marks| marks.categories))
    }
}
