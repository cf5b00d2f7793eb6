//! Where tiles, the guard and the closure journal lie: outside the database, in an object store.

use std::path::Path;
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{Error as StoreError, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions};
use tokio::runtime::{Builder, Runtime};

/// An object could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {cause}")]
pub struct ObjectError {
    path: String,
    cause: String,
}

impl ObjectError {
    fn new(path: &str, cause: impl std::fmt::Display) -> Self {
        Self { path: path.to_owned(), cause: format!("{cause}") }
    }
}

/// An object store, for threads that may wait. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    runtime: Arc<Waiter>,
}

/// The runtime on which the store works: its own, so that whoever waits on a thread of another one cannot starve it.
#[derive(Debug)]
struct Waiter(Option<Runtime>);

impl Drop for Waiter {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Objects {
    /// A folder of this machine, made if it is not there. What is written is on disk, with its folder, before a call
    /// returns.
    ///
    /// # Errors
    /// [`ObjectError`] when the folder cannot be made.
    pub fn folder(path: &Path) -> Result<Self, ObjectError> {
        let name = format!("{}", path.display());
        std::fs::create_dir_all(path).map_err(|error| ObjectError::new(&name, error))?;
        let store = LocalFileSystem::new_with_prefix(path).map_err(|error| ObjectError::new(&name, error))?;
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("objects").build();
        let runtime = runtime.map_err(|error| ObjectError::new(&name, error))?;
        Ok(Self { store: Arc::new(store.with_fsync(true)), runtime: Arc::new(Waiter(Some(runtime))) })
    }

    /// Waits for what the store does. Not to be called on a thread that drives futures.
    fn wait<T>(
        &self,
        path: &str,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, ObjectError> {
        let Some(runtime) = &self.runtime.0 else {
            return Err(ObjectError::new(path, "the store is closed"));
        };
        runtime.block_on(work).map_err(|error| ObjectError::new(path, error))
    }

    /// The object's bytes, if it is there.
    ///
    /// # Errors
    /// [`ObjectError`] when that cannot be told.
    pub fn get(&self, path: &str) -> Result<Option<Vec<u8>>, ObjectError> {
        let location = ObjectPath::from(path);
        self.wait(path, async {
            match self.store.get(&location).await {
                Ok(found) => Ok(Some(found.bytes().await?.to_vec())),
                Err(StoreError::NotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    /// Writes an object in place of what was there.
    ///
    /// # Errors
    /// [`ObjectError`] when it is not certain that it lies there.
    pub fn put(&self, path: &str, bytes: Vec<u8>) -> Result<(), ObjectError> {
        let location = ObjectPath::from(path);
        self.wait(path, self.store.put(&location, bytes.into())).map(drop)
    }

    /// Writes an object that is not there yet; `false` when one is.
    ///
    /// # Errors
    /// [`ObjectError`] when it is not certain that it lies there.
    pub fn create(&self, path: &str, bytes: Vec<u8>) -> Result<bool, ObjectError> {
        let location = ObjectPath::from(path);
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        self.wait(path, async {
            match self.store.put_opts(&location, bytes.into(), options).await {
                Ok(_) => Ok(true),
                Err(StoreError::AlreadyExists { .. }) => Ok(false),
                Err(error) => Err(error),
            }
        })
    }

    /// Removes an object; nothing to do is no error.
    ///
    /// # Errors
    /// [`ObjectError`] when it may still be there.
    pub fn delete(&self, path: &str) -> Result<(), ObjectError> {
        let location = ObjectPath::from(path);
        self.wait(path, async {
            match self.store.delete(&location).await {
                Err(StoreError::NotFound { .. }) | Ok(()) => Ok(()),
                Err(error) => Err(error),
            }
        })
    }

    /// The paths of all objects under a folder, sorted.
    ///
    /// # Errors
    /// [`ObjectError`] when they cannot be told.
    pub fn list(&self, folder: &str) -> Result<Vec<String>, ObjectError> {
        let prefix = ObjectPath::from(folder);
        let mut found = self.wait(folder, async {
            let mut listing = self.store.list(Some(&prefix));
            let mut found = Vec::new();
            while let Some(object) = futures_util::StreamExt::next(&mut listing).await {
                found.push(object?.location.to_string());
            }
            Ok(found)
        })?;
        found.sort_unstable();
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_made_once_and_can_be_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let objects = Objects::folder(&dir.path().join("new")).unwrap();
        assert_eq!(objects.get("a/b").unwrap(), None);
        assert!(objects.create("a/b", b"first".to_vec()).unwrap());
        assert!(!objects.create("a/b", b"second".to_vec()).unwrap());
        assert_eq!(objects.get("a/b").unwrap().unwrap(), b"first");
        objects.put("a/b", b"third".to_vec()).unwrap();
        objects.put("a/x001/000.p/7", b"deeper".to_vec()).unwrap();
        assert_eq!(objects.get("a/b").unwrap().unwrap(), b"third");
        assert_eq!(objects.list("a").unwrap(), ["a/b", "a/x001/000.p/7"]);
        assert_eq!(objects.list("nowhere").unwrap(), [""; 0]);
        objects.delete("a/b").unwrap();
        objects.delete("a/b").unwrap();
        assert_eq!(objects.get("a/b").unwrap(), None);
    }
}
