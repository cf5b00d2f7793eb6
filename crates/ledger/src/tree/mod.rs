//! The Merkle trees over the logs: tiles, signed checkpoints, proofs. The formats are those of C2SP: signed-note,
//! tlog-checkpoint, tlog-tiles, tlog-proof; the hashes those of RFC 6962.

mod edge;
mod generations;
mod keeper;
mod key;
pub mod proof;
mod public;
mod tiles;

pub use edge::{Edge, Piece, parse_path, path};
pub use generations::{GenerationError, Generations};
pub use keeper::{EVERY, Keeper, KeeperError};
pub use key::{Head, LogKey, NoteError, Opener};
pub use public::{Listed, PublicLogs};
pub use tiles::{TileError, Tiles};
