//! Finding the end of plain text inside a string, eight bytes at a time.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// How many bytes come before the first quote, backslash or control character; `None` where there is none.
#[inline]
pub(super) fn plain(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    let mut passed = 0;
    while let Some((eight, behind)) = rest.split_first_chunk::<8>() {
        let found = special(u64::from_le_bytes(*eight));
        if found != 0 {
            // The lowest mark is exact; only marks above it can be borrows of the subtraction.
            return usize::try_from(found.trailing_zeros() / 8).ok().map(|at| passed + at);
        }
        passed += 8;
        rest = behind;
    }
    let at = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))?;
    Some(passed + at)
}

/// Marks the high bit of each special byte of a word.
fn special(word: u64) -> u64 {
    let equal = |byte: u8| {
        let differs = word ^ (ONES * u64::from(byte));
        differs.wrapping_sub(ONES) & !differs
    };
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (equal(b'"') | equal(b'\\') | control) & HIGHS
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn the_first_special_byte_is_found_at_every_place() {
        for special in [b'"', b'\\', 0, 0x1f, b'\n'] {
            for length in 0..40 {
                let mut text = vec![b'a'; length];
                text.push(special);
                text.extend(b"\"\\\x01 tail");
                assert_eq!(plain(&text), Some(length), "{special} behind {length}");
            }
        }
        assert_eq!(plain("ÄÖ\u{7f}\u{80}€ 😀 !#[]^~".as_bytes()), None);
    }
}
