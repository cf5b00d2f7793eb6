//! Offline proofs in the format c2sp.org/tlog-proof@v1.

use data_encoding::BASE64;
use tlog_tiles::Hash;

/// The text of a proof: the entry's index, the hashes of its audit path, the checkpoint as it was signed. `extra` goes
/// into its own line and is not authenticated: an entry's proof carries the salt of its header there.
pub fn to_text(extra: Option<&[u8]>, index: u64, path: &[Hash], checkpoint: &str) -> String {
    let extra = extra.map(|extra| format!("extra {}\n", BASE64.encode(extra))).unwrap_or_default();
    let mut text = format!("c2sp.org/tlog-proof@v1\n{extra}index {index}\n");
    for hash in path {
        text.push_str(&BASE64.encode(&hash.0));
        text.push('\n');
    }
    text.push('\n');
    text.push_str(checkpoint);
    text
}
