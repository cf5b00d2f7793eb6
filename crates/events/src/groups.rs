//! Which events of a batch touch each other: those that name a common object are settled together.

use std::collections::HashMap;

use counterfoil_domain::ids::ObjectId;

/// Sets of objects that belong together (union by find, with halving of paths).
#[derive(Debug, Default)]
pub(crate) struct Groups {
    parent: Vec<usize>,
    number: HashMap<ObjectId, usize>,
}

impl Groups {
    /// Puts two objects into one group.
    pub(crate) fn join(&mut self, a: ObjectId, b: ObjectId) {
        let (a, b) = (self.number(a), self.number(b));
        let (a, b) = (self.root(a), self.root(b));
        if let Some(parent) = self.parent.get_mut(b) {
            *parent = a;
        }
    }

    /// The number of an object's group, good until the next [`Groups::join`].
    pub(crate) fn of(&mut self, id: ObjectId) -> usize {
        let number = self.number(id);
        self.root(number)
    }

    fn number(&mut self, id: ObjectId) -> usize {
        let next = self.parent.len();
        let number = *self.number.entry(id).or_insert(next);
        if number == next {
            self.parent.push(next);
        }
        number
    }

    fn root(&mut self, mut at: usize) -> usize {
        while let Some(&parent) = self.parent.get(at)
            && parent != at
        {
            let above = self.parent.get(parent).copied().unwrap_or(parent);
            if let Some(slot) = self.parent.get_mut(at) {
                *slot = above;
            }
            at = above;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_a_common_object_is_one_group() {
        let id = |n| ObjectId([n; 16]);
        let mut groups = Groups::default();
        groups.join(id(1), id(2));
        groups.join(id(3), id(4));
        assert_ne!(groups.of(id(1)), groups.of(id(3)));
        groups.join(id(2), id(4));
        assert_eq!(groups.of(id(1)), groups.of(id(3)));
        assert_ne!(groups.of(id(5)), groups.of(id(1)));
    }
}
