//! The stored tiles of one generation, and what can be read from them.

use std::cell::RefCell;

use tlog_tiles::{
    Error as TlogError, Hash, Tile, TileHashReader, TileReader, check_record, check_tree, prove_record,
    prove_tree,
};

use super::edge::{Edge, Piece, TILE_HEIGHT, TILE_WIDTH, path};
use super::key::Head;
use crate::objects::{ObjectError, Objects};

/// What went wrong with a tile.
#[derive(Debug, thiserror::Error)]
pub enum TileError {
    /// It could not be read or written.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// A tile that the tree has is not stored.
    #[error("{0} is missing")]
    Missing(String),
    /// Other bytes are stored than the log's entries give.
    #[error("{0} holds other bytes than the log gives")]
    Differs(String),
    /// The tiles do not give the root.
    #[error("the tiles do not fit the checkpoint: {0}")]
    Inconsistent(String),
}

/// The tiles of one generation of a log. Cloning shares the store.
#[derive(Clone, Debug)]
pub struct Tiles {
    objects: Objects,
    folder: String,
}

impl Tiles {
    /// Of a generation.
    pub fn new(objects: Objects, log: &str, generation: i32) -> Self {
        Self { objects, folder: format!("tiles/{log}/{generation}") }
    }

    fn place(&self, tile: &Tile) -> String {
        format!("{}/{}", self.folder, path(tile))
    }

    /// A tile or bundle: as it is stored, or cut from the full one that took its place.
    ///
    /// # Errors
    /// [`ObjectError`] when that cannot be told.
    pub fn read(&self, tile: &Tile) -> Result<Option<Vec<u8>>, ObjectError> {
        if let Some(bytes) = self.objects.get(&self.place(tile))? {
            return Ok(Some(bytes));
        }
        let width = usize::try_from(tile.width()).unwrap_or(TILE_WIDTH);
        if width == TILE_WIDTH {
            return Ok(None);
        }
        let full = Tile::new(TILE_HEIGHT, tile.level(), tile.level_index(), 256, tile.is_data());
        Ok(self.objects.get(&self.place(&full))?.and_then(|bytes| cut(tile, width, &bytes)))
    }

    /// Writes a piece. What is stored already must be the same bytes.
    ///
    /// # Errors
    /// [`TileError::Differs`] when it is not; nothing is replaced then.
    pub fn write(&self, piece: &Piece) -> Result<(), TileError> {
        let place = self.place(&piece.tile);
        if self.objects.create(&place, piece.bytes.clone())? {
            return Ok(());
        }
        match self.objects.get(&place)? {
            Some(stored) if stored == piece.bytes => Ok(()),
            _ => Err(TileError::Differs(place)),
        }
    }

    /// Removes the narrower pieces that a full one has taken the place of.
    ///
    /// # Errors
    /// [`ObjectError`] when one may still be there.
    pub fn remove_partial(&self, full: &Tile) -> Result<(), ObjectError> {
        let narrower = self.objects.list(&format!("{}.p", self.place(full)))?;
        narrower.iter().try_for_each(|path| self.objects.delete(path))
    }

    /// The edge of the tree of `size` entries.
    ///
    /// # Errors
    /// [`TileError::Missing`] when a piece of it is not stored.
    pub fn edge(&self, size: u64) -> Result<Edge, TileError> {
        let stored = |tile: Tile| self.read(&tile)?.ok_or_else(|| TileError::Missing(self.place(&tile)));
        let mut levels = Vec::new();
        let mut hashes = size;
        for level in 0_u8.. {
            if hashes == 0 {
                break;
            }
            let held = u32::try_from(hashes % 256).unwrap_or_default();
            levels.push(match held {
                0 => Vec::new(),
                _ => stored(Tile::new(TILE_HEIGHT, level, hashes >> 8, held, false))?,
            });
            hashes >>= 8;
        }
        let entries = u32::try_from(size % 256).unwrap_or_default();
        let bundle = match entries {
            0 => Vec::new(),
            _ => stored(Tile::new(TILE_HEIGHT, 0, size >> 8, entries, true))?,
        };
        Ok(Edge::from_stored(size, levels, bundle))
    }

    /// Proves that the entry of this index and leaf is in the tree (RFC 6962, section 2.1.1). The proof is checked
    /// before it is given: the library's reader of tiles does not hold every tile against the root (CVE-2026-56865).
    ///
    /// # Errors
    /// [`TileError::Inconsistent`] when the tiles do not prove it.
    pub fn inclusion(&self, head: &Head, index: u64, leaf: Hash) -> Result<Vec<Hash>, TileError> {
        let path = self.read_proof(head, |reader| prove_record(head.size, index, reader))?;
        check_record(&path, head.size, head.root, index, leaf).map_err(|error| inconsistent(&error))?;
        Ok(path)
    }

    /// Proves that an earlier tree is the beginning of this one (section 2.1.2), and checks the proof before it is
    /// given.
    ///
    /// # Errors
    /// [`TileError::Inconsistent`] when the tiles do not prove it.
    pub fn consistency(&self, head: &Head, earlier: &Head) -> Result<Vec<Hash>, TileError> {
        let path = self.read_proof(head, |reader| prove_tree(head.size, earlier.size, reader))?;
        check_tree(&path, head.size, head.root, earlier.size, earlier.root)
            .map_err(|error| inconsistent(&error))?;
        Ok(path)
    }

    fn read_proof<T>(
        &self,
        head: &Head,
        prove: impl FnOnce(&TileHashReader<'_>) -> Result<T, TlogError>,
    ) -> Result<T, TileError> {
        let stored = Stored { tiles: self, failure: RefCell::new(None) };
        let made = prove(&TileHashReader::new(head.size, head.root, &stored));
        if let Some(failure) = stored.failure.take() {
            return Err(failure);
        }
        made.map_err(|error| inconsistent(&error))
    }
}

fn inconsistent(error: &TlogError) -> TileError {
    TileError::Inconsistent(format!("{error}"))
}

/// The first entries of a bundle, or the first hashes of a tile.
fn cut(tile: &Tile, width: usize, bytes: &[u8]) -> Option<Vec<u8>> {
    if !tile.is_data() {
        return bytes.get(..width * 32).map(<[u8]>::to_vec);
    }
    let mut end = 0;
    for _ in 0..width {
        let length = bytes.get(end..end + 2)?.first_chunk::<2>()?;
        end += 2 + usize::from(u16::from_be_bytes(*length));
    }
    bytes.get(..end).map(<[u8]>::to_vec)
}

/// Gives tiles to the reader that checks them against the root.
struct Stored<'a> {
    tiles: &'a Tiles,
    failure: RefCell<Option<TileError>>,
}

impl TileReader for Stored<'_> {
    fn height(&self) -> u8 {
        TILE_HEIGHT
    }

    fn read_tiles(&self, wanted: &[Tile]) -> Result<Vec<Vec<u8>>, TlogError> {
        let mut found = Vec::with_capacity(wanted.len());
        for tile in wanted {
            let failure = match self.tiles.read(tile) {
                Ok(Some(bytes)) => {
                    found.push(bytes);
                    continue;
                }
                Ok(None) => TileError::Missing(self.tiles.place(tile)),
                Err(error) => TileError::Object(error),
            };
            self.failure.replace(Some(failure));
            return Err(TlogError::InvalidTile);
        }
        Ok(found)
    }

    fn save_tiles(&self, _tiles: &[Tile], _data: &[Vec<u8>]) {}
}
