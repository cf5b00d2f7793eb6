//! Where a value stands in its message, told only when it is refused.

use std::borrow::Cow;

use super::{Fault, List, Object, Reason, Text};

/// One step from a value to one inside it.
#[derive(Clone, Debug)]
pub(crate) enum Step<'a> {
    Member(Cow<'a, str>),
    Element(usize),
}

impl Step<'_> {
    /// Appends the step to a JSON pointer.
    pub(super) fn push(&self, pointer: &mut String) {
        pointer.push('/');
        match self {
            // A key is the sender's text: cut, so that a reason never carries a value of any size.
            Self::Member(name) => {
                let name: String = name.chars().take(64).collect();
                pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
            }
            Self::Element(index) => super::push_shown(pointer, index),
        }
    }
}

/// The way from the whole message to a value, kept on the stack while it is walked.
#[derive(Clone, Debug)]
pub(crate) struct Path<'p> {
    outer: Option<&'p Path<'p>>,
    step: Step<'p>,
}

impl<'p> Path<'p> {
    /// The data of an event, which every message has.
    pub(crate) const DATA: Path<'static> = Path { outer: None, step: Step::Member(Cow::Borrowed("data")) };

    fn element(&'p self, index: usize) -> Self {
        Self { outer: Some(self), step: Step::Element(index) }
    }

    /// How many values the value lies in.
    pub(crate) fn depth(&self) -> usize {
        1 + self.outer.map(Path::depth).unwrap_or_default()
    }

    /// The JSON pointer of the value.
    pub(crate) fn pointer(&self) -> String {
        let mut pointer = self.outer.map(Path::pointer).unwrap_or_default();
        self.step.push(&mut pointer);
        pointer
    }

    /// A rule broken by the value as a whole.
    pub(crate) fn fault(&self, reason: Reason) -> Fault {
        Fault { reason, pointer: self.pointer() }
    }

    /// What stands under `name` in the object here.
    pub(crate) fn field<T>(&'p self, name: &'static str, value: Option<T>) -> Field<'p, T> {
        Field { object: self, name, value }
    }
}

/// A member of an object, with the way to it; `None` where it is absent or null.
#[derive(Clone, Debug)]
pub(crate) struct Field<'p, T> {
    object: &'p Path<'p>,
    name: &'static str,
    pub(crate) value: Option<T>,
}

impl<'p, T> Field<'p, T> {
    fn path(&self) -> Path<'p> {
        Path { outer: Some(self.object), step: Step::Member(Cow::Borrowed(self.name)) }
    }

    /// A rule broken by the member.
    pub(crate) fn fault(&self, reason: Reason) -> Fault {
        self.path().fault(reason)
    }

    /// The value, which must be there.
    pub(crate) fn required(self) -> Result<T, Fault> {
        match self.value {
            Some(value) => Ok(value),
            None => Err(self.fault(Reason::MissingField)),
        }
    }

    /// The value as it is meant.
    pub(crate) fn read<U>(self, read: impl FnOnce(T) -> Result<U, Reason>) -> Result<Field<'p, U>, Fault> {
        self.read_at(|value, path| read(value).map_err(|reason| path.fault(reason)))
    }

    /// The value as it is meant, where that may fail inside it.
    pub(crate) fn read_at<U>(
        self,
        read: impl FnOnce(T, &Path<'_>) -> Result<U, Fault>,
    ) -> Result<Field<'p, U>, Fault> {
        let path = self.path();
        let value = self.value.map(|value| read(value, &path)).transpose()?;
        Ok(Field { object: self.object, name: self.name, value })
    }
}

impl<'p, T> Field<'p, Object<T>> {
    /// The object itself.
    pub(crate) fn object<U>(
        self,
        read: impl FnOnce(T, &Path<'_>) -> Result<U, Fault>,
    ) -> Result<Field<'p, U>, Fault> {
        self.read_at(|Object(value), path| read(value, path))
    }
}

impl<'p, T> Field<'p, List<T>> {
    /// Reads each element of a list of at most `most`.
    pub(crate) fn each<U>(
        self,
        most: usize,
        mut read: impl FnMut(T, &Path<'_>) -> Result<U, Fault>,
    ) -> Result<Field<'p, Vec<U>>, Fault> {
        self.read_at(|list, path| {
            if list.len() > most {
                return Err(path.element(most).fault(Reason::TooMany));
            }
            let numbered = list.into_iter().enumerate();
            numbered.map(|(index, Object(element))| read(element, &path.element(index))).collect()
        })
    }

    /// Appends a list as `write` appends its elements; nothing where there is none.
    pub(crate) fn push(
        self,
        most: usize,
        out: &mut String,
        mut write: impl FnMut(T, &Path<'_>, &mut String) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if self.value.is_none() {
            return Ok(());
        }
        out.push('[');
        self.each(most, |element, path| {
            if !out.ends_with('[') {
                out.push(',');
            }
            write(element, path, out)
        })?;
        out.push(']');
        Ok(())
    }
}

impl<'a> Field<'_, Vec<Text<'a>>> {
    /// Reads each of a list of strings.
    pub(crate) fn texts<U>(
        self,
        mut read: impl FnMut(Cow<'a, str>) -> Result<U, Reason>,
    ) -> Result<Vec<U>, Fault> {
        let texts = self.read_at(|list, path| {
            let numbered = list.into_iter().enumerate();
            numbered
                .map(|(index, Text(text))| read(text).map_err(|reason| path.element(index).fault(reason)))
                .collect()
        })?;
        Ok(texts.value.unwrap_or_default())
    }
}
