//! The ledger's public face: what anybody may read.

use counterfoil_store::trees::{self, Tree};
use counterfoil_store::{Error, Result, Store};
use tlog_tiles::Tile;

use super::edge::TILE_HEIGHT;
use super::tiles::Tiles;
use crate::objects::{ObjectError, Objects};

/// A generation, as the list of logs names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// `access` or `consent`.
    pub log: String,
    /// From 1.
    pub generation: i32,
    /// Its origin.
    pub origin: String,
    /// Its verifier key.
    pub vkey: String,
    /// Entries that its newest checkpoint covers.
    pub size: i64,
    /// Whether a later generation has taken its place.
    pub is_closed: bool,
}

/// Reads what is public of both logs.
#[derive(Debug, Clone)]
pub struct PublicLogs {
    store: Store,
    objects: Objects,
}

impl PublicLogs {
    /// Of a realm.
    pub fn new(store: Store, objects: Objects) -> Self {
        Self { store, objects }
    }

    /// Every generation.
    ///
    /// # Errors
    /// The database's.
    pub fn list(&self) -> Result<Vec<Listed>> {
        self.store.read_blocking(|conn| {
            let mut listed = Vec::new();
            for tree in trees::all(conn)? {
                let newest = trees::newest(conn, &tree.log, tree.generation)?;
                let Tree { log, generation, origin, vkey, closed_at, .. } = tree;
                let size = newest.map_or(0, |checkpoint| checkpoint.size);
                listed.push(Listed { log, generation, origin, vkey, size, is_closed: closed_at.is_some() });
            }
            Ok::<_, Error>(listed)
        })
    }

    /// The newest checkpoint of a generation.
    ///
    /// # Errors
    /// The database's.
    pub fn checkpoint(&self, log: &str, generation: i32) -> Result<Option<String>> {
        let newest = self.store.read_blocking(|conn| trees::newest(conn, log, generation))?;
        Ok(newest.map(|checkpoint| checkpoint.note))
    }

    /// The newest checkpoint of a generation, with the tiles and bundles of its tree.
    ///
    /// # Errors
    /// The database's.
    pub fn whole(&self, log: &str, generation: i32) -> Result<Option<(String, Vec<Tile>)>> {
        let newest = self.store.read_blocking(|conn| trees::newest(conn, log, generation))?;
        Ok(newest.map(|checkpoint| {
            let size = u64::try_from(checkpoint.size).unwrap_or_default();
            let mut tiles = Tile::new_tiles(TILE_HEIGHT, 0, size);
            let leaves = tiles.clone().into_iter().filter(|tile| tile.level() == 0);
            tiles.extend(leaves.map(|mut tile| {
                tile.set_is_data();
                tile
            }));
            (checkpoint.note, tiles)
        }))
    }

    /// A tile or bundle.
    ///
    /// # Errors
    /// [`ObjectError`] when it cannot be told whether there is one.
    pub fn tile(&self, log: &str, generation: i32, tile: &Tile) -> Result<Option<Vec<u8>>, ObjectError> {
        Tiles::new(self.objects.clone(), log, generation).read(tile)
    }
}
