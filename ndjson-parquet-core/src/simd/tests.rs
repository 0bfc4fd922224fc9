//! The kernels against one byte at a time, and so against each other.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Kernel, KernelChoice, Scalar, Selected};

fn specials_by_byte(window: &[u8; 64]) -> u64 {
    let special = |byte: &u8| matches!(*byte, b'"' | b'\\' | 0..0x20);
    window.iter().enumerate().filter(|(_, byte)| special(byte)).map(|(i, _)| 1 << i).sum()
}

/// What every kernel of this CPU says, which must be one and the same.
fn string_specials(window: &[u8; 64]) -> u64 {
    let scalar = Scalar.string_specials(window);
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = super::Avx2::detect() {
        assert_eq!(avx2.string_specials(window), scalar, "{window:?}");
    }
    scalar
}

fn starts_with(window: &[u8; 32], template: &[u8; 32], length: usize) -> bool {
    let scalar = Scalar.starts_with(window, template, length);
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = super::Avx2::detect() {
        assert_eq!(avx2.starts_with(window, template, length), scalar, "{window:?} {template:?}");
    }
    scalar
}

fn digits(window: &[u8; 32]) -> u32 {
    let scalar = Scalar.digits(window);
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = super::Avx2::detect() {
        assert_eq!(avx2.digits(window), scalar, "{window:?}");
    }
    scalar
}

fn two_leading_digits(windows: [&[u8; 16]; 2], counts: [usize; 2]) -> [u64; 2] {
    let scalar = Scalar.two_leading_digits(windows, counts);
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = super::Avx2::detect() {
        assert_eq!(avx2.two_leading_digits(windows, counts), scalar, "{windows:?} {counts:?}");
    }
    scalar
}

fn leading_digits(window: &[u8; 16], count: usize) -> u64 {
    let scalar = Scalar.leading_digits(window, count);
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = super::Avx2::detect() {
        assert_eq!(avx2.leading_digits(window, count), scalar, "{window:?} {count}");
    }
    scalar
}

#[test]
fn every_byte_is_a_digit_or_none_at_every_position() {
    for position in 0..32 {
        for byte in 0..=255_u8 {
            for (filler, others) in [(b'7', u32::MAX), (b'x', 0), (0xff, 0), (b'9', u32::MAX)] {
                let mut window = [filler; 32];
                window[position] = byte;
                let bit = u32::from(byte.is_ascii_digit()) << position;
                assert_eq!(digits(&window), others & !(1 << position) | bit, "{byte} {filler}");
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
                assert_eq!(string_specials(&window), specials_by_byte(&window), "{byte}");
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
            assert_eq!(starts_with(&window, &template, length), length <= differs);
        }
    }
    assert!(starts_with(&template, &template, 32));
}

#[test]
fn a_kernel_that_was_asked_for_is_the_one_that_runs() {
    assert!(matches!(KernelChoice::Scalar.detect(), Ok(Selected::Scalar(_))));
    let avx2 = KernelChoice::Avx2.detect();
    #[cfg(target_arch = "x86_64")]
    assert_eq!(avx2.is_ok(), super::Avx2::detect().is_some());
    if let Err(error) = avx2 {
        assert_eq!(error.kind(), crate::ErrorKind::Schema);
        assert!(error.message().contains("AVX2"));
    }
    assert!(KernelChoice::default().detect().is_ok());
}

proptest! {
    #[test]
    fn kernels_agree_on_random_windows(bytes in vec(any::<u8>(), 64)) {
        let window = bytes.try_into().unwrap();
        prop_assert_eq!(string_specials(&window), specials_by_byte(&window));
    }

    #[test]
    fn digits_spell_their_number(number in 0..10_u64.pow(16), digits in 1..=16_usize, after in any::<u8>()) {
        let number = number % 10_u64.pow(digits as u32);
        let text = format!("{number:0digits$}");
        let mut window = [after; 16];
        window[..digits].copy_from_slice(text.as_bytes());
        prop_assert_eq!(leading_digits(&window, digits), number);
        prop_assert_eq!(leading_digits(&window, 0), 0);
        let (other, count) = (*b"9876543210123456", 5);
        prop_assert_eq!(two_leading_digits([&window, &other], [digits, count]), [number, 98765]);
        prop_assert_eq!(two_leading_digits([&other, &window], [count, digits]), [98765, number]);
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
            starts_with(&window, &template, length),
            window[..length] == template[..length]
        );
    }
}
