//! `logs`: application logs whose message carries a stack trace, a query or a quoted document.

use super::WriteLine;
use super::line::{Line, TimeStyle};
use super::random::Random;
use super::words::{START_OF_2026, WORDS};

/// The running time of the log.
pub(super) struct Logs {
    unix_micros: u64,
}

impl Logs {
    pub(super) fn new() -> Self {
        Self { unix_micros: START_OF_2026 }
    }
}

impl WriteLine for Logs {
    fn write(&mut self, line: &mut Line, random: &mut Random) {
        self.unix_micros += random.below(5_000);
        line.open_object();
        line.key("timestamp").time(self.unix_micros, TimeStyle::Millis);
        line.key("level").text(random.pick(LEVELS));
        line.key("service").text(random.pick(SERVICES));
        line.key("host").open_text();
        line.push("ip-10-0-");
        line.push_integer(random.below(4));
        line.push("-");
        line.push_integer(random.between(10, 60));
        line.push(".eu-central-1.internal");
        line.close_text();
        line.key("trace_id").hex(32, || random.bits());
        line.key("message").open_text();
        let start = line.len();
        push_opening(line, random);
        while line.len() - start < MESSAGE_LENGTH {
            push_part(line, random);
        }
        line.close_text();
        line.close_object();
    }
}

fn push_opening(line: &mut Line, random: &mut Random) {
    line.push("Request \\\"");
    line.push(random.pick(METHODS));
    line.push(" \\/api\\/v2\\/");
    line.push(random.pick(WORDS));
    line.push("\\/");
    line.push_integer(random.below(1_000_000));
    line.push("\\\" failed after ");
    line.push_integer(random.between(1, 30_000));
    line.push(" ms: ");
}

/// One of the things that logs are full of, 40 to 130 bytes long.
fn push_part(line: &mut Line, random: &mut Random) {
    match random.below(16) {
        0..=6 => push_stack_frame(line, random),
        7..=9 => push_query(line, random),
        10..=12 => push_document(line, random),
        13 => push_path(line, random),
        14 => push_words(line, random, 8),
        _ => {
            line.push("\\r\\n\\u2192 ");
            line.push(random.pick(PEOPLE));
            line.push(" said: ");
            push_words(line, random, 4);
        }
    }
}

fn push_stack_frame(line: &mut Line, random: &mut Random) {
    line.push("\\n\\tat com.example.");
    line.push(random.pick(WORDS));
    line.push(".");
    line.push(random.pick(CLASSES));
    line.push(".");
    line.push(random.pick(WORDS));
    line.push("(");
    line.push(random.pick(CLASSES));
    line.push(".java:");
    line.push_integer(random.between(10, 990));
    line.push(")");
}

fn push_query(line: &mut Line, random: &mut Random) {
    line.push("\\nSELECT \\\"");
    line.push(random.pick(WORDS));
    line.push("\\\" FROM \\\"");
    line.push(random.pick(WORDS));
    line.push("\\\" WHERE id = ");
    line.push_integer(random.below(100_000_000));
    line.push(" LIMIT 50;");
}

fn push_document(line: &mut Line, random: &mut Random) {
    line.push(" {\\\"");
    line.push(random.pick(WORDS));
    line.push("\\\": ");
    line.push_integer(random.below(100_000));
    line.push(", \\\"");
    line.push(random.pick(WORDS));
    line.push("\\\": \\\"");
    line.push_hex(12, || random.bits());
    line.push("\\\"}");
}

fn push_path(line: &mut Line, random: &mut Random) {
    line.push(" in C:\\\\srv\\\\");
    line.push(random.pick(WORDS));
    line.push("\\\\");
    line.push(random.pick(WORDS));
    line.push("-");
    line.push_digits(random.below(10_000), 4);
    line.push(".log");
}

fn push_words(line: &mut Line, random: &mut Random, count: usize) {
    for _ in 0..count {
        line.push(" ");
        line.push(random.pick(WORDS));
    }
    line.push(".");
}

const MESSAGE_LENGTH: u64 = 560;

/// Repeated by how often each occurs.
const LEVELS: &[&str] =
    &["INFO", "INFO", "INFO", "INFO", "INFO", "DEBUG", "DEBUG", "WARN", "WARN", "ERROR"];

const SERVICES: &[&str] =
    &["checkout", "catalog", "identity", "ledger", "mailer", "search", "shipping", "gateway"];

const METHODS: &[&str] = &["GET", "GET", "GET", "POST", "PUT", "DELETE"];

const CLASSES: &[&str] = &[
    "OrderController",
    "RetryPolicy",
    "ConnectionPool",
    "JsonMapper",
    "SessionStore",
    "InvoiceRenderer",
    "TokenFilter",
    "BatchWriter",
];

/// Escaped as a logger does that writes ASCII only.
const PEOPLE: &[&str] = &["Ren\\u00e9e", "J\\u00fcrgen", "\\u0141ukasz", "\\u6797\\u82b3"];
