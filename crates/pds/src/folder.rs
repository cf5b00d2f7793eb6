//! The folder where everything is kept: keys, the connection, the purchases.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

use crate::failure::{Failure, Kind};

/// A folder that only its owner reads; its files are written whole or not at all.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Opens the folder, making it (mode 0700) on the first run.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path).map_err(|error| broken("cannot make the folder", path, &error))?;
        Ok(Self { path: path.to_owned() })
    }

    /// The whole path of one of its files.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Reads a file; `None` if it does not exist.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        let path = self.file(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(broken("cannot read", &path, &error)),
        }
    }

    /// Reads a JSON file; `None` if it does not exist.
    pub fn read_json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Failure> {
        let Some(bytes) = self.read(name)? else { return Ok(None) };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            broken("cannot understand", &self.file(name), &place)
        })
    }

    /// Writes a file through a temporary one, so that a crash leaves the old or the new; mode 0600.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let path = self.file(name);
        let written = tempfile::NamedTempFile::new_in(&self.path).and_then(|mut file| {
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            Ok(())
        });
        written.map_err(|error| broken("cannot write", &path, &error))
    }

    /// Writes a value as JSON; see [`Folder::write`].
    pub fn write_json<T: Serialize>(&self, name: &str, value: &T) -> Result<(), Failure> {
        let bytes = serde_json::to_vec_pretty(value)
            .map_err(|error| broken("cannot write", &self.file(name), &error))?;
        self.write(name, &bytes)
    }
}

fn broken(what: &str, path: &Path, why: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        Kind::Local,
        format!("{what} {}: {why}", path.display()),
        "check the folder's permissions and free space, or choose another with --folder",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_replaced_whole_and_private() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::open(&parent.path().join("a/b")).unwrap();
        assert!(folder.read("x.json").unwrap().is_none());
        folder.write_json("x.json", &vec![1, 2]).unwrap();
        folder.write_json("x.json", &vec![3]).unwrap();
        assert_eq!(folder.read_json::<Vec<u8>>("x.json").unwrap().unwrap(), [3]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&folder.file("x.json")), 0o600);
            assert_eq!(mode(&folder.path), 0o700);
        }
        assert_eq!(fs::read_dir(&folder.path).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn a_broken_file_is_named_without_its_content() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::open(parent.path()).unwrap();
        folder.write("x.json", b"{\"secret\": cfr_1").unwrap();
        let failure = folder.read_json::<Vec<u8>>("x.json").unwrap_err().to_string();
        assert!(failure.contains("x.json") && !failure.contains("cfr_1"), "{failure}");
    }
}
