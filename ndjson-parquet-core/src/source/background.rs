//! Runs a reader on a thread of its own, so that decompression and decoding overlap.

use std::any::Any;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded};

use super::fault::{Fault, checked_read};
use crate::error::ErrorKind;

/// Reads ahead of the consumer: at most six chunks of [`CHUNK_BYTES`] exist at a time, of which four
/// wait, one is being filled and one is at the consumer (plus those that the consumer keeps).
///
/// Every chunk but the last is full, so chunks do not depend on how the reader's bytes arrive. When
/// dropped early it does not wait: the thread ends by itself as soon as its present read returns.
pub(crate) struct BackgroundReader {
    chunks: Receiver<Message>,
    spare: Sender<Vec<u8>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    state: State,
    /// What `Read` has yet to give of the last chunk.
    current: Vec<u8>,
    given: usize,
}

enum Message {
    Chunk(Vec<u8>),
    Failed(io::Error),
    End,
}

/// What came in a while of waiting.
pub(crate) enum Next {
    /// A chunk, never empty.
    Chunk(Vec<u8>),
    /// Nothing yet.
    Waiting,
    /// The stream is at its end.
    End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    Ended,
    Failed,
}

impl BackgroundReader {
    /// Starts to read.
    pub(crate) fn new(reader: Box<dyn Read + Send>) -> io::Result<Self> {
        Self::with_chunk_bytes(reader, CHUNK_BYTES)
    }

    pub(super) fn with_chunk_bytes(
        reader: Box<dyn Read + Send>,
        chunk_bytes: usize,
    ) -> io::Result<Self> {
        let (sender, chunks) = bounded(CHUNKS_AHEAD);
        let (spare, spares) = bounded(CHUNKS_AHEAD + 2);
        let stop = Arc::new(AtomicBool::new(false));
        let producer =
            Producer { reader, chunk_bytes, chunks: sender, spares, stop: Arc::clone(&stop) };
        let thread = thread::Builder::new()
            .name("ndjson-parquet-read".to_owned())
            .spawn(move || producer.run())?;
        let thread = Some(thread);
        Ok(Self {
            chunks,
            spare,
            stop,
            thread,
            state: State::Running,
            current: Vec::new(),
            given: 0,
        })
    }

    /// The next chunk, never empty; `None` after the last. What `Read` has left of a chunk is lost.
    pub(crate) fn next_chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            match self.next_chunk_within(Duration::MAX)? {
                Next::Chunk(chunk) => return Ok(Some(chunk)),
                Next::Waiting => {}
                Next::End => return Ok(None),
            }
        }
    }

    /// The same, but waits for the chunk no longer than `patience`.
    pub(crate) fn next_chunk_within(&mut self, patience: Duration) -> io::Result<Next> {
        match self.state {
            State::Ended => return Ok(Next::End),
            State::Failed => {
                let message = "expected no read after a failed one, found one";
                return Err(Fault::new(ErrorKind::Source, message).into());
            }
            State::Running => {}
        }
        match self.chunks.recv_timeout(patience) {
            Ok(Message::Chunk(chunk)) => Ok(Next::Chunk(chunk)),
            Ok(Message::End) => {
                self.state = State::Ended;
                Ok(Next::End)
            }
            Ok(Message::Failed(error)) => {
                self.state = State::Failed;
                Err(error)
            }
            Err(RecvTimeoutError::Timeout) => Ok(Next::Waiting),
            // The thread ended without a word: it panicked.
            Err(RecvTimeoutError::Disconnected) => {
                self.state = State::Failed;
                Err(self.panicked())
            }
        }
    }

    /// Gives a chunk back, so that its memory is used again.
    pub(crate) fn recycle(&self, chunk: Vec<u8>) {
        // A full channel means that there are spare chunks enough, a closed one that none is needed.
        let _ = self.spare.try_send(chunk);
    }

    fn panicked(&mut self) -> io::Error {
        let reason = match self.thread.take().map(JoinHandle::join) {
            Some(Err(payload)) => panic_message(&*payload),
            _ => "it ended early".to_owned(),
        };
        let message =
            format!("expected the reading thread to end in order, found a panic: {reason}");
        Fault::new(ErrorKind::Internal, message).into()
    }
}

impl Read for BackgroundReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.given == self.current.len() {
            let Some(next) = self.next_chunk()? else {
                return Ok(0);
            };
            let spent = std::mem::replace(&mut self.current, next);
            self.given = 0;
            if spent.capacity() > 0 {
                self.recycle(spent);
            }
        }
        let rest = &self.current[self.given..];
        let taken = rest.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&rest[..taken]);
        self.given += taken;
        Ok(taken)
    }
}

impl Drop for BackgroundReader {
    fn drop(&mut self) {
        // Joining here would wait for a read of a terminal or a pipe that may never return.
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// The thread's side.
struct Producer {
    reader: Box<dyn Read + Send>,
    chunk_bytes: usize,
    chunks: Sender<Message>,
    spares: Receiver<Vec<u8>>,
    stop: Arc<AtomicBool>,
}

impl Producer {
    fn run(mut self) {
        loop {
            let mut chunk = match self.spares.try_recv() {
                Ok(spare) => spare,
                Err(TryRecvError::Empty) => Vec::new(),
                Err(TryRecvError::Disconnected) => return,
            };
            chunk.resize(self.chunk_bytes, 0);
            let (filled, last) = self.fill(&mut chunk);
            chunk.truncate(filled);
            if filled > 0 && self.chunks.send(Message::Chunk(chunk)).is_err() {
                return;
            }
            if let Some(last) = last {
                // Nobody may be listening any more, and then nobody needs to know.
                let _ = self.chunks.send(last);
                return;
            }
        }
    }

    /// Fills `chunk` as far as the source goes; the message that ends the stream, if it ended here.
    fn fill(&mut self, chunk: &mut [u8]) -> (usize, Option<Message>) {
        let mut filled = 0;
        while filled < chunk.len() {
            if self.stop.load(Ordering::Relaxed) {
                return (0, Some(Message::End));
            }
            let room = chunk.len() - filled;
            let taken = self.reader.read(&mut chunk[filled..]);
            match taken.and_then(|taken| checked_read(taken, room)) {
                Ok(0) => return (filled, Some(Message::End)),
                Ok(taken) => filled += taken,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return (filled, Some(Message::Failed(error))),
            }
        }
        (filled, None)
    }
}

fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

/// One chunk takes gzip some 2 ms, long against handing it over (microseconds), and fits in L2.
const CHUNK_BYTES: usize = 1 << 20;

/// Enough to ride out the consumer's longest pause between two chunks of one row group.
const CHUNKS_AHEAD: usize = 4;
