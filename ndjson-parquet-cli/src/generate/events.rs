//! `events`: the small records that load tests of event pipelines send.

use super::WriteLine;
use super::line::{Line, TimeStyle};
use super::random::Random;
use super::words::START_OF_2026;

/// The running id and time of the events.
pub(super) struct Events {
    next_id: u64,
    unix_micros: u64,
    payload: String,
}

impl Events {
    pub(super) fn new() -> Self {
        Self { next_id: 1, unix_micros: START_OF_2026, payload: "x".repeat(PAYLOAD_LENGTH) }
    }
}

impl WriteLine for Events {
    fn write(&mut self, line: &mut Line, random: &mut Random) {
        self.unix_micros += random.below(20_000);
        line.open_object();
        line.key("id").integer(self.next_id);
        line.key("ts").time(self.unix_micros, TimeStyle::MicrosWithOffset);
        // 16 digits, as a program prints a random double between 0 and 1000.
        line.key("value").fraction(false, random.below(1000 * 10_u64.pow(13)), 13);
        line.key("payload").text(&self.payload);
        line.close_object();
        self.next_id += 1;
    }
}

const PAYLOAD_LENGTH: usize = 500;
