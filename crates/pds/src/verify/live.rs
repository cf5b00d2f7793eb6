//! The log as it is served now: its newest checkpoint, and what its tiles prove.

use std::{cell::RefCell, collections::HashMap};

use reqwest::{Method, Request};
use serde::Deserialize;
use tlog_tiles::{Error as TlogError, Tile, TileHashReader, TileReader, check_tree, prove_tree};
use url::Url;

use super::{
    kept::{Comparison, compare},
    receipt::{SignedLog, Untrue},
};
use crate::{
    clock::Clock,
    discovery::{require_https, under},
    failure::Failure,
    wire::{SMALL, Wire},
};

/// The tile height that C2SP tlog-tiles fixes: 2⁸ hashes.
const TILE_HEIGHT: u8 = 8;
/// Tiles that are asked for anew at most; a tree of 2⁶⁴ entries has eight levels.
const ROUNDS: usize = 32;

#[derive(Debug, Deserialize)]
struct Listing {
    logs: Vec<Listed>,
}

#[derive(Debug, Clone, Deserialize)]
struct Listed {
    log: String,
    generation: u32,
    origin: String,
    vkey: String,
}

/// The logs of a server.
#[derive(Debug)]
pub struct Live {
    wire: Wire,
    url: Url,
    logs: Vec<Listed>,
}

impl Live {
    /// Asks a server which logs it has.
    pub async fn find(url: &Url, clock: Clock) -> Result<Self, Failure> {
        require_https(url)?;
        let wire = Wire::new(url, clock)?;
        let listing: Listing = wire.get_json(&under(url, &["ledger"])?).await?;
        Ok(Self { wire, url: url.clone(), logs: listing.logs })
    }

    /// The log as it is signed now; [`Untrue`] when the server has none of that name and key.
    pub async fn head_of(&self, log: &SignedLog) -> Result<Result<SignedLog, Untrue>, Failure> {
        let Some(listed) = self.logs.iter().find(|listed| listed.origin == log.origin) else {
            return Ok(Err(Untrue::new(&log.origin, format!("{} has no such log", self.url))));
        };
        if listed.vkey != log.vkey {
            return Ok(Err(Untrue::new(&log.origin, format!("{} names another key for it", self.url))));
        }
        let note = self.get(listed, &["checkpoint"]).await?;
        let place = format!("the checkpoint of {}", self.url);
        let Ok(note) = String::from_utf8(note) else {
            return Ok(Err(Untrue::new(place, "is no text")));
        };
        Ok(SignedLog::open(&place, &log.vkey, &note))
    }

    /// How the log of now stands to an earlier checkpoint.
    pub async fn compare(&self, earlier: &SignedLog, now: &SignedLog) -> Result<Comparison, Failure> {
        if let Some(told) = compare(earlier, now) {
            return Ok(told);
        }
        let is_larger = now.head.size > earlier.head.size;
        let (large, small) = if is_larger { (now, earlier) } else { (earlier, now) };
        let fits = self.continues(large, small).await?;
        Ok(match (fits, is_larger) {
            (true, true) => Comparison::Grown,
            (true, false) => Comparison::Older,
            (false, _) => Comparison::Fork,
        })
    }

    /// Whether the tiles prove that a tree is the beginning of a larger one (RFC 6962, section 2.1.2). The proof is
    /// checked by itself: the library's reader of tiles does not hold every tile against the root (CVE-2026-56865).
    async fn continues(&self, large: &SignedLog, small: &SignedLog) -> Result<bool, Failure> {
        if small.head.size == 0 {
            return Ok(small.head.root == tlog_tiles::EMPTY_HASH);
        }
        let Some(listed) = self.logs.iter().find(|listed| listed.origin == large.origin) else {
            return Ok(false);
        };
        let tiles = Fetched::default();
        for _ in 0..ROUNDS {
            let reader = TileHashReader::new(large.head.size, large.head.root, &tiles);
            let made = prove_tree(large.head.size, small.head.size, &reader);
            let missing = tiles.missing.take();
            if missing.is_empty() {
                let proof = made.unwrap_or_default();
                let (large, small) = (large.head, small.head);
                return Ok(check_tree(&proof, large.size, large.root, small.size, small.root).is_ok());
            }
            for tile in missing {
                let path = tile_path(&tile);
                let bytes = self.get(listed, &path.split('/').collect::<Vec<_>>()).await?;
                tiles.found.borrow_mut().insert(path, bytes);
            }
        }
        Ok(false)
    }

    async fn get(&self, listed: &Listed, path: &[&str]) -> Result<Vec<u8>, Failure> {
        let generation = format!("{}", listed.generation);
        let url = under(&self.url, &[&["ledger", listed.log.as_str(), generation.as_str()], path].concat())?;
        Ok(self.wire.send(Request::new(Method::GET, url), SMALL).await?.success()?.body)
    }
}

/// Where a tile of hashes is, as C2SP writes it: without the height.
fn tile_path(tile: &Tile) -> String {
    let path = tile.path();
    format!("tile/{}", path.strip_prefix("tile/8/").unwrap_or(&path))
}

/// Tiles that were fetched, and those that the proof wants beside them.
#[derive(Default)]
struct Fetched {
    found: RefCell<HashMap<String, Vec<u8>>>,
    missing: RefCell<Vec<Tile>>,
}

impl TileReader for Fetched {
    fn height(&self) -> u8 {
        TILE_HEIGHT
    }

    fn read_tiles(&self, wanted: &[Tile]) -> Result<Vec<Vec<u8>>, TlogError> {
        let found = self.found.borrow();
        let mut read = Vec::with_capacity(wanted.len());
        for tile in wanted {
            match found.get(&tile_path(tile)) {
                Some(bytes) => read.push(bytes.clone()),
                None => self.missing.borrow_mut().push(*tile),
            }
        }
        if read.len() == wanted.len() { Ok(read) } else { Err(TlogError::InvalidTile) }
    }

    fn save_tiles(&self, _tiles: &[Tile], _data: &[Vec<u8>]) {}
}
