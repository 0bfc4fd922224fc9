//! Inflates the members of one source by several threads, in order.
//!
//! The thread that reads looks for whole members ([`split`](super::split)) and hands them to others;
//! what cannot be cut, such as a member that is large, it inflates itself. The text is the same as that
//! of an [`InflateReader`], and so are the errors: where a part does not inflate to its end, everything
//! from its beginning on is given to such a reader. After that nothing is cut any more, so that data
//! made to mislead costs one vain attempt.

use std::collections::VecDeque;
use std::io::{self, Read};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::codec::Codec;
use super::fault::Fault;
use super::inflate::{Extent, InflateReader};
use super::input::Input;
use super::limits::Inflation;
use super::split::{Extents, Found, PART_BYTES, next_part};
use crate::error::ErrorKind;

/// The decompressed bytes of a compressed reader, inflated by several threads.
///
/// Holds members of at most [`Inflation::max_part_bytes`], compressed and inflated, and the part that
/// is being read, at most half of that; while it inflates by itself, what an [`InflateReader`] holds.
pub(super) struct ParallelReader {
    codec: Codec,
    inflation: Inflation,
    state: State,
    threads: Option<Threads>,
    /// Parts at work, in order.
    parts: VecDeque<Part>,
    /// Memory of these parts.
    held: usize,
    /// Memory of texts that were given, to be used again: new memory costs half of what inflating
    /// text that repeats itself costs.
    spares: Vec<Vec<u8>>,
    /// What is left to give of a part.
    text: Vec<u8>,
    given: usize,
    /// Bytes of text up to the end of `text`.
    inflated: u64,
}

enum State {
    /// Between two members.
    Cutting(Input),
    /// One member is inflated here, or all that follow.
    Streaming(Box<InflateReader>, Extent),
    Failed,
}

/// Members that a thread inflates.
struct Part {
    /// Offset of the first byte.
    offset: u64,
    memory: usize,
    done: Receiver<Done>,
}

/// Members that a thread has inflated.
struct Done {
    compressed: Vec<u8>,
    /// The text, or as much as was inflated.
    text: Vec<u8>,
    /// Whether the members inflated without fault and end where they were cut.
    is_sound: bool,
}

impl ParallelReader {
    pub(super) fn new(codec: Codec, input: Input, inflation: Inflation) -> Self {
        Self {
            codec,
            inflation,
            state: State::Cutting(input),
            threads: None,
            parts: VecDeque::new(),
            held: 0,
            spares: Vec::new(),
            text: Vec::new(),
            given: 0,
            inflated: 0,
        }
    }

    /// Gets nearer to the next bytes of text, which go to `buffer` or to `text`.
    fn step(&mut self, buffer: &mut [u8]) -> io::Result<Step> {
        match &mut self.state {
            State::Failed => {
                let message = "expected no read after a failed one, found one";
                Err(Fault::new(ErrorKind::Decompress, message).into())
            }
            State::Streaming(reader, extent) => {
                let taken = reader.read(buffer)?;
                self.inflated = reader.inflated();
                if taken > 0 {
                    return Ok(Step::Given(taken));
                }
                if *extent != Extent::One {
                    return Ok(Step::End);
                }
                let input = reader.take_input();
                self.state = State::Cutting(input);
                Ok(Step::Again)
            }
            State::Cutting(input) => {
                // Not at the beginning, where an empty source is an error.
                if self.parts.is_empty() && input.consumed() > 0 && input.is_at_end() {
                    return Ok(Step::End);
                }
                self.hand_out()?;
                match self.parts.pop_front() {
                    Some(part) => self.take(part)?,
                    None => self.stream(Extent::One)?,
                }
                Ok(Step::Again)
            }
        }
    }

    /// Hands out parts as long as there is memory for them and threads might need them.
    fn hand_out(&mut self) -> io::Result<()> {
        let State::Cutting(input) = &mut self.state else { return Ok(()) };
        let most = usize::try_from(self.inflation.max_part_bytes()).unwrap_or(usize::MAX);
        while self.parts.len() < self.inflation.threads + PARTS_AHEAD {
            let Some(found) = find_part(self.codec, input, most / 2) else { break };
            if !self.parts.is_empty() && self.held + found.memory() > most {
                break;
            }
            let threads = match &self.threads {
                Some(threads) => threads,
                None => self.threads.insert(Threads::start(self.codec, self.inflation)?),
            };
            let offset = input.consumed();
            let mut compressed = vec![0; found.compressed];
            input.read_exact(&mut compressed)?;
            let mut text = self.spares.pop().unwrap_or_default();
            text.resize(found.inflated, 0);
            let (sender, done) = bounded(1);
            threads.inflate(Job { compressed, text, done: sender })?;
            self.held += found.memory();
            self.parts.push_back(Part { offset, memory: found.memory(), done });
        }
        Ok(())
    }

    /// Takes the text of `part`, the next one, or gives up cutting.
    fn take(&mut self, part: Part) -> io::Result<()> {
        self.held -= part.memory;
        let done = part.done.recv().map_err(|_| panicked())?;
        let limits = self.inflation.limits;
        let inflated = self.inflated + done.text.len() as u64;
        // Where exactly a limit is met depends on how much is inflated at a time.
        let is_within =
            inflated <= limits.max_bytes && !limits.exceeds_ratio(inflated, part.offset);
        if done.is_sound && is_within {
            self.inflated = inflated;
            self.given = 0;
            let spent = std::mem::replace(&mut self.text, done.text);
            self.keep(spent);
            return Ok(());
        }
        let State::Cutting(input) = &mut self.state else { return Ok(()) };
        let mut compressed = done.compressed;
        for later in self.parts.drain(..) {
            let done = later.done.recv().map_err(|_| panicked())?;
            compressed.extend_from_slice(&done.compressed);
        }
        input.put_back(compressed);
        self.threads = None;
        self.spares.clear();
        self.stream(Extent::Source)
    }

    /// Keeps the memory of `spent`, where there is room for it.
    fn keep(&mut self, spent: Vec<u8>) {
        let kept: usize = self.spares.iter().map(Vec::capacity).sum();
        if (self.held + kept + spent.capacity()) as u64 <= self.inflation.max_part_bytes() {
            self.spares.push(spent);
        }
    }

    /// Inflates what follows, as far as `extent`, on this thread.
    fn stream(&mut self, extent: Extent) -> io::Result<()> {
        if let State::Cutting(input) = std::mem::replace(&mut self.state, State::Failed) {
            let (codec, inflation) = (self.codec, self.inflation);
            let reader = InflateReader::resumed(codec, input, inflation, extent, self.inflated)?;
            self.state = State::Streaming(Box::new(reader), extent);
        }
        Ok(())
    }
}

enum Step {
    Given(usize),
    Again,
    End,
}

impl Read for ParallelReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let rest = &self.text[self.given..];
            if !rest.is_empty() {
                let taken = rest.len().min(buffer.len());
                buffer[..taken].copy_from_slice(&rest[..taken]);
                self.given += taken;
                return Ok(taken);
            }
            match self.step(buffer) {
                Ok(Step::Given(taken)) => return Ok(taken),
                Ok(Step::Again) => {}
                Ok(Step::End) => return Ok(0),
                Err(error) => {
                    if !matches!(self.state, State::Streaming(..)) {
                        self.state = State::Failed;
                    }
                    return Err(error);
                }
            }
        }
    }
}

/// The next part of `input`, which needs at most `most` bytes of memory; `None` where there is none.
fn find_part(codec: Codec, input: &mut Input, most: usize) -> Option<Extents> {
    let mut wanted = FIRST_LOOK_BYTES;
    loop {
        let bytes = input.look_ahead(wanted);
        let at_end = bytes.len() < wanted;
        match next_part(codec, bytes, at_end, most) {
            Found::Part(part) => return Some(part),
            Found::Stream => return None,
            Found::More => wanted = bytes.len().saturating_mul(2),
        }
    }
}

/// The threads that inflate. They end when this is dropped, as soon as their present part is done.
struct Threads {
    jobs: Sender<Job>,
}

struct Job {
    compressed: Vec<u8>,
    /// As long as the text can be.
    text: Vec<u8>,
    done: Sender<Done>,
}

impl Threads {
    fn start(codec: Codec, inflation: Inflation) -> io::Result<Self> {
        let (sender, jobs) = unbounded::<Job>();
        for _ in 0..inflation.threads {
            let jobs: Receiver<Job> = jobs.clone();
            let nothing = Input::empty();
            let mut reader = InflateReader::resumed(codec, nothing, inflation, Extent::Members, 0)?;
            let inflate_all = move || {
                for job in jobs {
                    let most = job.text.len() as u64;
                    match reader.restart(Input::of_bytes(job.compressed), most) {
                        Ok(restarted) => reader = restarted,
                        Err(_) => return,
                    }
                    let (text, is_sound) = inflate_whole(&mut reader, job.text);
                    let compressed = reader.take_input().into_bytes();
                    // Nobody waits for it after an error in an earlier part.
                    let _ = job.done.send(Done { compressed, text, is_sound });
                }
            };
            let thread = std::thread::Builder::new().name("ndjson-parquet-inflate".to_owned());
            thread.spawn(inflate_all)?;
        }
        Ok(Self { jobs: sender })
    }

    fn inflate(&self, job: Job) -> io::Result<()> {
        self.jobs.send(job).map_err(|_| panicked())
    }
}

/// Fills `text` with what `reader` gives, and tells whether it ended in order.
fn inflate_whole(reader: &mut InflateReader, mut text: Vec<u8>) -> (Vec<u8>, bool) {
    let mut filled = 0;
    while filled < text.len() {
        let end = text.len().min(filled + PART_BYTES);
        match reader.read(&mut text[filled..end]) {
            Ok(0) => break,
            Ok(taken) => filled += taken,
            Err(_) => return (text, false),
        }
    }
    text.truncate(filled);
    let is_sound = matches!(reader.read(&mut [0]), Ok(0));
    (text, is_sound)
}

fn panicked() -> io::Error {
    let message = "expected the inflating threads to end in order, found a panic";
    Fault::new(ErrorKind::Internal, message).into()
}

/// Parts that wait for a thread, so that none is idle while the reader looks for the next one.
const PARTS_AHEAD: usize = 2;

/// BGZF members are of at most 64 KiB.
const FIRST_LOOK_BYTES: usize = 256 << 10;
