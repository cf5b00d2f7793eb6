//! A document at rest: byte 0 codec, byte 1 format, u32 dictionary id (big-endian), then the sections compressed and
//! sealed under the person's `purchases` key.
//!
//! The dictionary holds field names and the words of closed lists only, never anything of a customer's orders: it
//! would keep pieces of them after an erasure. A dictionary that was ever used for writing stays in this file.

use counterfoil_domain::ids::{Person, PurchaseId};
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use crate::aead::{Aead, Context};
use crate::error::{Error, Result};
use crate::keys::Secret;

/// zstd and AES-256-GCM.
const CODEC: u8 = 1;
/// The layout of sections that is written today.
const FORMAT: u8 = 1;
/// The dictionary used for writing.
const DICTIONARY: u32 = 1;
const HEAD: usize = 6;
/// zstd level: the dictionary does most of the work, and the first level above none costs a third less than level 1.
const LEVEL: i32 = -1;
/// Most bytes a document unpacks to: an event may have 4 MiB, its served form a little more.
const MOST: usize = 16 << 20;

const DICTIONARY_1: &[u8] = include_bytes!("../dictionaries/1.txt");

/// What a document is bound to: its purchase and its person, so that documents cannot be exchanged between rows.
pub fn binding(id: PurchaseId, person: Option<Person>) -> [u8; 32] {
    let mut binding = [0; 32];
    let (front, back) = binding.split_at_mut(16);
    front.copy_from_slice(id.as_bytes());
    if let Some(person) = person {
        back.copy_from_slice(person.as_bytes());
    }
    binding
}

/// What documents are packed and unpacked with. Made once; the dictionary is digested then.
pub struct Codec {
    encoder: EncoderDictionary<'static>,
    decoder: DecoderDictionary<'static>,
}

impl Default for Codec {
    fn default() -> Self {
        Self {
            encoder: EncoderDictionary::copy(DICTIONARY_1, LEVEL),
            decoder: DecoderDictionary::copy(DICTIONARY_1),
        }
    }
}

impl std::fmt::Debug for Codec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Codec")
    }
}

impl Codec {
    /// A packer for many documents in a row on one thread.
    pub fn packer<'a>(&'a self, aead: &'a Aead) -> Result<Packer<'a>> {
        let compressor = Compressor::with_prepared_dictionary(&self.encoder).map_err(failed)?;
        Ok(Packer { compressor, cipher: aead.context()?, compressed: Vec::new() })
    }

    /// An unpacker for many documents in a row on one thread.
    pub fn unpacker<'a>(&'a self, aead: &'a Aead) -> Result<Unpacker<'a>> {
        let decompressor = Decompressor::with_prepared_dictionary(&self.decoder).map_err(failed)?;
        Ok(Unpacker { decompressor, cipher: aead.context()?, compressed: Vec::new() })
    }
}

/// Packs documents, reusing its buffers.
pub struct Packer<'a> {
    compressor: Compressor<'a>,
    cipher: Context<'a>,
    compressed: Vec<u8>,
}

impl Packer<'_> {
    /// Compresses and seals `plain`. `aad` binds the document to its row.
    pub fn pack(&mut self, key: &Secret, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
        self.compressed.clear();
        self.compressed.reserve(zstd::zstd_safe::compress_bound(plain.len()));
        self.compressor.compress_to_buffer(plain, &mut self.compressed).map_err(failed)?;
        let mut document = Vec::with_capacity(HEAD + self.compressed.len() + 28);
        document.extend([CODEC, FORMAT]);
        document.extend(DICTIONARY.to_be_bytes());
        self.cipher.seal(key.bytes(), aad, &self.compressed, &mut document)?;
        Ok(document)
    }
}

/// Unpacks documents, reusing its buffers.
pub struct Unpacker<'a> {
    decompressor: Decompressor<'a>,
    cipher: Context<'a>,
    compressed: Vec<u8>,
}

impl Unpacker<'_> {
    /// Opens and decompresses a document into `plain`, which is cleared first.
    ///
    /// # Errors
    /// [`Error::Corrupt`] for a codec, format or dictionary that this version does not know, [`Error::Key`] when the
    /// document does not open.
    pub fn unpack(&mut self, key: &Secret, aad: &[u8], document: &[u8], plain: &mut Vec<u8>) -> Result<()> {
        let Some((head, sealed)) = document.split_first_chunk::<HEAD>() else {
            return Err(Error::corrupt("purchases", "document", "too short"));
        };
        let [codec, format, dictionary @ ..] = head;
        if (*codec, *format, u32::from_be_bytes(*dictionary)) != (CODEC, FORMAT, DICTIONARY) {
            return Err(Error::corrupt("purchases", "document", "written by a newer version"));
        }
        self.compressed.clear();
        self.cipher.open(key.bytes(), aad, sealed, &mut self.compressed)?;
        let size = zstd::zstd_safe::get_frame_content_size(&self.compressed)
            .ok()
            .flatten()
            .and_then(|size| usize::try_from(size).ok())
            .filter(|size| *size <= MOST)
            .ok_or_else(|| Error::corrupt("purchases", "document", "no size"))?;
        plain.clear();
        plain.reserve(size);
        self.decompressor.decompress_to_buffer(&self.compressed, plain).map_err(failed)?;
        Ok(())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn failed(error: std::io::Error) -> Error {
    Error::Unexpected(format!("compression: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_domain::clock::Entropy;

    #[test]
    fn packs_small_and_unpacks_the_same() {
        let (codec, aead) = (Codec::default(), Aead::new(Entropy::new(|b| b.fill(9))));
        let plain = br#""lines":[{"id":"1","kind":"goods","sku":"1095275","name":"Rolls, dinner","category":["PASTRY","ROLLS"],"quantity":{"value":"1","unit":"EA"},"gross":"0.50","discounts":[],"net":"0.50"}]"#;
        let key = Secret::new([4; 32]);
        let document = codec.packer(&aead).unwrap().pack(&key, b"row", plain).unwrap();
        let packed = document.len() - HEAD - 28;
        assert!(packed < plain.len() / 2, "the dictionary helps: {packed} of {}", plain.len());
        let mut back = Vec::new();
        let mut unpacker = codec.unpacker(&aead).unwrap();
        unpacker.unpack(&key, b"row", &document, &mut back).unwrap();
        assert_eq!(back, plain);
        assert!(unpacker.unpack(&key, b"other row", &document, &mut back).is_err());
        let newer = [&[2], &document[1..]].concat();
        assert!(matches!(unpacker.unpack(&key, b"row", &newer, &mut back), Err(Error::Corrupt { .. })));
    }
}
