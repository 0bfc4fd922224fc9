use proptest::prelude::*;

use super::{PathStep, push_key, scan_path};
use crate::schema::arbitrary::any_name;
use crate::schema::scan::Scanner;

fn key(name: &str) -> PathStep {
    PathStep::Key(name.to_owned())
}

#[test]
fn paths_are_keys_and_elements() {
    for (text, steps) in [
        ("id", vec![key("id")]),
        (" user . id ", vec![key("user"), key("id")]),
        ("tags[]", vec![key("tags"), PathStep::Element]),
        ("a[][].b", vec![key("a"), PathStep::Element, PathStep::Element, key("b")]),
        (r#""a.b=\"[]".c"#, vec![key("a.b=\"[]"), key("c")]),
        (r#""""#, vec![key("")]),
        ("first name", vec![key("first name")]),
    ] {
        let mut scan = Scanner::new("path", text);
        assert_eq!(scan_path(&mut scan).unwrap(), steps, "{text}");
        scan.end().unwrap();
    }
}

#[test]
fn damaged_paths_are_errors() {
    for (text, message) in [
        ("", "expected a key at column 1, found the end"),
        ("a.", "expected a key at column 3, found the end"),
        ("a..b", "expected a key at column 3, found `.`"),
        ("[]", "expected a key at column 1, found `[`"),
        ("a[0]", "expected `]` at column 3, found `0`"),
        ("\"a", "expected a closed string in double quotes at column 1"),
    ] {
        let error = scan_path(&mut Scanner::new("path", text)).unwrap_err();
        assert!(error.message().contains(message), "{text}: {error}");
    }
    let deep = "a.".repeat(1_000_000);
    let error = scan_path(&mut Scanner::new("path", &deep)).unwrap_err();
    assert!(error.message().contains("at most 23 steps"), "{error}");
}

proptest! {
    #[test]
    fn any_key_survives_its_text(names in prop::collection::vec(any_name(), 1..4)) {
        let mut text = String::new();
        for name in &names {
            push_key(&mut text, name);
        }
        let steps: Vec<_> = names.iter().map(|name| key(name)).collect();
        let mut scan = Scanner::new("path", &text);
        prop_assert_eq!(scan_path(&mut scan).unwrap(), steps);
        prop_assert!(scan.end().is_ok());
    }
}
