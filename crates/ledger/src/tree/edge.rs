//! The growing edge of a tree: all that is needed to go on. A tree of any size has one tile a level that is not full.

use tlog_tiles::{EMPTY_HASH, Error, Hash, HashReader, Tile, record_hash, tree_hash};

/// Hashes of a full tile, and entries of a full bundle (C2SP tlog-tiles).
pub const TILE_WIDTH: usize = 256;
/// The tile height that C2SP tlog-tiles fixes: 2⁸ hashes.
pub const TILE_HEIGHT: u8 = 8;
const HASH_BYTES: usize = 32;

/// A tile or bundle and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Which.
    pub tile: Tile,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The unfinished tiles of a tree of some size, and the bundle of its last entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    levels: Vec<Vec<u8>>,
    bundle: Vec<u8>,
}

impl Edge {
    /// From stored pieces: of each level the last tile where it is not full, from the leaves up, and the last bundle
    /// where it is not full.
    pub fn from_stored(size: u64, levels: Vec<Vec<u8>>, bundle: Vec<u8>) -> Self {
        Self { size, levels, bundle }
    }

    /// Entries in the tree.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds an entry; what is full now goes to `full`: bundle first, then tiles from the leaves up.
    pub fn push(&mut self, leaf_data: &str, full: &mut Vec<Piece>) {
        // A leaf has some sixty bytes; the format counts to 65,535.
        let length = u16::try_from(leaf_data.len()).unwrap_or(u16::MAX);
        self.bundle.extend_from_slice(&length.to_be_bytes());
        self.bundle.extend_from_slice(leaf_data.as_bytes());
        let mut hash = record_hash(leaf_data.as_bytes());
        let index = self.size;
        self.size += 1;
        if self.size.is_multiple_of(256) {
            full.push(Piece {
                tile: tile(0, index >> 8, TILE_WIDTH, true),
                bytes: std::mem::take(&mut self.bundle),
            });
        }
        let mut level: u8 = 0;
        let mut number = index;
        loop {
            if self.levels.len() <= usize::from(level) {
                self.levels.push(Vec::with_capacity(TILE_WIDTH * HASH_BYTES));
            }
            let Some(hashes) = self.levels.get_mut(usize::from(level)) else { return };
            hashes.extend_from_slice(&hash.0);
            if hashes.len() < TILE_WIDTH * HASH_BYTES {
                return;
            }
            let bytes = std::mem::replace(hashes, Vec::with_capacity(TILE_WIDTH * HASH_BYTES));
            hash = Tile::subtree_hash(&bytes);
            full.push(Piece { tile: tile(level, number >> 8, TILE_WIDTH, false), bytes });
            number >>= 8;
            level += 1;
        }
    }

    /// What is not full: the bundle, then tiles from the leaves up.
    pub fn partial(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let entries = width(self.size);
        if entries > 0 {
            pieces.push(Piece { tile: tile(0, self.size >> 8, entries, true), bytes: self.bundle.clone() });
        }
        for (level, bytes) in (0_u8..).zip(&self.levels) {
            if !bytes.is_empty() {
                let number = self.size >> (8 * u32::from(level)) >> 8;
                pieces.push(Piece {
                    tile: tile(level, number, bytes.len() / HASH_BYTES, false),
                    bytes: bytes.clone(),
                });
            }
        }
        pieces
    }

    /// The root of the tree (RFC 6962, section 2.1).
    ///
    /// # Errors
    /// [`Error`] when the pieces it was made from were not those of its size.
    pub fn root(&self) -> Result<Hash, Error> {
        if self.size == 0 { Ok(EMPTY_HASH) } else { tree_hash(self.size, self) }
    }
}

/// Every perfect subtree of the tree at hand begins in a tile that is not full.
impl HashReader for Edge {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        let read = |index: &u64| {
            let wanted = Tile::from_index(TILE_HEIGHT, *index);
            let bytes = self.levels.get(usize::from(wanted.level())).ok_or(Error::IndexesNotInTree)?;
            let number = self.size >> (8 * u32::from(wanted.level())) >> 8;
            let held = bytes.len() / HASH_BYTES;
            if number != wanted.level_index() || held < usize::try_from(wanted.width()).unwrap_or(usize::MAX)
            {
                return Err(Error::IndexesNotInTree);
            }
            tile(wanted.level(), number, held, false).hash_at_index(bytes, *index)
        };
        indexes.iter().map(read).collect()
    }
}

/// Entries in the bundle of a tree of `size` that is not full.
fn width(size: u64) -> usize {
    usize::try_from(size % 256).unwrap_or_default()
}

fn tile(level: u8, number: u64, width: usize, is_bundle: bool) -> Tile {
    Tile::new(TILE_HEIGHT, level, number, u32::try_from(width).unwrap_or(256), is_bundle)
}

/// The path of a tile or bundle below the log's address (C2SP tlog-tiles): `tile/0/x001/x234/067.p/8`.
pub fn path(tile: &Tile) -> String {
    let path = tile.path();
    let path = path.strip_prefix("tile/8/").unwrap_or(&path);
    match path.strip_prefix("data/") {
        Some(rest) => format!("tile/entries/{rest}"),
        None => format!("tile/{path}"),
    }
}

/// Reads [`path`]; `None` for what is no path of a tile.
pub fn parse_path(path: &str) -> Option<Tile> {
    let rest = path.strip_prefix("tile/")?;
    // A tile of nothing has no place, and the format counts levels to 63.
    if rest.ends_with(".p/0") {
        return None;
    }
    let written = if let Some(rest) = rest.strip_prefix("entries/") {
        format!("tile/8/data/{rest}")
    } else {
        let (level, _) = rest.split_once('/')?;
        let level: u8 = level.parse().ok()?;
        if level > 63 {
            return None;
        }
        format!("tile/8/{rest}")
    };
    Tile::from_path(&written).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// The root by RFC 6962's own words.
    fn slow_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => EMPTY_HASH,
            [one] => *one,
            many => {
                let half = many.len().next_power_of_two() / 2;
                let (left, right) = many.split_at(half);
                tlog_tiles::node_hash(slow_root(left), slow_root(right))
            }
        }
    }

    #[test]
    fn roots_and_pieces_of_every_size() {
        let mut edge = Edge::default();
        let mut leaves = Vec::new();
        let mut stored: HashMap<String, Vec<u8>> = HashMap::new();
        assert_eq!(edge.root().unwrap(), EMPTY_HASH);
        for n in 0..1_500_u32 {
            let leaf = format!("leaf {n}");
            leaves.push(record_hash(leaf.as_bytes()));
            let mut full = Vec::new();
            edge.push(&leaf, &mut full);
            for piece in full {
                assert!(stored.insert(path(&piece.tile), piece.bytes).is_none(), "a full tile comes once");
            }
            if n % 7 == 0 || n > 1_490 {
                assert_eq!(edge.root().unwrap(), slow_root(&leaves), "{n}");
            }
        }
        assert_eq!(stored.len(), 10, "five bundles and five tiles are full");
        let names: Vec<String> = edge.partial().iter().map(|piece| path(&piece.tile)).collect();
        assert_eq!(names, ["tile/entries/005.p/220", "tile/0/005.p/220", "tile/1/000.p/5"]);
        let first: Vec<u8> = leaves.iter().take(256).flat_map(|hash| hash.0).collect();
        assert_eq!(stored.get("tile/0/000"), Some(&first));
    }

    #[test]
    fn a_large_tree_has_three_levels() {
        let mut edge = Edge::default();
        let (mut full, mut leaves) = (Vec::new(), Vec::new());
        for n in 0..66_000_u32 {
            let leaf = format!("{n}");
            leaves.push(record_hash(leaf.as_bytes()));
            edge.push(&leaf, &mut full);
            if n == 65_535 || n == 65_536 {
                assert_eq!(edge.root().unwrap(), slow_root(&leaves));
            }
        }
        assert_eq!(edge.root().unwrap(), slow_root(&leaves));
        let paths: Vec<String> = full.iter().map(|piece| path(&piece.tile)).collect();
        assert!(paths.iter().any(|path| path == "tile/1/000"), "256 tiles make one a level up");
        assert_eq!(edge.partial().last().map(|piece| path(&piece.tile)).unwrap(), "tile/2/000.p/1");
    }

    #[test]
    fn paths_are_read_strictly() {
        for good in ["tile/0/000", "tile/entries/x001/x234/067.p/8", "tile/63/001.p/255"] {
            assert_eq!(path(&parse_path(good).unwrap()), good);
        }
        for bad in [
            "tile/0/000.p/0",
            "tile/0/0",
            "tile/64/000",
            "tile/0/000.p/256",
            "tile/0/x000/001",
            "tile/8/0/000",
            "tile/data/000",
            "tile/00/000",
            "checkpoint",
            "tile/0/000/",
            "tile//000",
            "tile/0/../../guard",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
            "tile/-1/000",
            "tile/+1/000",
        ] {
            assert_eq!(parse_path(bad), None, "{bad}");
        }
    }
}
