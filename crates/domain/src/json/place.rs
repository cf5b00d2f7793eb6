//! From a byte of a text to the JSON pointer (RFC 6901) of what stands there.

use std::borrow::Cow;

use super::Reader;

/// A container that is open at some byte of the text.
enum Level<'a> {
    Object { key: Option<Cow<'a, str>>, in_value: bool },
    Array(usize),
}

/// The pointer of the value or key that starts at byte `at`, or that is being read there; the text may be broken
/// from there on. Computed only when a message is refused.
pub(crate) fn pointer(text: &str, at: usize) -> String {
    let bytes = text.as_bytes();
    let mut levels: Vec<Level<'_>> = Vec::new();
    let mut here = 0;
    while let Some(byte) = bytes.get(here).filter(|_| here <= at) {
        let is_target = here == at;
        let mut next = here + 1;
        match byte {
            b'"' => {
                let end = end_of_string(bytes, here);
                if let Some(Level::Object { key, in_value: false }) = levels.last_mut() {
                    *key = Reader::lenient(text, here).string().ok();
                }
                next = end;
            }
            b'{' if !is_target => levels.push(Level::Object { key: None, in_value: false }),
            b'[' if !is_target => levels.push(Level::Array(0)),
            b'}' | b']' if !is_target => drop(levels.pop()),
            b':' => {
                if let Some(Level::Object { in_value, .. }) = levels.last_mut() {
                    *in_value = true;
                }
            }
            b',' => match levels.last_mut() {
                Some(level @ Level::Object { .. }) => *level = Level::Object { key: None, in_value: false },
                Some(Level::Array(index)) => *index += 1,
                None => {}
            },
            _ => {}
        }
        if is_target {
            break;
        }
        here = next;
    }
    write(&levels)
}

/// The byte behind the string that starts at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut here = start + 1;
    while let Some(byte) = bytes.get(here) {
        match byte {
            b'"' => return here + 1,
            b'\\' => here += 2,
            _ => here += 1,
        }
    }
    bytes.len()
}

fn write(levels: &[Level<'_>]) -> String {
    let mut out = String::new();
    for level in levels {
        match level {
            // Broken before its next key: the object itself is the place.
            Level::Object { key: None, .. } => {}
            Level::Object { key: Some(key), .. } => {
                out.push('/');
                // A key is the sender's text: cut, so that a reason never carries a value of any size.
                out.extend(key.chars().take(64).flat_map(|letter| match letter {
                    '~' => vec!['~', '0'],
                    '/' => vec!['~', '1'],
                    other => vec![other],
                }));
            }
            Level::Array(index) => {
                out.push('/');
                super::push_digits(&mut out, u128::try_from(*index).unwrap_or_default());
            }
        }
    }
    out
}
