//! Sources, one file per stage.

mod background;
mod expand;
mod inflate;
mod open;
mod parallel;
mod ranges;
mod split;

use std::io::{self, Read};

use super::*;
use crate::error::Error;

/// Inflating by one thread, in the default memory.
fn serial(limits: InflateLimits) -> Inflation {
    Inflation { limits, threads: 1, memory: 256 << 20 }
}

/// All bytes of a source as its stream or its one big range gives them.
fn read_source(source: &Source, limits: InflateLimits) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let read = match source.open(serial(limits))? {
        Opened::Ranged { reader, size } => {
            RangeReader::new(reader, size, 0, size).read_to_end(&mut bytes)
        }
        Opened::Stream(mut reader) => reader.read_to_end(&mut bytes),
    };
    read.map(|_| bytes).map_err(|error| into_error(source.name(), error))
}

/// Gives at most `most` bytes a read.
struct Trickle<R>(R, usize);

impl<R: Read> Read for Trickle<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = self.1.min(buffer.len());
        self.0.read(&mut buffer[..most])
    }
}
