//! `wide`: flat rows of 200 columns of five types, as an export of a reporting table.
//!
//! Columns of one type differ in range and in the number of distinct values, so that both
//! dictionary and plain pages are right for some of them.

use super::WriteLine;
use super::line::{Line, TimeStyle};
use super::random::Random;
use super::words::{CITIES, START_OF_2026, WORDS};

/// The columns in their order.
pub(super) struct Wide {
    columns: Vec<Column>,
}

struct Column {
    name: String,
    kind: Kind,
    /// The column's place among those of its kind; chooses its range.
    place: u64,
}

#[derive(Clone, Copy)]
enum Kind {
    Integer,
    Float,
    Text,
    Time,
    Boolean,
}

impl Wide {
    pub(super) fn new() -> Self {
        let mut columns = Vec::new();
        for group in 0..GROUPS {
            for (kind, prefix, count) in GROUP {
                for nth in 0..count {
                    let place = group * count + nth;
                    columns.push(Column { name: format!("{prefix}_{place:02}"), kind, place });
                }
            }
        }
        Self { columns }
    }
}

impl WriteLine for Wide {
    fn write(&mut self, line: &mut Line, random: &mut Random) {
        line.open_object();
        for column in &self.columns {
            line.key(&column.name);
            if random.percent(NULL_PERCENT) {
                line.null();
            } else {
                column.write_value(line, random);
            }
        }
        line.close_object();
    }
}

impl Column {
    fn write_value(&self, line: &mut Line, random: &mut Random) {
        match self.kind {
            Kind::Integer => write_integer(self.place, line, random),
            Kind::Float => write_float(self.place, line, random),
            Kind::Text => write_text(self.place, line, random),
            Kind::Time => line.time(
                START_OF_2026 + random.below(HALF_A_YEAR_IN_MILLIS) * 1000,
                TimeStyle::Millis,
            ),
            Kind::Boolean => line.boolean(random.percent(10 + 4 * self.place)),
        }
    }
}

fn write_integer(place: u64, line: &mut Line, random: &mut Random) {
    match place % 4 {
        0 => line.integer(random.below(100)),
        1 => line.signed(random.percent(50), random.below(10_000_000)),
        2 => line.integer(random.below(1_000_000_000_000)),
        _ => line.integer(random.bits() >> 1),
    }
}

fn write_float(place: u64, line: &mut Line, random: &mut Random) {
    match place % 3 {
        0 => line.fraction(false, random.below(1_000_000), 2),
        1 => line.fraction(random.percent(50), random.below(1_000_000_000_000), 8),
        _ => line.fraction(false, random.below(10_u64.pow(16)), 16),
    }
}

fn write_text(place: u64, line: &mut Line, random: &mut Random) {
    match place % 4 {
        0 => line.text(random.pick(CITIES)),
        1 => line.hex(32, || random.bits()),
        2 => {
            line.open_text();
            line.push("order-");
            line.push_digits(random.below(100_000_000), 8);
            line.close_text();
        }
        _ => {
            line.open_text();
            for nth in 0..random.between(2, 5) {
                line.push(if nth == 0 { "" } else { " " });
                line.push(random.pick(WORDS));
            }
            line.close_text();
        }
    }
}

/// The columns of a group, and how many groups make a row: 70 integers, 50 floats, 40 strings,
/// 20 times and 20 booleans.
const GROUP: [(Kind, &str, u64); 5] = [
    (Kind::Integer, "count", 7),
    (Kind::Float, "measure", 5),
    (Kind::Text, "label", 4),
    (Kind::Time, "seen", 2),
    (Kind::Boolean, "flag", 2),
];
const GROUPS: u64 = 10;

const NULL_PERCENT: u64 = 5;

const HALF_A_YEAR_IN_MILLIS: u64 = 182 * 86_400 * 1000;
