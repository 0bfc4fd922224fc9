//! Seeded NDJSON in five shapes, for benches, tests and trying things out.
//!
//! [`generate`] takes a [`Shape`], a size and a seed and writes whole lines. The bytes depend on
//! these three alone: the random numbers, the number formats and the calendar are all in this
//! folder, and there is no clock, no locale and no hash map in it.

mod events;
mod github;
mod line;
mod logs;
mod numbers;
mod random;
mod wide;
mod words;

use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use line::Line;
use random::Random;

/// What the generated lines look like.
///
/// ```
/// use ndjson_parquet_cli::generate::Shape;
///
/// assert_eq!("github".parse(), Ok(Shape::Github));
/// assert_eq!(Shape::Wide.to_string(), "wide");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Shape {
    /// Four fields, one of them 500 equal characters; about 600 bytes a line.
    Events,
    /// Eight kinds of nested records with many absent fields, like the public GitHub archive;
    /// about 1.6 KB a line.
    Github,
    /// 200 flat columns of five types, 5 % of the values null; about 5.1 KB a line.
    Wide,
    /// Six strings, the last one a long message full of escapes; about 770 bytes a line.
    Logs,
    /// 16 floats of 15 to 17 digits; about 400 bytes a line.
    Numbers,
}

impl Shape {
    /// Every shape, in the order in which they are listed to users.
    pub const ALL: [Self; 5] = [Self::Events, Self::Github, Self::Wide, Self::Logs, Self::Numbers];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Github => "github",
            Self::Wide => "wide",
            Self::Logs => "logs",
            Self::Numbers => "numbers",
        }
    }

    fn writer(self) -> Box<dyn WriteLine> {
        match self {
            Self::Events => Box::new(events::Events::new()),
            Self::Github => Box::new(github::Github::new()),
            Self::Wide => Box::new(wide::Wide::new()),
            Self::Logs => Box::new(logs::Logs::new()),
            Self::Numbers => Box::new(numbers::Numbers::new()),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Shape {
    type Err = UnknownShape;

    fn from_str(name: &str) -> Result<Self, UnknownShape> {
        Self::ALL
            .into_iter()
            .find(|shape| shape.name() == name)
            .ok_or_else(|| UnknownShape { found: name.to_owned() })
    }
}

/// A name that is not one of [`Shape::ALL`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownShape {
    found: String,
}

impl fmt::Display for UnknownShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Shape::ALL.map(Shape::name).join(", ");
        write!(f, "expected one of {names}; found `{}`", self.found)
    }
}

impl Error for UnknownShape {}

/// Writes lines of `shape` until at least `bytes` bytes are out, and returns their number.
///
/// The last line is whole, so the output is up to one line longer than asked for; `bytes` of 0
/// writes nothing. Equal arguments give equal bytes on every platform, and a smaller size gives
/// a prefix of a larger one. Holds one buffer of about 72 KiB, whatever the size.
///
/// ```
/// use ndjson_parquet_cli::generate::{Shape, generate};
///
/// let mut out = Vec::new();
/// let lines = generate(Shape::Numbers, 10_000, 42, &mut out)?;
/// assert!(out.len() >= 10_000 && out.ends_with(b"}\n"));
/// assert_eq!(out.iter().filter(|&&byte| byte == b'\n').count() as u64, lines);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// The first error of `out`; a closed pipe is reported like any other.
pub fn generate(shape: Shape, bytes: u64, seed: u64, out: &mut dyn Write) -> io::Result<u64> {
    let mut writer = shape.writer();
    let mut random = Random::new(seed);
    let mut buffer = Line::with_capacity(BUFFER_BYTES + MAX_LINE_BYTES);
    let (mut written, mut lines) = (0, 0);
    while written + buffer.len() < bytes {
        writer.write(&mut buffer, &mut random);
        buffer.end();
        lines += 1;
        if buffer.len() >= BUFFER_BYTES as u64 {
            out.write_all(buffer.as_bytes())?;
            written += buffer.len();
            buffer.clear();
        }
    }
    out.write_all(buffer.as_bytes())?;
    out.flush()?;
    Ok(lines)
}

/// One shape's state from line to line, such as its running id.
trait WriteLine {
    /// Appends one JSON object, without the line end.
    fn write(&mut self, line: &mut Line, random: &mut Random);
}

/// A pipe on Linux takes this much at once.
const BUFFER_BYTES: usize = 64 * 1024;

/// Room for the line that passes [`BUFFER_BYTES`]; a longer one only costs a reallocation.
const MAX_LINE_BYTES: usize = 8 * 1024;

#[cfg(test)]
mod tests;
