//! `numbers`: rows of 16 floats with as many digits as a double needs.

use super::WriteLine;
use super::line::Line;
use super::random::Random;

/// The names of the columns.
pub(super) struct Numbers {
    names: Vec<String>,
}

impl Numbers {
    pub(super) fn new() -> Self {
        Self { names: (0..COLUMNS).map(|column| format!("f{column:02}")).collect() }
    }
}

impl WriteLine for Numbers {
    fn write(&mut self, line: &mut Line, random: &mut Random) {
        line.open_object();
        for name in &self.names {
            let digits = random.between(15, 17) as u32;
            let smallest = 10_u64.pow(digits - 1);
            let value = random.between(smallest, 10 * smallest - 1);
            let whole_digits = random.between(1, 4) as u32;
            line.key(name).fraction(random.percent(25), value, digits - whole_digits);
        }
        line.close_object();
    }
}

const COLUMNS: usize = 16;
