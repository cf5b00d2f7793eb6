//! Proofs that an entry is in a log, as receipts have them.

use data_encoding::BASE64;
use tlog_tiles::Hash;

/// A proof in the format c2sp.org/tlog-proof@v1.
pub(super) struct Proof {
    pub(super) extra: Vec<u8>,
    pub(super) index: u64,
    pub(super) path: Vec<Hash>,
    pub(super) checkpoint: String,
}

impl Proof {
    /// Reads it; nothing but the one spelling that the format has passes.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("c2sp.org/tlog-proof@v1\n")?;
        let (head, checkpoint) = rest.split_once("\n\n")?;
        let mut lines = head.split('\n');
        let extra = BASE64.decode(lines.next()?.strip_prefix("extra ")?.as_bytes()).ok()?;
        let written = lines.next()?.strip_prefix("index ")?;
        let index = written.parse::<u64>().ok().filter(|index| format!("{index}") == written)?;
        let hash = |line: &str| Some(Hash(BASE64.decode(line.as_bytes()).ok()?.try_into().ok()?));
        let path = lines.map(hash).collect::<Option<_>>()?;
        Some(Self { extra, index, path, checkpoint: checkpoint.to_owned() })
    }
}
