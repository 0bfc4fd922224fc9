use super::skip_blanks;
use crate::json::block::padded;

#[test]
fn space_tab_and_carriage_return_are_blanks_and_nothing_else() {
    for first in 0..=255_u8 {
        let block = padded(&[b' ', first, b'x']);
        let expected = if matches!(first, b' ' | b'\t' | b'\r') { 2 } else { 1 };
        assert_eq!(skip_blanks(&block, 1), expected, "{first}");
    }
}

#[test]
fn runs_of_any_length_end_at_the_first_other_byte() {
    for length in 0..200 {
        for end in [b'x', b'\n', 0x00, 0x0b, 0x0c, 0xa0, 0xff] {
            let mut text: Vec<u8> = b" \t\r ".iter().copied().cycle().take(length).collect();
            text.push(end);
            let block = padded(&text);
            for start in 0..=length {
                assert_eq!(skip_blanks(&block, start), length);
            }
        }
    }
}
