//! Small edits of JSON that this crate wrote itself: dropping members, walking lists.

use super::{Fault, Reader};

/// Appends `list`, an array of objects, without those members for which `drops` is true.
pub(crate) fn without(list: &str, out: &mut String, drops: impl Fn(&str) -> bool) -> Result<(), Fault> {
    let mut reader = Reader::lenient(list, 0);
    out.push('[');
    let mut first = true;
    reader.array(|reader| {
        if !first {
            out.push(',');
        }
        first = false;
        out.push('{');
        reader.object(|reader, key| {
            let value = reader.raw()?;
            if !drops(key) {
                super::separate(out, key);
                out.push_str(value);
            }
            Ok(())
        })?;
        out.push('}');
        Ok(())
    })?;
    out.push(']');
    Ok(())
}

/// Calls `each` with the text of every element of `list`.
pub(crate) fn elements<'a>(
    list: &'a str,
    mut each: impl FnMut(&'a str) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut reader = Reader::lenient(list, 0);
    reader.array(|reader| each(reader.raw()?)).map(drop)
}
