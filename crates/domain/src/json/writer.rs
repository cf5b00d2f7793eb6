//! Appending JSON to a buffer.

use std::borrow::Cow;

/// Appends a string with its quotes. Borrowed text comes from a string without escapes and needs none.
pub(crate) fn push_text(out: &mut String, text: &Cow<'_, str>) {
    match text {
        Cow::Borrowed(plain) if !needs_escape(plain) => {
            out.push('"');
            out.push_str(plain);
            out.push('"');
        }
        text => push_escaped(out, text),
    }
}

fn needs_escape(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))
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
    push_text(out, &Cow::Borrowed(text));
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

/// Appends a whole number.
pub(crate) fn push_digits(out: &mut String, mut number: u128) {
    let mut digits = [b'0'; 40];
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
        used += 1;
        if number == 0 {
            break;
        }
    }
    let text = digits.get(digits.len() - used..).unwrap_or_default();
    out.push_str(std::str::from_utf8(text).unwrap_or_default());
}
