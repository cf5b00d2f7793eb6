//! The worked vectors of the ledger's formats, from keys to offline proofs, byte for byte.

#[cfg(test)]
mod tests {
    use counterfoil_ledger::objects::Objects;
    use counterfoil_ledger::tree::{Edge, Head, LogKey, Opener, Tiles, proof};
    use data_encoding::HEXLOWER;
    use serde_json::Value;
    use sha2::{Digest as _, Sha256};
    use tlog_tiles::{Hash, check_record, check_tree, record_hash};

    const CHECKPOINT: &str = include_str!("../../domain/tests/vectors/checkpoint.txt");
    const PROOF: &str = include_str!("../../domain/tests/vectors/entry-1.tlog-proof");

    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../domain/tests/vectors/ledger.json")).unwrap()
    }

    fn key(vectors: &Value) -> LogKey {
        let seed = Sha256::digest(vectors["private_seed_sha256_of"].as_str().unwrap());
        LogKey::from_seed(&seed.into(), vectors["origin"].as_str().unwrap()).unwrap()
    }

    fn leaves(vectors: &Value) -> Vec<String> {
        let entries = vectors["entries"].as_array().unwrap();
        entries.iter().map(|entry| entry["leaf_data"].as_str().unwrap().to_owned()).collect()
    }

    fn hashes(value: &Value) -> Vec<Hash> {
        let texts = value.as_array().unwrap();
        texts
            .iter()
            .map(|text| Hash(HEXLOWER.decode(text.as_str().unwrap().as_bytes()).unwrap().try_into().unwrap()))
            .collect()
    }

    #[test]
    fn the_key_and_each_checkpoint() {
        let vectors = vectors();
        let key = key(&vectors);
        assert_eq!(key.vkey(), vectors["vkey"].as_str().unwrap());
        let again = LogKey::from_pem(&key.to_pem().unwrap(), key.origin()).unwrap();
        assert_eq!(again.vkey(), key.vkey());
        let opener = Opener::new(&key.vkey()).unwrap();
        let roots = hashes(&vectors["roots"]);
        let checkpoints = vectors["checkpoints"].as_object().unwrap();
        assert_eq!(checkpoints.len(), 5);
        for (size, note) in checkpoints {
            let size: u64 = size.parse().unwrap();
            let root = roots[usize::try_from(size).unwrap()];
            assert_eq!(key.sign(size, root).unwrap(), note.as_str().unwrap());
            assert_eq!(opener.open(note.as_str().unwrap()).unwrap(), Head { size, root });
        }
        assert_eq!(checkpoints["5"].as_str().unwrap(), CHECKPOINT);
    }

    #[test]
    fn each_root_inclusion_and_consistency() {
        let vectors = vectors();
        let (leaves, roots) = (leaves(&vectors), hashes(&vectors["roots"]));
        let dir = tempfile::tempdir().unwrap();
        let tiles = Tiles::new(Objects::folder(dir.path()).unwrap(), "consent", 1);
        let mut edge = Edge::default();
        assert_eq!(edge.root().unwrap(), roots[0]);
        for (leaf, root) in leaves.iter().zip(&roots[1..]) {
            edge.push(leaf, &mut Vec::new());
            assert_eq!(edge.root().unwrap(), *root);
        }
        edge.partial().iter().for_each(|piece| tiles.write(piece).unwrap());
        let head = Head { size: 5, root: roots[5] };
        let inclusion = vectors["inclusion"].as_object().unwrap();
        assert_eq!(inclusion.len(), 5);
        for (index, expected) in inclusion {
            let index: u64 = index.parse().unwrap();
            let leaf = record_hash(leaves[usize::try_from(index).unwrap()].as_bytes());
            let path = tiles.inclusion(&head, index, leaf).unwrap();
            assert_eq!(path, hashes(expected), "{index}");
            check_record(&path, 5, head.root, index, leaf).unwrap();
        }
        let consistency = vectors["consistency"].as_object().unwrap();
        assert!(!consistency.is_empty());
        for (size, expected) in consistency {
            let size: u64 = size.parse().unwrap();
            let earlier = Head { size, root: roots[usize::try_from(size).unwrap()] };
            let path = tiles.consistency(&head, &earlier).unwrap();
            assert_eq!(path, hashes(expected), "{size}");
            check_tree(&path, 5, head.root, size, earlier.root).unwrap();
        }
    }

    #[test]
    fn the_offline_proof() {
        let vectors = vectors();
        let salt =
            HEXLOWER.decode(vectors["entries"][1]["header_salt"].as_str().unwrap().as_bytes()).unwrap();
        let path = hashes(&vectors["inclusion"]["1"]);
        assert_eq!(proof::to_text(Some(&salt), 1, &path, CHECKPOINT), PROOF);
    }

    #[test]
    fn nobody_elses_checkpoint_opens() {
        let vectors = vectors();
        let opener = Opener::new(vectors["vkey"].as_str().unwrap()).unwrap();
        let other = LogKey::from_seed(&[9; 32], vectors["origin"].as_str().unwrap()).unwrap();
        let root = hashes(&vectors["roots"])[5];
        assert!(opener.open(&other.sign(5, root).unwrap()).is_err(), "another key");
        for place in 0..CHECKPOINT.len() {
            let mut bytes = CHECKPOINT.as_bytes().to_vec();
            bytes[place] ^= 1;
            if let Ok(text) = String::from_utf8(bytes) {
                assert!(opener.open(&text).is_err(), "a bit of byte {place}: {text}");
            }
        }
    }
}
