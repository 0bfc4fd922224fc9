use arrow_schema::{DataType, Field, Schema};
use proptest::prelude::*;

use super::Hints;
use crate::error::{ErrorKind, Result};
use crate::schema::arbitrary::{any_name, any_typed};
use crate::schema::path::push_key;
use crate::schema::{format_field_type, parse_type};

fn hints(texts: &[&str]) -> Result<Hints> {
    texts.iter().try_fold(Hints::new(), |hints, text| hints.with_hint(text))
}

/// A schema of nullable columns from the text of a struct's fields.
fn schema(fields: &str) -> Schema {
    match parse_type(&format!("struct<{fields}>")).unwrap() {
        DataType::Struct(fields) => Schema::new(fields),
        other => panic!("no struct: {other}"),
    }
}

#[test]
fn hints_form_the_tree_of_the_data() {
    let hints = hints(&["user.id=int64", "tags[]=date", r#""a.b".c = struct<d: utf8>"#]).unwrap();
    let id = hints.field("user").and_then(|user| user.field("id")).unwrap();
    assert_eq!(id.data_type(), Some(&DataType::Int64));
    assert!(hints.field("user").unwrap().data_type().is_none());
    let tag = hints.field("tags").and_then(|tags| tags.element()).unwrap();
    assert_eq!(tag.data_type(), Some(&DataType::Date32));
    let c = hints.field("a.b").and_then(|node| node.field("c")).unwrap();
    assert_eq!(c.data_type(), Some(&parse_type("struct<d: utf8>").unwrap()));
    assert_eq!(hints.field("a.b").unwrap().fields().count(), 1);
    assert!(hints.field("id").is_none());
    assert!(!hints.is_empty() && Hints::new().is_empty());
}

#[test]
fn hints_that_contradict_each_other_are_errors() {
    for (first, second) in [
        ("a=int64", "a=utf8"),
        ("a=int64", "a.b=utf8"),
        ("a.b=utf8", "a=int64"),
        ("a=list<int64>", "a[]=int64"),
        ("a[]=int64", "a=list<int64>"),
        ("a[]=int64", "a.b=int64"),
        ("a.b=int64", "a[]=int64"),
        ("a[].b=int64", "a[]=int64"),
    ] {
        let error = hints(&[first, second]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Schema);
        assert!(error.message().starts_with(&format!("hint `{second}`: expected")), "{error}");
        assert!(error.message().contains("found"), "{error}");
    }
    assert_eq!(hints(&["a=bool", "a=boolean"]).unwrap(), hints(&["a=boolean"]).unwrap());
}

#[test]
fn damaged_hints_are_errors() {
    for (hint, message) in [
        ("", "expected a key at column 1"),
        ("=int64", "expected a key at column 1, found `=`"),
        ("user.id", "expected `=` at column 8, found the end"),
        ("user.id=", "expected a type"),
        ("user.id=intt64", "at column 1, found `intt64`"),
        (r#""a"b=int64"#, "expected `=` at column 4, found `b`"),
        ("a=b=int64", "expected a type"),
    ] {
        let error = Hints::new().with_hint(hint).unwrap_err();
        assert!(error.message().starts_with(&format!("hint `{hint}`: ")), "{error}");
        assert!(error.message().contains(message), "{error}");
    }
    let deep = format!("{}a={}int64{}", "a.".repeat(12), "list<".repeat(12), ">".repeat(12));
    let error = Hints::new().with_hint(&deep).unwrap_err();
    assert!(error.message().contains("at most 23 levels"), "{error}");
}

#[test]
fn types_are_replaced_and_nulls_and_order_are_kept() {
    let before = schema(
        "id: utf8 not null, user: struct<age: int64, name: utf8>, tags: list<utf8 not null>",
    );
    let hints = hints(&["id=int64", "user.age=uint8", "tags[]=date"]).unwrap();
    let after = schema(
        "id: int64 not null, user: struct<age: uint8, name: utf8>, tags: list<date not null>",
    );
    assert_eq!(hints.apply(&before).unwrap(), after);
    assert_eq!(Hints::new().apply(&before).unwrap(), before);
}

#[test]
fn paths_that_are_not_there_are_added_with_their_parents() {
    let before = schema("z: int64, user: struct<name: utf8>");
    let hints =
        hints(&["user.address.city=utf8", "items[].price=decimal(18,2)", "a=date"]).unwrap();
    let after = schema(
        "z: int64, user: struct<name: utf8, address: struct<city: utf8>>, a: date, \
         items: list<struct<price: decimal(18,2)>>",
    );
    assert_eq!(hints.apply(&before).unwrap(), after);
    assert_eq!(hints.apply(&after).unwrap(), after, "a second time changes nothing");
}

#[test]
fn a_hint_for_a_part_needs_a_column_with_parts() {
    let before = schema("a: int64, s: struct<b: int64>, l: list<int64>");
    for (hint, message) in [
        (
            "a.b=int64",
            "column `a`: expected a struct, because a hint is about a part of it, found `int64`",
        ),
        ("a[]=int64", "column `a`: expected a list"),
        ("s.b.c=int64", "column `s.b`: expected a struct"),
        ("s[]=int64", "column `s`: expected a list"),
        ("l.x=int64", "column `l`: expected a struct"),
        ("l[].x=int64", "column `l[]`: expected a struct"),
    ] {
        let error = hints(&[hint]).unwrap().apply(&before).unwrap_err();
        assert!(error.message().starts_with(message), "{hint}: {error}");
    }
}

#[test]
fn a_hint_gives_a_field_its_notation_and_takes_another_away() {
    let before = schema("at: timestamp(us, epoch(s)), raw: utf8 not null, l: list<json>");
    let hints = hints(&["at=timestamp(us)", "raw=json", "l[]=utf8", "new[].b=binary(hex)"]);
    let after = schema(
        "at: timestamp(us), raw: json not null, l: list<utf8>, new: list<struct<b: binary(hex)>>",
    );
    assert_eq!(hints.unwrap().apply(&before).unwrap(), after);
    let contradiction = super::Hints::new().with_hint("a=json").unwrap().with_hint("a=utf8");
    let message = contradiction.unwrap_err().to_string();
    assert!(message.contains("found the earlier hint `json`"), "{message}");
}

proptest! {
    #[test]
    fn hints_for_an_empty_schema_are_the_schema(
        parent in any_name(), name in any_name(), typed in any_typed()
    ) {
        let mut path = String::new();
        push_key(&mut path, &parent);
        path.push_str("[]");
        push_key(&mut path, &name);
        let hint = format!("{path}={}", format_field_type(&typed));
        let hints = Hints::new().with_hint(&hint).unwrap();
        let inner = DataType::Struct(vec![typed.with_name(name)].into());
        let column = Field::new(parent, DataType::new_list(inner, true), true);
        prop_assert_eq!(hints.apply(&Schema::empty()).unwrap(), Schema::new(vec![column]));
    }
}
