//! The kernels against one byte at a time, and so against each other.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Kernel, Task, agreed};

fn specials_by_byte(window: &[u8; 64]) -> u64 {
    let special = |byte: &u8| matches!(*byte, b'"' | b'\\' | 0..0x20);
    window.iter().enumerate().filter(|(_, byte)| special(byte)).map(|(i, _)| 1 << i).sum()
}

#[derive(Clone, Copy)]
struct Specials<'a>(&'a [u8; 64]);

impl Task for Specials<'_> {
    type Output = u64;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> u64 {
        kernel.string_specials(self.0)
    }
}

#[derive(Clone, Copy)]
struct StartsWith<'a>(&'a [u8; 32], &'a [u8; 32], usize);

impl Task for StartsWith<'_> {
    type Output = bool;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> bool {
        kernel.starts_with(self.0, self.1, self.2)
    }
}

#[derive(Clone, Copy)]
struct Digits<'a>(&'a [u8; 32]);

impl Task for Digits<'_> {
    type Output = u32;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> u32 {
        kernel.digits(self.0)
    }
}

#[derive(Clone, Copy)]
struct LeadingDigits<'a>(&'a [u8; 16], usize);

impl Task for LeadingDigits<'_> {
    type Output = u64;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> u64 {
        kernel.leading_digits(self.0, self.1)
    }
}

#[derive(Clone, Copy)]
struct TwoLeadingDigits<'a>([&'a [u8; 16]; 2], [usize; 2]);

impl Task for TwoLeadingDigits<'_> {
    type Output = [u64; 2];

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> [u64; 2] {
        kernel.two_leading_digits(self.0, self.1)
    }
}

/// How much was read and what came of it.
#[derive(Clone, Copy)]
struct Unescape<'a>(&'a [u8; 64]);

impl Task for Unescape<'_> {
    type Output = (usize, Vec<u8>);

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> (usize, Vec<u8>) {
        let text = kernel.unescape(self.0);
        (text.read, text.bytes[..text.written].to_vec())
    }
}

#[test]
fn every_byte_is_a_digit_or_none_at_every_position() {
    for position in 0..32 {
        for byte in 0..=255_u8 {
            for (filler, others) in [(b'7', u32::MAX), (b'x', 0), (0xff, 0), (b'9', u32::MAX)] {
                let mut window = [filler; 32];
                window[position] = byte;
                let bit = u32::from(byte.is_ascii_digit()) << position;
                assert_eq!(
                    agreed(Digits(&window)),
                    others & !(1 << position) | bit,
                    "{byte} {filler}"
                );
            }
        }
    }
}

#[test]
fn every_byte_is_classified_at_every_position() {
    for position in 0..64 {
        for byte in 0..=255 {
            for filler in [b'a', b'"', 0xff, 0x20, 0x1f, 0x00, 0x80] {
                let mut window = [filler; 64];
                window[position] = byte;
                assert_eq!(agreed(Specials(&window)), specials_by_byte(&window), "{byte}");
            }
        }
    }
}

#[test]
fn a_template_matches_up_to_its_length_only() {
    let template: [u8; 32] = std::array::from_fn(|i| i as u8 + b'A');
    for differs in 0..32 {
        let mut window = template;
        window[differs] ^= 0x80;
        for length in 0..=32 {
            assert_eq!(agreed(StartsWith(&window, &template, length)), length <= differs);
        }
    }
    assert!(agreed(StartsWith(&template, &template, 32)));
}

#[test]
fn each_escape_is_resolved_at_each_place_of_a_window() {
    let escapes = [
        (r#"\""#, "\""),
        (r"\\", "\\"),
        (r"\/", "/"),
        (r"\b", "\u{8}"),
        (r"\f", "\u{c}"),
        (r"\n", "\n"),
        (r"\r", "\r"),
        (r"\t", "\t"),
        (r"\\\\\\", r"\\\"),
        (r#"\\\""#, r#"\""#),
    ];
    for (escape, character) in escapes {
        for place in 0..=64 - escape.len() {
            let text = format!("{}{escape}", "x".repeat(place));
            let value = format!("{}{character}", "x".repeat(place));
            let rest = "é".repeat(32);
            let expected = format!("{value}{}", &rest[..(64 - text.len()) / 2 * 2]);
            let found = unescaped(&format!("{text}{rest}"));
            assert_eq!(found.1[..expected.len()], *expected.as_bytes(), "{text}");
            assert_eq!(found.0, 64, "{text}");
        }
    }
}

#[test]
fn a_window_is_read_up_to_what_is_no_text() {
    for byte in 0..=255_u8 {
        for place in 0..63 {
            // As a byte of its own, and as the second of an escape.
            let mut window = [b'x'; 64];
            window[place] = byte;
            let read = if byte == b'"' || byte < 0x20 { place } else { 64 };
            if byte != b'\\' {
                assert_eq!(agreed(Unescape(&window)), (read, window[..read].to_vec()), "{byte}");
            }
            window[place..place + 2].copy_from_slice(&[b'\\', byte]);
            let read = if br#""\/bfnrt"#.contains(&byte) { 64 } else { place };
            let (found, written) = agreed(Unescape(&window));
            assert_eq!((found, written.len()), (read, read.min(63)), "{byte}");
        }
        let mut window = [b'x'; 64];
        window[63] = b'\\';
        assert_eq!(agreed(Unescape(&window)), (63, vec![b'x'; 63]), "the escape is cut");
        window[62] = b'\\';
        assert_eq!(agreed(Unescape(&window)).0, 64);
    }
}

/// What comes of the first 64 bytes of `text`.
fn unescaped(text: &str) -> (usize, Vec<u8>) {
    agreed(Unescape(text.as_bytes().first_chunk().unwrap()))
}

proptest! {
    #[test]
    fn kernels_agree_on_random_windows(bytes in vec(any::<u8>(), 64)) {
        let window = bytes.try_into().unwrap();
        prop_assert_eq!(agreed(Specials(&window)), specials_by_byte(&window));
    }

    #[test]
    fn kernels_agree_on_random_escapes(
        pieces in vec(prop_oneof![
            4 => "[a-z]{0,9}", 8 => "\\\\[\"\\\\/bfnrtu]", 2 => Just("\\".to_owned()),
            1 => Just("\"".to_owned()), 1 => "\\PC",
        ], 0..40)
    ) {
        let text = format!("{}{}", pieces.concat(), "x".repeat(64));
        let (read, value) = unescaped(&text);
        // A character that the window cuts is none for the oracle.
        if text.is_char_boundary(read) {
            let oracle: String = serde_json::from_str(&format!("\"{}\"", &text[..read])).unwrap();
            prop_assert_eq!(value, oracle.into_bytes());
        }
    }

    #[test]
    fn digits_spell_their_number(number in 0..10_u64.pow(16), digits in 1..=16_usize, after in any::<u8>()) {
        let number = number % 10_u64.pow(digits as u32);
        let text = format!("{number:0digits$}");
        let mut window = [after; 16];
        window[..digits].copy_from_slice(text.as_bytes());
        prop_assert_eq!(agreed(LeadingDigits(&window, digits)), number);
        prop_assert_eq!(agreed(LeadingDigits(&window, 0)), 0);
        let (other, count) = (*b"9876543210123456", 5);
        let both = TwoLeadingDigits([&window, &other], [digits, count]);
        prop_assert_eq!(agreed(both), [number, 98765]);
        let both = TwoLeadingDigits([&other, &window], [count, digits]);
        prop_assert_eq!(agreed(both), [98765, number]);
    }

    #[test]
    fn kernels_agree_on_templates(
        bytes in vec(any::<u8>(), 32), same in 0..=32_usize, other in vec(any::<u8>(), 32),
        length in 0..=32_usize,
    ) {
        let window: [u8; 32] = bytes.clone().try_into().unwrap();
        let template: [u8; 32] =
            bytes[..same].iter().chain(&other[same..]).copied().collect::<Vec<_>>().try_into().unwrap();
        prop_assert_eq!(
            agreed(StartsWith(&window, &template, length)),
            window[..length] == template[..length]
        );
    }
}
