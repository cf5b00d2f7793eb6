//! A file as a source: one event a line, plain or gzip, optionally with a key in front. It relies on the order of
//! events alone, so reading it again changes nothing.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use counterfoil_store::offsets::{self, Kind, Move, Position};
use counterfoil_store::quarantine::Place;
use counterfoil_store::{Error, Store};
use flate2::read::MultiGzDecoder;

use crate::counts::Counts;
use crate::message::Message;
use crate::pipeline::{Done, Pipeline};
use crate::quarantine_bound::QuarantineBound;
use crate::recorder::{RecordError, Recorder};
use crate::throttle::Throttle;

/// Longest line that is read into memory; a longer one is cut there and fails as too large.
const LONGEST: u64 = 9 << 20;

/// How a file is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileSettings {
    /// Messages in one transaction.
    pub batch_messages: usize,
    /// Whether the file brings in the past: then it has a row among the partitions, which is loading until the end of
    /// the file was recorded.
    pub is_history: bool,
    /// Messages recorded in a second at most; 0 is as many as come.
    pub messages_per_second: u32,
    /// Messages in quarantine at most, before a file that brings more is given up.
    pub max_quarantine: i64,
}

/// Messages of a file, in order.
pub struct FileSource {
    lines: Box<dyn BufRead + Send>,
    name: String,
    separator: Option<u8>,
    number: i64,
}

impl std::fmt::Debug for FileSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileSource")
            .field("name", &self.name)
            .field("line", &self.number)
            .finish_non_exhaustive()
    }
}

impl FileSource {
    /// Opens `path`; `progress` is told of the bytes read from disk. With `separator`, what stands before the first
    /// one on a line is its key.
    pub fn open(
        path: &Path,
        separator: Option<u8>,
        progress: impl FnMut(u64) + Send + 'static,
    ) -> std::io::Result<Self> {
        let mut file = BufReader::with_capacity(1 << 18, Counting { file: File::open(path)?, progress });
        let is_gzip = file.fill_buf()?.starts_with(&[0x1f, 0x8b]);
        let lines: Box<dyn BufRead + Send> = if is_gzip {
            Box::new(BufReader::with_capacity(1 << 18, MultiGzDecoder::new(file)))
        } else {
            Box::new(file)
        };
        let name = place_name(path)?;
        Ok(Self { lines, name, separator, number: 0 })
    }

    /// The next messages, at most `most`; none at the end. Empty lines are passed over.
    pub fn batch(&mut self, most: usize) -> std::io::Result<Vec<Message>> {
        let mut messages = Vec::with_capacity(most);
        while messages.len() < most {
            let mut line = Vec::new();
            if self.lines.by_ref().take(LONGEST).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            self.number += 1;
            if !line.ends_with(b"\n") && line.len() == usize::try_from(LONGEST).unwrap_or(usize::MAX) {
                self.lines.skip_until(b'\n')?;
            }
            // Only the end of the line goes: a separator before it says that the value is absent.
            let line = line.strip_suffix(b"\n").unwrap_or(&line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if !line.trim_ascii().is_empty() {
                messages.push(self.message(line));
            }
        }
        Ok(messages)
    }

    fn message(&self, line: &[u8]) -> Message {
        let split = self.separator.and_then(|separator| line.iter().position(|byte| *byte == separator));
        let (key, value) = match split.and_then(|at| line.split_at_checked(at)) {
            Some((key, rest)) => (Some(key.to_vec()), rest.get(1..).unwrap_or_default()),
            None => (None, line),
        };
        Message {
            place: Place { source: self.name.clone(), partition: 0, offset: self.number },
            key,
            headers: Vec::new(),
            value: (!value.is_empty()).then(|| value.to_vec()),
        }
    }
}

/// What a message's place is called: the file's name with its length and time, so that two files of one name are two
/// sources in quarantine.
fn place_name(path: &Path) -> std::io::Result<String> {
    let about = std::fs::metadata(path)?;
    let name = path.file_name().map_or_else(|| "file".into(), |name| name.to_string_lossy());
    let changed = about.mtime();
    Ok(format!("{name}#{:x}-{changed:x}", about.len()))
}

/// Reads a file to its end through the recorder; `tell` hears the sum after each batch. For the past, the recorder is
/// [`Recorder::of_history`].
///
/// # Errors
/// [`FileError`]; what was recorded until then stands, and reading the file again changes nothing of it.
pub fn record(
    recorder: &Recorder,
    source: &mut FileSource,
    settings: FileSettings,
    mut tell: impl FnMut(&Counts),
) -> Result<Counts, FileError> {
    let throttle = Throttle::new(settings.messages_per_second, settings.batch_messages);
    let mut bound = QuarantineBound::new(settings.max_quarantine);
    let name = source.name.clone();
    let taken = if settings.is_history { Some(begin(recorder.store(), &name)?) } else { None };
    let sum = std::thread::scope(|scope| {
        let mut pipeline = Pipeline::start(scope, recorder);
        let mut sum = Counts::default();
        let mut finish = |pipeline: &mut Pipeline| {
            let Some(Done { messages, outcome }) = pipeline.finish() else { return Ok(sum) };
            let done = match outcome {
                // The database refused something in it: found by halving.
                Err(RecordError::Store(Error::Refused(_))) => recorder.record(&messages, &mut [])?,
                outcome => outcome?,
            };
            sum += done.counts;
            tell(&sum);
            if !done.refused.is_empty() && bound.is_exceeded(recorder.store(), done.refused.len()) {
                return Err(FileError::QuarantineFull);
            }
            Ok(sum)
        };
        loop {
            let messages = source.batch(throttle.batch())?;
            if messages.is_empty() {
                return finish(&mut pipeline);
            }
            // A command that is told to stop ends at once, whatever it waits for.
            throttle.wait(messages.len(), &AtomicBool::new(false));
            let prepared = recorder.prepare(&messages)?;
            finish(&mut pipeline)?;
            pipeline.write(messages, prepared, Vec::new());
        }
    })?;
    if let Some(position) = taken {
        end(recorder.store(), &name, &position)?;
    }
    Ok(sum)
}

/// Says that the file is being brought in: a partition of one message, the file.
fn begin(store: &Store, name: &str) -> Result<Position, Error> {
    store.write_blocking(|conn| offsets::take(conn, name, 0, 0, Kind::History { end: 1 }))
}

/// Says that the file was brought in, if it was not before.
fn end(store: &Store, name: &str, position: &Position) -> Result<(), Error> {
    if !position.is_loading() {
        return Ok(());
    }
    let step = Move {
        topic: name.to_owned(),
        partition: 0,
        from: 0,
        to: 1,
        owner_epoch: position.owner_epoch,
        fresh_until: None,
        end_offset: None,
    };
    if !store.write_blocking(|conn| offsets::advance(conn, &step))? {
        tracing::warn!(name, "another process brings in the same file, and will say when it is done");
    }
    Ok(())
}

/// Why a file was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The database.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// More of it cannot be read than quarantine holds.
    #[error("more messages are in quarantine than quarantine.max_rows allows")]
    QuarantineFull,
}

impl From<Error> for FileError {
    fn from(error: Error) -> Self {
        Self::Record(error.into())
    }
}

struct Counting<F> {
    file: File,
    progress: F,
}

impl<F: FnMut(u64)> Read for Counting<F> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        (self.progress)(u64::try_from(read).unwrap_or(u64::MAX));
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn reads_plain_and_gzip_alike() {
        let text = "900\t{\"a\":1}\n\n901\t\r\nno key here\n";
        let dir = tempfile::tempdir().unwrap();
        let plain = dir.path().join("orders.ndjson");
        std::fs::write(&plain, text).unwrap();
        let packed = dir.path().join("orders.ndjson.gz");
        let mut gzip =
            flate2::write::GzEncoder::new(File::create(&packed).unwrap(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        gzip.finish().unwrap();

        let read = |path: &Path| FileSource::open(path, Some(b'\t'), |_| {}).unwrap().batch(10).unwrap();
        let messages = read(&plain);
        assert_eq!(messages.len(), 3);
        assert_eq!(messages[0].key.as_deref(), Some(&b"900"[..]));
        assert_eq!(messages[0].value.as_deref(), Some(&b"{\"a\":1}"[..]));
        assert_eq!(messages[1].value, None, "a key alone is a tombstone");
        assert_eq!((messages[2].place.offset, messages[2].key.as_deref()), (4, None));
        let again: Vec<_> = read(&packed).into_iter().map(|m| (m.key, m.value)).collect();
        assert_eq!(again, messages.into_iter().map(|m| (m.key, m.value)).collect::<Vec<_>>());
    }
}
