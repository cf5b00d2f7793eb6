//! The walk over one generation.

use std::collections::BTreeMap;

use counterfoil_domain::entry::{Commitment, leaf_data};
use counterfoil_store::trees::{self, Tree};
use tlog_tiles::{Hash, Tile};

use super::open::Bodies;
use super::{Examined, Fault, Kind, Verifier, VerifyError, Wanted, bad_note};
use crate::tree::{Edge, Head, Opener, Piece, Tiles, path};

/// Entries read at once without their bodies.
const PAGE: i64 = 20_000;
/// Entries read at once with their bodies.
const DEEP_PAGE: i64 = 2_000;
/// Checkpoints read at once.
const CHECKPOINTS: i64 = 500;

pub(super) struct Walk<'a> {
    pub(super) verifier: &'a Verifier,
    pub(super) tree: &'a Tree,
    /// The number after the generation's last entry.
    pub(super) end: i64,
    pub(super) opener: Opener,
    pub(super) wanted: &'a Wanted,
}

/// What the walk has come to.
struct State {
    edge: Edge,
    /// Roots that must come out, by size.
    roots: BTreeMap<u64, Vec<Hash>>,
    /// Size up to which checkpoints of the database were read.
    read_to: i64,
    all_read: bool,
    /// The first tile whose bytes are not those that the entries give.
    tile: Option<(u64, String)>,
    /// The first size at which another root was signed.
    root: Option<u64>,
}

impl Walk<'_> {
    pub(super) fn run(
        &self,
        heads: Vec<Head>,
        examined: &mut Examined,
        progress: &mut dyn FnMut(&str, u64, u64),
    ) -> Result<(), VerifyError> {
        examined.signed = heads.first().map_or(0, |head| head.size);
        let largest = heads.iter().map(|head| head.size).max().unwrap_or(0);
        let mut state = State {
            edge: Edge::default(),
            roots: BTreeMap::new(),
            read_to: -1,
            all_read: false,
            tile: None,
            root: None,
        };
        for head in heads {
            examined.checkpoints += 1;
            state.roots.entry(head.size).or_default().push(head.root);
        }
        let mut fault = self.walk(&mut state, examined, progress)?;
        if fault.is_none() && examined.lost > 0 {
            fault = self.walk_lost(&mut state, examined)?;
        }
        if fault.is_some() {
            examined.fault = fault;
            return Ok(());
        }
        examined.fault = self.judge(&state, largest);
        Ok(())
    }

    /// Every entry in its order; a fault that ends the walk.
    fn walk(
        &self,
        state: &mut State,
        examined: &mut Examined,
        progress: &mut dyn FnMut(&str, u64, u64),
    ) -> Result<Option<Fault>, VerifyError> {
        let tiles = Tiles::new(self.verifier.objects.clone(), &self.tree.log, self.tree.generation);
        let integrated = u64::try_from(self.tree.integrated).unwrap_or_default();
        let total = u64::try_from(self.end - self.tree.first_seq).unwrap_or_default();
        let mut bodies = Bodies::new(&self.verifier.store, &self.verifier.keys);
        let mut full = Vec::new();
        if let Some(fault) = self.marks(state, examined)? {
            return Ok(Some(fault));
        }
        let mut seq = self.tree.first_seq;
        while seq < self.end {
            let mut rows = if self.wanted.deep {
                match bodies.read(&self.tree.log, seq, DEEP_PAGE.min(self.end - seq), examined)? {
                    Ok(rows) => rows,
                    Err((number, layer, says)) => {
                        let index = self.index(number);
                        return Ok(Some(Fault::new(Kind::Tampered, layer, index, says)));
                    }
                }
            } else {
                let wanted = PAGE.min(self.end - seq);
                self.verifier
                    .store
                    .read_blocking(|conn| trees::commitments(conn, &self.tree.log, seq, wanted))?
            };
            // What comes after the end is the next generation's.
            rows.retain(|(number, _)| *number < self.end);
            if rows.is_empty() {
                return Ok(self.missing(seq, None, examined));
            }
            for (number, commitment) in rows {
                if number != seq {
                    return Ok(self.missing(seq, Some(number), examined));
                }
                seq += 1;
                state.edge.push(&leaf_data(&Commitment(commitment)), &mut full);
                examined.entries += 1;
                let size = state.edge.size();
                if size <= integrated {
                    for piece in full.drain(..) {
                        if let Some(fault) = compare(&tiles, &piece, state)? {
                            return Ok(Some(fault));
                        }
                    }
                }
                full.clear();
                if size == integrated {
                    for piece in state.edge.partial() {
                        if let Some(fault) = compare(&tiles, &piece, state)? {
                            return Ok(Some(fault));
                        }
                    }
                }
                if let Some(fault) = self.marks(state, examined)? {
                    return Ok(Some(fault));
                }
            }
            progress(&self.tree.log, examined.entries, total);
        }
        Ok(None)
    }

    /// The leaves that the database lost with the state that was restored are still in the bundles: with them the tree
    /// must come to what was signed.
    fn walk_lost(&self, state: &mut State, examined: &mut Examined) -> Result<Option<Fault>, VerifyError> {
        let tiles = Tiles::new(self.verifier.objects.clone(), &self.tree.log, self.tree.generation);
        let end = state.edge.size() + examined.lost;
        while state.edge.size() < end {
            let at = state.edge.size();
            let width = (end - (at & !255)).min(256);
            let bundle = Tile::new(8, 0, at >> 8, u32::try_from(width).unwrap_or(256), true);
            let leaves = tiles.read(&bundle)?.and_then(|bytes| leaves(&bytes));
            let skipped = usize::try_from(at % 256).unwrap_or_default();
            let Some(leaves) = leaves.filter(|leaves| leaves.len() > skipped) else {
                let says = format!("{} is missing", path(&bundle));
                return Ok(Some(Fault::new(Kind::Unverifiable, "tile", Some(at), says)));
            };
            for leaf in leaves.iter().skip(skipped) {
                state.edge.push(leaf, &mut Vec::new());
                if let Some(fault) = self.marks(state, examined)? {
                    return Ok(Some(fault));
                }
            }
        }
        Ok(None)
    }

    fn index(&self, number: i64) -> Option<u64> {
        u64::try_from(number - self.tree.first_seq).ok()
    }

    /// Entries that are not there: those that a restored database lost are counted; what was cut off is a roll-back;
    /// a hole was made by somebody.
    fn missing(&self, seq: i64, next: Option<i64>, examined: &mut Examined) -> Option<Fault> {
        let index = self.index(seq);
        if next.is_some() {
            return Some(Fault::new(Kind::Tampered, "sequence", index, "the entry is missing"));
        }
        if self.tree.kept.is_some_and(|kept| Some(kept) == index.and_then(|index| i64::try_from(index).ok()))
        {
            examined.lost = u64::try_from(self.end - seq).unwrap_or_default();
            return None;
        }
        Some(Fault::new(
            Kind::RolledBack,
            "sequence",
            index,
            "the log ends here, and its head says that it goes on",
        ))
    }

    /// Holds the root at hand against every checkpoint of this size.
    fn marks(&self, state: &mut State, examined: &mut Examined) -> Result<Option<Fault>, VerifyError> {
        let size = state.edge.size();
        let at = i64::try_from(size).unwrap_or(i64::MAX);
        while !state.all_read && state.read_to < at {
            let page = self.verifier.store.read_blocking(|conn| {
                trees::checkpoints(conn, &self.tree.log, self.tree.generation, state.read_to, CHECKPOINTS)
            })?;
            state.all_read = i64::try_from(page.len()).is_ok_and(|count| count < CHECKPOINTS);
            for checkpoint in page {
                state.read_to = checkpoint.size;
                examined.checkpoints += 1;
                let what = format!("the checkpoint of {} entries", checkpoint.size);
                match self.opener.open(&checkpoint.note) {
                    Ok(head) if i64::try_from(head.size) == Ok(checkpoint.size) => {
                        state.roots.entry(head.size).or_default().push(head.root);
                    }
                    Ok(_) => return Ok(Some(bad_note(&what, "states another size"))),
                    Err(error) => return Ok(Some(bad_note(&what, &error))),
                }
            }
        }
        let Some(roots) = state.roots.remove(&size) else { return Ok(None) };
        let root = state.edge.root().ok();
        if state.root.is_none() && roots.iter().any(|signed| Some(*signed) != root) {
            state.root = Some(size);
        }
        Ok(None)
    }

    /// What all of it means, once every entry was seen.
    fn judge(&self, state: &State, largest: u64) -> Option<Fault> {
        if let Some(size) = state.root {
            return Some(match &state.tile {
                // Tiles and checkpoint agree against the entries.
                Some((entry, path)) => Fault::new(
                    Kind::Tampered,
                    "leaf",
                    Some(*entry),
                    format!("{path} holds another leaf, and so does the checkpoint of {size} entries"),
                ),
                None => Fault::new(
                    Kind::Tampered,
                    "root",
                    None,
                    format!("the entries give another root than the checkpoint of {size} entries"),
                ),
            });
        }
        if let Some((entry, path)) = &state.tile {
            let says = format!("{path} holds other bytes than the entries give");
            return Some(Fault::new(Kind::Tampered, "tile", Some(*entry), says));
        }
        let seen = state.edge.size();
        let signed = largest.max(state.roots.keys().next_back().copied().unwrap_or(0));
        if signed > seen {
            let says = format!("{signed} entries were signed, and the log has {seen}");
            return Some(Fault::new(Kind::RolledBack, "sequence", Some(seen), says));
        }
        let integrated = u64::try_from(self.tree.integrated).unwrap_or_default();
        if integrated > seen {
            let says = format!("{integrated} entries are in the tiles, and the log has {seen}");
            return Some(Fault::new(Kind::RolledBack, "sequence", Some(seen), says));
        }
        None
    }
}

/// The leaves in a bundle.
fn leaves(bytes: &[u8]) -> Option<Vec<String>> {
    let (mut leaves, mut rest) = (Vec::new(), bytes);
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let (leaf, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        leaves.push(String::from_utf8(leaf.to_vec()).ok()?);
        rest = after;
    }
    Some(leaves)
}

/// Holds a piece against what is stored.
fn compare(tiles: &Tiles, piece: &Piece, state: &mut State) -> Result<Option<Fault>, VerifyError> {
    let Some(stored) = tiles.read(&piece.tile)? else {
        let says = format!("{} is missing", path(&piece.tile));
        return Ok(Some(Fault::new(Kind::Unverifiable, "tile", None, says)));
    };
    if stored != piece.bytes && state.tile.is_none() {
        state.tile = Some((first_entry(piece, &stored), path(&piece.tile)));
    }
    Ok(None)
}

/// The first entry under the place at which a stored piece differs.
fn first_entry(piece: &Piece, stored: &[u8]) -> u64 {
    let same = piece.bytes.iter().zip(stored).take_while(|(given, stored)| given == stored).count();
    let place = u64::try_from(same).unwrap_or_default();
    let start = piece.tile.level_index() << 8;
    if !piece.tile.is_data() {
        return (start + place / 32) << (8 * u32::from(piece.tile.level()));
    }
    let mut at = 0_usize;
    let mut entry = start;
    while let Some(length) = piece.bytes.get(at..at + 2).and_then(<[u8]>::first_chunk::<2>) {
        at += 2 + usize::from(u16::from_be_bytes(*length));
        if at > same {
            break;
        }
        entry += 1;
    }
    entry
}
