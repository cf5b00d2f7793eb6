//! One batch is written while the next one is prepared: the database and this process work at the same time.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Scope;

use counterfoil_store::offsets::Move;

use crate::message::Message;
use crate::recorder::{Prepared, RecordError, Recorded, Recorder};

/// A batch on its way to the database.
struct Job {
    messages: Vec<Message>,
    prepared: Prepared,
    moves: Vec<Move>,
}

/// A batch that came back.
pub(crate) struct Done {
    pub(crate) messages: Vec<Message>,
    pub(crate) outcome: Result<Recorded, RecordError>,
}

/// At most one batch is on its way.
pub(crate) struct Pipeline {
    jobs: Sender<Job>,
    done: Receiver<Done>,
    is_writing: bool,
}

impl Pipeline {
    /// Starts the thread that writes; it ends when this is dropped.
    pub(crate) fn start<'scope>(scope: &'scope Scope<'scope, '_>, recorder: &'scope Recorder) -> Self {
        let (jobs, taken) = channel::<Job>();
        let (give_back, done) = channel();
        scope.spawn(move || {
            for job in taken {
                let outcome = recorder.commit(&job.messages, job.prepared, &job.moves);
                if give_back.send(Done { messages: job.messages, outcome }).is_err() {
                    break;
                }
            }
        });
        Self { jobs, done, is_writing: false }
    }

    /// Waits for the batch on its way, if there is one.
    pub(crate) fn finish(&mut self) -> Option<Done> {
        if !std::mem::take(&mut self.is_writing) {
            return None;
        }
        self.done.recv().ok()
    }

    /// Hands a batch over. The one before must have been finished.
    pub(crate) fn write(&mut self, messages: Vec<Message>, prepared: Prepared, moves: Vec<Move>) {
        self.is_writing = self.jobs.send(Job { messages, prepared, moves }).is_ok();
    }
}
