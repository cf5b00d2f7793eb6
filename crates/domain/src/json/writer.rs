//! Appending JSON to a buffer.

use std::borrow::Cow;

use super::scan::plain;

/// Appends a string with its quotes.
pub(crate) fn push_text(out: &mut String, text: &str) {
    if plain(text.as_bytes()).is_some() {
        push_escaped(out, text);
    } else {
        out.push('"');
        out.push_str(text);
        out.push('"');
    }
}

/// Appends a string that was read, with its quotes: one that is still borrowed had no escapes and needs none.
#[expect(clippy::ptr_arg, reason = "whether it is borrowed is what is asked here")]
pub(crate) fn push_read(out: &mut String, text: &Cow<'_, str>) {
    match text {
        Cow::Borrowed(plain) => {
            out.push('"');
            out.push_str(plain);
            out.push('"');
        }
        Cow::Owned(text) => push_text(out, text),
    }
}

fn push_escaped(out: &mut String, text: &str) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            control if control < ' ' => {
                let code = u32::from(control);
                out.push_str(if code < 16 { "\\u000" } else { "\\u001" });
                out.extend(char::from_digit(code % 16, 16));
            }
            other => out.push(other),
        }
    }
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

/// Appends a whole number. Nearly all fit 64 bits, where division is many times faster.
pub(crate) fn push_digits(out: &mut String, number: u128) {
    const GROUP: u128 = 10_000_000_000_000_000_000;
    if let Ok(number) = u64::try_from(number) {
        push_short(out, number, 1);
    } else {
        push_digits(out, number / GROUP);
        push_short(out, u64::try_from(number % GROUP).unwrap_or_default(), 19);
    }
}

/// Appends a number with at least `width` digits.
pub(crate) fn push_short(out: &mut String, mut number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        if number == 0 && used >= width {
            break;
        }
        *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
        used += 1;
    }
    let text = digits.get(digits.len() - used..).unwrap_or_default();
    out.push_str(std::str::from_utf8(text).unwrap_or_default());
}
