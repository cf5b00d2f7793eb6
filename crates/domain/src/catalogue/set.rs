//! Sets of categories.

/// Some categories of one catalogue, and whether what is in none is among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CategorySet([u64; 4]);

impl CategorySet {
    /// Adds a category by its position; `None` stands for what is in none.
    pub(crate) fn insert(&mut self, category: Option<usize>) {
        let bit = Self::bit(category);
        if let Some(word) = self.0.get_mut(bit / 64) {
            *word |= 1 << (bit % 64);
        }
    }

    pub(crate) fn contains(&self, category: Option<usize>) -> bool {
        let bit = Self::bit(category);
        self.0.get(bit / 64).is_some_and(|word| word & (1 << (bit % 64)) != 0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    pub(crate) fn is_disjoint(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).all(|(one, other)| one & other == 0)
    }

    fn bit(category: Option<usize>) -> usize {
        category.map_or(0, |index| index + 1)
    }

    /// Its bytes, without those at the end that say nothing.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = self.0.map(u64::to_le_bytes).concat();
        bytes.truncate(bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
        bytes
    }

    /// Reads [`CategorySet::to_bytes`]; `None` where there are too many.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut whole = [0; 32];
        whole.get_mut(..bytes.len())?.copy_from_slice(bytes);
        let mut set = Self::default();
        for (word, bytes) in set.0.iter_mut().zip(whole.chunks_exact(8)) {
            *word = u64::from_le_bytes(bytes.try_into().ok()?);
        }
        Some(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_kept_in_few_bytes() {
        let mut set = CategorySet::default();
        assert!(set.is_empty() && set.to_bytes().is_empty());
        for category in [None, Some(0), Some(7), Some(62), Some(63), Some(254)] {
            assert!(!set.contains(category), "{category:?}");
            let mut alone = CategorySet::default();
            alone.insert(category);
            assert!(set.is_disjoint(&alone));
            set.insert(category);
            assert!(set.contains(category) && !set.is_disjoint(&alone));
            assert_eq!(CategorySet::from_bytes(&alone.to_bytes()), Some(alone));
            assert_eq!(CategorySet::from_bytes(&set.to_bytes()), Some(set));
        }
        assert!(!set.contains(Some(1)) && !set.contains(Some(253)));
        assert_eq!(CategorySet::from_bytes(&[1; 33]), None);
    }
}
