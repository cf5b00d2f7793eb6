//! The stored form of a purchase: sections of served JSON behind a table of their ends.
//!
//! ```text
//! byte 0       format, 2
//! byte 1       flags: what a projection must look for inside sections
//! bytes 2..42  ten ends, u32 little endian, counted from byte 42
//! bytes 42..   the sections
//! ```
//! A section is empty or one or more members of the served object (`"lines":[…]`), so that showing a purchase is
//! joining bytes. The last two are never served. Format 1 lacks the last section.

/// The format that is written.
const FORMAT: u8 = 2;
const COUNT: usize = 10;
/// What is read too: purchases without marks.
const FORMAT_1: u8 = 1;
const COUNT_1: usize = 9;

/// Some line names its own seller, which belongs to the place of purchase.
pub(crate) const SELLERS_ON_LINES: u8 = 1;
/// Lines carry `returnedQuantity` or `refunded`.
pub(crate) const LINES_ANNOTATED: u8 = 2;

/// A stored purchase that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored purchase is broken: {what}")]
pub struct Corrupt {
    /// What is wrong with it; never a value of it.
    pub what: &'static str,
}

impl Corrupt {
    pub(crate) fn new(what: &'static str) -> Self {
        Self { what }
    }
}

impl From<serde_json::Error> for Corrupt {
    /// The error itself may hold a value.
    fn from(_: serde_json::Error) -> Self {
        Self::new("a part of it is no JSON, or other JSON than was written")
    }
}

/// The sections, in their stored order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// What every reader of purchases may see.
    Head,
    /// The lines.
    Lines,
    /// Tenders and loyalty.
    Payment,
    /// Seller and location.
    Location,
    /// Fulfilments, with the ids of their lines.
    Fulfilments,
    /// Till receipts and invoices.
    Documents,
    /// Returns, with their lines.
    Returns,
    /// Refunds, with method and allocations.
    Refunds,
    /// Never served: returns and refunds as they were sent, for the next merge.
    Kept,
    /// Never served: in which categories the lines are, in bytes.
    Marks,
}

impl Section {
    const ALL: [Self; COUNT] = [
        Self::Head,
        Self::Lines,
        Self::Payment,
        Self::Location,
        Self::Fulfilments,
        Self::Documents,
        Self::Returns,
        Self::Refunds,
        Self::Kept,
        Self::Marks,
    ];

    fn index(self) -> usize {
        Self::ALL.iter().position(|section| *section == self).unwrap_or_default()
    }
}

/// A purchase in its stored form, before compression and encryption.
#[derive(Clone, PartialEq, Eq)]
pub struct Sections(Vec<u8>);

impl std::fmt::Debug for Sections {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Sections({} bytes)", self.0.len())
    }
}

impl Sections {
    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes to store, without a copy.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// A view of the sections.
    ///
    /// # Errors
    /// [`Corrupt`] cannot come from sections that [`super::Purchase::render`] wrote.
    pub fn view(&self) -> Result<SectionsRef<'_>, Corrupt> {
        SectionsRef::parse(&self.0)
    }
}

/// Sections being written: each is closed before the next begins.
pub(crate) struct Writer {
    pub(crate) text: String,
    ends: [usize; COUNT],
}

impl Writer {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), ends: [0; COUNT] }
    }

    pub(crate) fn close(&mut self, section: Section) {
        if let Some(ends) = self.ends.get_mut(section.index()..) {
            ends.fill(self.text.len());
        }
    }

    /// The whole, with the last section, which is no text.
    pub(crate) fn finish(mut self, flags: u8, marks: &[u8]) -> Sections {
        let end = self.text.len() + marks.len();
        if let Some(last) = self.ends.last_mut() {
            *last = end;
        }
        let mut bytes = Vec::with_capacity(2 + 4 * COUNT + end);
        bytes.extend([FORMAT, flags]);
        for end in self.ends {
            // A message has at most 4 MiB, and what is rendered from it stays far below 4 GiB.
            bytes.extend(u32::try_from(end).unwrap_or(u32::MAX).to_le_bytes());
        }
        bytes.extend(self.text.as_bytes());
        bytes.extend(marks);
        Sections(bytes)
    }
}

/// Sections, borrowed from their bytes.
#[derive(Clone, Copy, Debug)]
pub struct SectionsRef<'a> {
    flags: u8,
    parts: [&'a [u8]; COUNT],
}

impl<'a> SectionsRef<'a> {
    /// Finds the sections in stored bytes.
    ///
    /// # Errors
    /// [`Corrupt`] where the bytes are of another format or the table does not fit them.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Corrupt> {
        let short = Corrupt::new("it is too short");
        let (&[format, flags], rest) = bytes.split_first_chunk().ok_or(short)?;
        let count = match format {
            FORMAT => COUNT,
            FORMAT_1 => COUNT_1,
            _ => return Err(Corrupt::new("its format is not known")),
        };
        let (table, body) = rest.split_at_checked(4 * count).ok_or(short)?;
        let mut parts = [&[][..]; COUNT];
        let mut from = 0;
        for (part, end) in parts.iter_mut().zip(table.chunks_exact(4)) {
            let end = end.try_into().map(u32::from_le_bytes).ok().and_then(|end| usize::try_from(end).ok());
            let end = end.ok_or(Corrupt::new("its table is broken"))?;
            *part = body.get(from..end).ok_or(Corrupt::new("its table does not fit"))?;
            from = end;
        }
        if from == body.len() { Ok(Self { flags, parts }) } else { Err(Corrupt::new("bytes are left over")) }
    }

    /// The bytes of one section.
    pub fn get(&self, section: Section) -> &'a [u8] {
        self.parts.get(section.index()).copied().unwrap_or_default()
    }

    /// The text of one section.
    pub(crate) fn text(&self, section: Section) -> Result<&'a str, Corrupt> {
        std::str::from_utf8(self.get(section)).map_err(|_| Corrupt::new("a section is not UTF-8"))
    }

    /// The revision and the time of the latest change (RFC 3339), as the head says them.
    ///
    /// # Errors
    /// [`Corrupt`] where the head does not begin as it is written.
    pub fn latest(&self) -> Result<(i64, &'a str), Corrupt> {
        let head = self.text(Section::Head)?;
        let found = head
            .split_once("\"revision\":")
            .and_then(|(_, rest)| rest.split_once(",\"recordedAt\":\""))
            .and_then(|(revision, rest)| {
                Some((revision.parse().ok()?, rest.split_once("\"updatedAt\":\"")?.1))
            })
            .and_then(|(revision, rest)| Some((revision, rest.split_once('"')?.0)));
        found.ok_or(Corrupt::new("its head has no revision"))
    }

    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}
