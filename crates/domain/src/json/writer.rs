//! Appending JSON to a buffer.

use std::{
    fmt::{Display, Write as _},
    io,
};

/// A buffer of text that `serde_json` writes to.
struct Sink<'s>(&'s mut String);

impl io::Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        self.0.push_str(text);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Appends a string with its quotes. Nearly all have nothing to escape (RFC 8259, section 7) and are copied whole.
pub(crate) fn push_text(out: &mut String, text: &str) {
    let special = |byte: u8| u8::from(byte < b' ' || byte == b'"' || byte == b'\\');
    if text.bytes().fold(0, |found, byte| found | special(byte)) == 0 {
        out.push('"');
        out.push_str(text);
        out.push('"');
        return;
    }
    let written = serde_json::to_writer(Sink(out), text);
    debug_assert!(written.is_ok(), "a string is written to memory in whole characters");
}

/// Appends a value as it displays itself.
pub(crate) fn push_shown(out: &mut String, value: impl Display) {
    let written = write!(out, "{value}");
    debug_assert!(written.is_ok(), "a buffer in memory takes everything");
}

/// Appends `"name":"value"` for a value that displays itself without anything to escape.
pub(crate) fn push_quoted(out: &mut String, name: &str, value: impl Display) {
    separate(out, name);
    out.push('"');
    push_shown(out, value);
    out.push('"');
}

/// Appends `"name":"text"`, with a comma before it where one is due. The name is one of ours and needs no escape.
pub(crate) fn push_member(out: &mut String, name: &str, text: &str) {
    separate(out, name);
    push_text(out, text);
}

/// Appends `"name":`, with a comma before it unless it is the first of its object.
pub(crate) fn separate(out: &mut String, name: &str) {
    if !matches!(out.as_bytes().last(), None | Some(b'{' | b'[')) {
        out.push(',');
    }
    out.push('"');
    out.push_str(name);
    out.push_str("\":");
}
