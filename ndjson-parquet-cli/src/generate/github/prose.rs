//! Titles, messages and bodies: sentences with the escapes and scripts that people really use.

use super::super::line::Line;
use super::super::random::Random;
use super::super::words::WORDS;

/// A string of one short line.
pub(super) fn write_title(line: &mut Line, random: &mut Random) {
    line.open_text();
    push_title(line, random);
    line.close_text();
}

/// A string of `sentences` sentences, with line ends and lists among them.
pub(super) fn write_body(sentences: u64, line: &mut Line, random: &mut Random) {
    line.open_text();
    for nth in 0..sentences {
        if nth > 0 {
            line.push(random.pick(SENTENCE_ENDS));
        }
        push_sentence(line, random);
    }
    line.close_text();
}

/// A string as people write it above a commit, in many cases with a second paragraph.
pub(super) fn write_commit_message(line: &mut Line, random: &mut Random) {
    line.open_text();
    push_title(line, random);
    if random.percent(45) {
        line.push("\\n\\n");
        push_sentence(line, random);
    }
    line.close_text();
}

fn push_title(line: &mut Line, random: &mut Random) {
    line.push(random.pick(TITLE_STARTS));
    for _ in 0..random.between(2, 5) {
        line.push(" ");
        line.push(random.pick(WORDS));
    }
    if random.percent(40) {
        line.push(" (#");
        line.push_integer(random.between(1, 20_000));
        line.push(")");
    }
}

fn push_sentence(line: &mut Line, random: &mut Random) {
    for nth in 0..random.between(5, 11) {
        line.push(if nth == 0 { "" } else { " " });
        if random.percent(6) {
            line.push(random.pick(SPECIALS));
        } else {
            line.push(random.pick(WORDS));
        }
    }
}

const TITLE_STARTS: &[&str] = &[
    "Fix",
    "Add",
    "Remove",
    "Bump",
    "Refactor",
    "Docs:",
    "feat:",
    "chore(deps):",
    "Revert \\\"Add\\\"",
    "WIP",
    "Améliorer",
    "修复",
    "Исправить",
];

const SENTENCE_ENDS: &[&str] = &[". ", ". ", ".\\n", ".\\r\\n", ".\\r\\n\\r\\n- [ ] ", "?\\n> "];

/// Escapes of every kind, and text of many scripts, as JSON writers leave it.
const SPECIALS: &[&str] = &[
    "`cargo test`",
    "\\\"quoted\\\"",
    "caf\\u00e9",
    "\\u2713",
    "\\ud83d\\ude80",
    "🎉",
    "naïve",
    "日本語",
    "данные",
    "C:\\\\temp",
    "\\/usr\\/bin",
    "a\\tb",
    "<b>\\u003c\\/b>",
    "Größe",
    "한국어",
];
