use proptest::prelude::*;

use super::Encoding::{self, Base64, Hex};

fn decode(encoding: Encoding, text: &str) -> Result<Vec<u8>, String> {
    let mut out = b"before".to_vec();
    encoding.decode(text.as_bytes(), &mut out).map(|()| out.split_off(6))
}

/// The vectors of RFC 4648, section 10.
#[test]
fn the_vectors_of_the_rfc_are_decoded() {
    let vectors = [
        ("", "", ""),
        ("f", "Zg==", "66"),
        ("fo", "Zm8=", "666F"),
        ("foo", "Zm9v", "666F6F"),
        ("foob", "Zm9vYg==", "666F6F62"),
        ("fooba", "Zm9vYmE=", "666F6F6261"),
        ("foobar", "Zm9vYmFy", "666F6F626172"),
    ];
    for (text, base64, hex) in vectors {
        assert_eq!(decode(Base64, base64).unwrap(), text.as_bytes());
        assert_eq!(decode(Hex, hex).unwrap(), text.as_bytes());
        assert_eq!(decode(Hex, &hex.to_ascii_lowercase()).unwrap(), text.as_bytes());
    }
}

#[test]
fn what_is_wrong_with_a_text_is_named_with_its_place() {
    for (encoding, text, message) in [
        (Base64, "Zm9v!mFy", "`!`, character 5, is no character of base64"),
        (Base64, "Zm9", "its 3 characters are not padded to whole fours"),
        (Base64, "Zg", "its 2 characters are not padded to whole fours"),
        (Base64, "Zg=", "its 3 characters are not padded to whole fours"),
        (Base64, "Zh==", "`h`, character 2, has bits that belong to no byte"),
        (Base64, "Zm9=", "`9`, character 3, has bits that belong to no byte"),
        (Base64, "Zm-_", "`-`, character 3, is no character of base64"),
        (Base64, "Zm9v\nZm9v", "`\\n`, character 5, is no character of base64"),
        (Base64, " Zm9", "` `, character 1, is no character of base64"),
        (Base64, "Z=9v", "`=`, character 2, is padding, and not at the end"),
        (Base64, "Zg==Zg==", "`=`, character 3, is padding, and not at the end"),
        (Base64, "Zmé=", "`é`, character 3, is no character of base64"),
        (Base64, "Ż", "`Ż`, character 1, is no character of base64"),
        (Hex, "66G6", "`G`, character 3, is no hexadecimal digit"),
        (Hex, "666", "its 3 digits are not whole pairs"),
        (Hex, "0x66", "`x`, character 2, is no hexadecimal digit"),
        // Arabic-Indic digits, and those of full width.
        (Hex, "\u{661}\u{662}", "`\u{661}`, character 1, is no hexadecimal digit"),
        (Hex, "1\u{ff11}", "`\u{ff11}`, character 2, is no hexadecimal digit"),
    ] {
        assert_eq!(decode(encoding, text).unwrap_err(), message, "{text}");
    }
}

/// By the definition, bit by bit.
fn encode_base64(bytes: &[u8]) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<u8> =
        bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let mut text = String::new();
    for six in bits.chunks(6) {
        let value = (0..6).fold(0, |value, bit| value << 1 | six.get(bit).copied().unwrap_or(0));
        text.push(char::from(alphabet[usize::from(value)]));
    }
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

proptest! {
    #[test]
    fn any_bytes_are_decoded_from_their_text(bytes in prop::collection::vec(any::<u8>(), 0..70)) {
        prop_assert_eq!(&decode(Base64, &encode_base64(&bytes)).unwrap(), &bytes);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        prop_assert_eq!(&decode(Hex, &hex).unwrap(), &bytes);
    }

    #[test]
    fn any_text_is_decoded_to_what_it_is_the_text_of_or_an_error(
        text in prop_oneof!["[A-Za-z0-9+/]{0,8}={0,3}", "\\PC{0,9}"],
    ) {
        match decode(Base64, &text) {
            Ok(bytes) => prop_assert_eq!(encode_base64(&bytes), text),
            Err(message) => prop_assert!(!message.is_empty()),
        }
    }
}
