//! A strict pull reader over borrowed JSON text.

use std::{borrow::Cow, collections::HashSet};

use super::{Fault, Reason, scan::plain};

/// Longest string, in characters.
pub(crate) const MAX_TEXT: usize = 1_024;
/// Longest id, in characters.
const MAX_ID: usize = 128;
/// Deepest nesting of a message.
const MAX_DEPTH: u8 = 16;
/// Deepest nesting that is followed when only a member is looked for in a text already refused.
const MAX_DEPTH_LENIENT: u8 = 64;
/// Up to so many keys an object's names are compared one by one.
const FEW: usize = 24;

/// Reads one text from front to back. Every object is checked for duplicate keys, every string for its length and
/// U+0000, also where a value is only skipped.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: u8,
    lenient: bool,
    names: Vec<Cow<'a, str>>,
}

impl<'a> Reader<'a> {
    /// A reader at the start of `text`, which lies `depth` levels deep in its message.
    pub(crate) fn new(text: &'a str, depth: u8) -> Self {
        Self { text, at: 0, depth, lenient: false, names: Vec::with_capacity(32) }
    }

    /// A reader at any value of `text` that judges nothing but the grammar.
    pub(crate) fn lenient(text: &'a str, at: usize) -> Self {
        Self { text, at, depth: 0, lenient: true, names: Vec::new() }
    }

    /// The byte at which the next value starts.
    pub(crate) fn place(&mut self) -> usize {
        self.space();
        self.at
    }

    /// The whole text, to look ahead in it.
    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    fn fault<T>(&self, reason: Reason) -> Result<T, Fault> {
        Err(Fault::new(reason, self.at))
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    #[inline]
    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.text.as_bytes().get(self.at) {
            self.at += 1;
        }
    }

    /// The first byte of the next value.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        self.space();
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn open(&mut self, byte: u8) -> Result<usize, Fault> {
        let at = self.place();
        if !self.take(byte) {
            return self.mismatch();
        }
        let most = if self.lenient { MAX_DEPTH_LENIENT } else { MAX_DEPTH };
        if self.depth >= most {
            return Err(Fault::new(Reason::TooDeep, at));
        }
        self.depth += 1;
        Ok(at)
    }

    /// A value of another type, or no value at all.
    fn mismatch<T>(&mut self) -> Result<T, Fault> {
        let reason = match self.peek() {
            Some(b'"' | b'{' | b'[' | b't' | b'f' | b'n' | b'-' | b'0'..=b'9') => Reason::WrongType,
            _ => Reason::InvalidJson,
        };
        self.fault(reason)
    }

    /// Reads an object; `member` must read exactly the value of the key it is given. Returns where it starts.
    pub(crate) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, &str) -> Result<(), Fault>,
    ) -> Result<usize, Fault> {
        let start = self.open(b'{')?;
        if !self.take(b'}') {
            self.members(&mut member)?;
            if !self.take(b'}') {
                return self.fault(Reason::InvalidJson);
            }
        }
        self.depth -= 1;
        Ok(start)
    }

    /// Reads the members of an object whose braces lie elsewhere.
    pub(crate) fn members(
        &mut self,
        mut member: impl FnMut(&mut Self, &str) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let base = self.names.len();
        let mut crowd = None;
        loop {
            if self.peek() != Some(b'"') {
                return self.fault(Reason::InvalidJson);
            }
            let at = self.at;
            let key = self.string()?;
            if !self.lenient && !self.is_new(base, key.clone(), &mut crowd) {
                return Err(Fault::new(Reason::DuplicateKey, at));
            }
            if !self.take(b':') {
                return self.fault(Reason::InvalidJson);
            }
            member(self, &key)?;
            if !self.lenient {
                self.names.push(key);
            }
            if !self.take(b',') {
                break;
            }
        }
        self.names.truncate(base);
        Ok(())
    }

    fn is_new(&self, base: usize, key: Cow<'a, str>, crowd: &mut Option<HashSet<Cow<'a, str>>>) -> bool {
        let names = self.names.get(base..).unwrap_or_default();
        if names.len() < FEW {
            return !names.contains(&key);
        }
        crowd.get_or_insert_with(|| names.iter().cloned().collect()).insert(key)
    }

    /// Reads an array; `element` must read exactly one value. Returns where it starts.
    pub(crate) fn array(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<usize, Fault> {
        let start = self.open(b'[')?;
        if !self.take(b']') {
            loop {
                element(self)?;
                if !self.take(b',') {
                    break;
                }
            }
            if !self.take(b']') {
                return self.fault(Reason::InvalidJson);
            }
        }
        self.depth -= 1;
        Ok(start)
    }

    /// Reads a string. It is borrowed exactly where it stands without escapes.
    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>, Fault> {
        let at = self.place();
        let bytes = self.text.as_bytes();
        if bytes.get(at) != Some(&b'"') {
            return self.mismatch();
        }
        let start = at + 1;
        let rest = bytes.get(start..).unwrap_or_default();
        let Some(length) = plain(rest) else {
            return Err(Fault::new(Reason::InvalidJson, at));
        };
        let text = if rest.get(length) == Some(&b'"') {
            self.at = start + length + 1;
            Cow::Borrowed(self.text.get(start..start + length).unwrap_or_default())
        } else {
            self.at = start;
            Cow::Owned(self.unescape(at)?)
        };
        if text.len() > MAX_TEXT && !self.lenient && text.chars().count() > MAX_TEXT {
            return Err(Fault::new(Reason::TooLong, at));
        }
        Ok(text)
    }

    /// Reads on from behind an opening quote, with escapes.
    fn unescape(&mut self, start: usize) -> Result<String, Fault> {
        let bad = Fault::new(Reason::InvalidJson, start);
        let mut out = String::new();
        loop {
            let rest = self.rest();
            let run = plain(rest).ok_or(bad)?;
            out.push_str(self.text.get(self.at..self.at + run).ok_or(bad)?);
            self.at += run + 1;
            match rest.get(run) {
                Some(b'"') => return Ok(out),
                Some(b'\\') => {
                    let escape = self.rest().first().copied().ok_or(bad)?;
                    self.at += 1;
                    let letter = match escape {
                        b'"' | b'\\' | b'/' => char::from(escape),
                        b'b' => '\u{8}',
                        b'f' => '\u{c}',
                        b'n' => '\n',
                        b'r' => '\r',
                        b't' => '\t',
                        b'u' => self.unicode().ok_or(bad)?,
                        _ => return Err(bad),
                    };
                    if letter == '\0' && !self.lenient {
                        return Err(Fault::new(Reason::NulCharacter, start));
                    }
                    out.push(letter);
                }
                Some(0) => return Err(Fault::new(Reason::NulCharacter, start)),
                _ => return Err(bad),
            }
        }
    }

    /// The character of a `\u` escape, of two where they are a surrogate pair.
    fn unicode(&mut self) -> Option<char> {
        let high = self.four_digits()?;
        if !(0xd800..0xdc00).contains(&high) {
            return char::from_u32(high);
        }
        if !self.rest().starts_with(b"\\u") {
            return None;
        }
        self.at += 2;
        let low = self.four_digits()?;
        if !(0xdc00..0xe000).contains(&low) {
            return None;
        }
        char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))
    }

    fn four_digits(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        let plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        plain.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    }

    /// Reads an id: a string of 1 to 128 characters.
    pub(crate) fn id(&mut self) -> Result<Cow<'a, str>, Fault> {
        let at = self.place();
        let id = self.name()?;
        if id.len() > MAX_ID && id.chars().count() > MAX_ID {
            return Err(Fault::new(Reason::TooLong, at));
        }
        Ok(id)
    }

    /// Reads a string that is not empty.
    pub(crate) fn name(&mut self) -> Result<Cow<'a, str>, Fault> {
        let at = self.place();
        let name = self.string()?;
        if name.is_empty() { Err(Fault::new(Reason::Empty, at)) } else { Ok(name) }
    }

    /// Reads a number as its text.
    pub(crate) fn number(&mut self) -> Result<&'a str, Fault> {
        let start = self.place();
        if !matches!(self.peek(), Some(b'-' | b'0'..=b'9')) {
            return self.mismatch();
        }
        self.at += usize::from(self.rest().first() == Some(&b'-'));
        let whole = self.digits();
        let leading_zero = whole > 1 && self.text.as_bytes().get(self.at - whole) == Some(&b'0');
        let mut good = whole > 0 && !leading_zero;
        if self.rest().first() == Some(&b'.') {
            self.at += 1;
            good &= self.digits() > 0;
        }
        if let Some(b'e' | b'E') = self.rest().first() {
            self.at += 1;
            self.at += usize::from(matches!(self.rest().first(), Some(b'+' | b'-')));
            good &= self.digits() > 0;
        }
        if good {
            Ok(self.text.get(start..self.at).unwrap_or_default())
        } else {
            Err(Fault::new(Reason::InvalidJson, start))
        }
    }

    fn digits(&mut self) -> usize {
        let count = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }

    /// Reads `true` or `false`.
    pub(crate) fn boolean(&mut self) -> Result<bool, Fault> {
        match self.peek() {
            Some(b't') => self.literal("true").map(|()| true),
            Some(b'f') => self.literal("false").map(|()| false),
            _ => self.mismatch(),
        }
    }

    fn literal(&mut self, word: &str) -> Result<(), Fault> {
        if self.rest().starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(())
        } else {
            self.fault(Reason::InvalidJson)
        }
    }

    /// Reads a value, or `null` as its absence.
    pub(crate) fn optional<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        if self.peek() == Some(b'n') { self.literal("null").map(|()| None) } else { read(self).map(Some) }
    }

    /// Reads past any value, with the same checks.
    pub(crate) fn skip(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Some(b'{') => self.object(|reader, _| reader.skip()).map(drop),
            Some(b'[') => self.array(Self::skip).map(drop),
            Some(b'"') => self.string().map(drop),
            Some(b't' | b'f') => self.boolean().map(drop),
            Some(b'n') => self.literal("null"),
            _ => self.number().map(drop),
        }
    }

    /// Reads past any value and returns its text.
    pub(crate) fn raw(&mut self) -> Result<&'a str, Fault> {
        let start = self.place();
        self.skip()?;
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    /// Nothing but white space may follow.
    pub(crate) fn end(&mut self) -> Result<(), Fault> {
        if self.peek().is_none() { Ok(()) } else { self.fault(Reason::InvalidJson) }
    }
}

/// Where the value of `member` starts in the object that starts at `object`, without judging what is passed over.
pub(crate) fn find(text: &str, object: usize, member: &str) -> Option<usize> {
    let mut found = None;
    let mut reader = Reader::lenient(text, object);
    let _outcome = reader.object(|reader, key| {
        if key == member {
            found = Some(reader.place());
            // Stops the reading; the fault itself says nothing.
            return reader.fault(Reason::Empty);
        }
        reader.skip()
    });
    found
}
