use super::*;
use crate::BadLineKind;
use crate::schema::format_type;

fn types(schema: &Schema) -> Vec<(String, String)> {
    let fields = schema.fields().iter();
    fields.map(|field| (field.name().clone(), format_type(field.data_type()))).collect()
}

const LINES: &str = "\u{feff}{\"b\":1,\"a\":[{\"x\":1}]}\r\n\n{\"c\":{\"d\":true}}\n{\"b\":2.5}\n  \n{\"a\":[{\"y\":\"é\"}],\"e\":null}";

fn expected() -> Vec<(String, String)> {
    [
        ("b", "float64"),
        ("a", "list<struct<x: int64, y: utf8>>"),
        ("c", "struct<d: boolean>"),
        ("e", "utf8"),
    ]
    .map(|(name, data_type)| (name.to_owned(), data_type.to_owned()))
    .to_vec()
}

fn learn(parts: &[&[u8]]) -> SchemaInferrer {
    let mut inferrer = SchemaInferrer::new();
    for part in parts {
        inferrer.update(part).unwrap();
    }
    inferrer
}

#[test]
fn a_reader_and_bytes_in_any_cuts_give_the_same_schema() {
    let (schema, records) = infer_schema(LINES.as_bytes(), None).unwrap();
    assert_eq!((types(&schema), records), (expected(), 4));
    for size in 1..=LINES.len() {
        let parts: Vec<&[u8]> = LINES.as_bytes().chunks(size).collect();
        assert_eq!(types(&learn(&parts).finish().unwrap()), expected(), "{size}");
    }
}

#[test]
fn merging_is_associative_whatever_the_cuts() {
    let bytes = LINES.as_bytes();
    for first in 0..=bytes.len() {
        for second in (first..=bytes.len()).step_by(5) {
            let parts = || {
                [&bytes[..first], &bytes[first..second], &bytes[second..]]
                    .map(|part| learn(&[part]))
            };
            let [mut left, middle, right] = parts();
            left.merge(middle).unwrap();
            left.merge(right).unwrap();
            assert_eq!(types(&left.finish().unwrap()), expected(), "{first}, {second}");
            let [mut left, mut middle, right] = parts();
            middle.merge(right).unwrap();
            left.merge(middle).unwrap();
            assert_eq!(types(&left.finish().unwrap()), expected(), "{first}, {second}");
        }
    }
}

#[test]
fn a_bad_line_is_an_error_with_its_position_whatever_the_cuts() {
    let text = "{\"a\":1}\r\n\n{\"b\":\"é\",\"a\":x}\n{}\nx\n";
    let bytes = text.as_bytes();
    let expected = infer_schema(bytes, None).unwrap_err();
    let line = expected.bad_line().unwrap();
    assert_eq!((line.line, line.byte_offset, line.error_offset), (3, 10, 14));
    assert_eq!((line.kind, line.path.as_str()), (BadLineKind::Syntax, "a"));
    for cut in 0..=bytes.len() {
        let (head, tail) = bytes.split_at(cut);
        let error = learn(&[head, tail]).finish().unwrap_err();
        assert_eq!(error.bad_line(), Some(line), "{cut}");
        let mut merged = learn(&[head]);
        merged.merge(learn(&[tail])).unwrap();
        assert_eq!(merged.finish().unwrap_err().bad_line(), Some(line), "{cut}");
    }
}

#[test]
fn a_line_over_the_limit_is_bad_and_a_blank_one_is_blank() {
    for (line, is_bad) in [
        ("{\"a\":12345}", false),
        ("{\"a\":12345}\r", false),
        ("{\"a\":123456}", true),
        ("{\"a\":12345678901234567890}", true),
        ("                        ", false),
    ] {
        for before in ["", "{\"a\":1}\n"] {
            for end in ["", "\n", "\n{}\n"] {
                let text = format!("{before}{line}{end}");
                for cut in 0..=text.len() {
                    let (head, tail) = text.as_bytes().split_at(cut);
                    let start = || SchemaInferrer::new().with_max_line_bytes(11);
                    let (mut first, mut second) = (start(), start());
                    first.update(head).unwrap();
                    second.update(tail).unwrap();
                    first.merge(second).unwrap();
                    let result = first.finish();
                    if is_bad {
                        let error = result.unwrap_err();
                        let found = error.bad_line().unwrap();
                        assert_eq!(found.kind, BadLineKind::LineTooLong, "{text:?}, {cut}");
                        assert_eq!(found.length, line.len() as u64);
                        assert_eq!(found.byte_offset, before.len() as u64);
                    } else if line.contains('a') || !before.is_empty() {
                        assert!(result.is_ok(), "{text:?}, {cut}");
                    } else {
                        assert_eq!(result.unwrap_err().kind(), ErrorKind::Schema);
                    }
                }
            }
        }
    }
}

#[test]
fn at_most_the_records_asked_for_are_read() {
    let lines = "\n{\"a\":1}\n\n{\"a\":2.5}\n{\"a\":\"x\"}\nbad";
    for (records, data_type) in [(1, "int64"), (2, "float64"), (3, "utf8")] {
        let (schema, read) = infer_schema(lines.as_bytes(), Some(records)).unwrap();
        assert_eq!((types(&schema)[0].1.as_str(), read), (data_type, records));
    }
    assert_eq!(infer_schema(lines.as_bytes(), Some(4)).unwrap_err().kind(), ErrorKind::BadLine);
}

#[test]
fn input_without_a_field_is_an_error() {
    for input in ["", "\n\n", "{}\n"] {
        let error = infer_schema(input.as_bytes(), None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Schema, "{input:?}");
        assert_eq!(learn(&[input.as_bytes()]).finish().unwrap_err().kind(), ErrorKind::Schema);
    }
}

#[test]
fn other_formats_are_named() {
    for input in ["{\n\"a\":1\n}\n", "[\n{}\n]", "\u{feff}{\n"] {
        let error = infer_schema(input.as_bytes(), None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "{input:?}");
        assert_eq!(learn(&[input.as_bytes()]).finish().unwrap_err().kind(), ErrorKind::Format);
    }
}

#[test]
fn the_options_are_heeded() {
    let line = b"{\"d\":\"2024-01-01\",\"o\":{\"x\":{\"y\":1}}}\n";
    let finish = |mut inferrer: SchemaInferrer| {
        inferrer.update(line)?;
        inferrer
            .finish()
            .map(|schema| types(&schema).into_iter().map(|(_, t)| t).collect::<Vec<_>>())
    };
    assert_eq!(finish(SchemaInferrer::new()).unwrap(), ["date", "struct<x: struct<y: int64>>"]);
    let text = SchemaInferrer::new().with_infer_temporal(false);
    assert_eq!(finish(text).unwrap()[0], "utf8");
    let hints = Hints::new().with_hint("o.x=utf8").unwrap().with_hint("o.z=int8").unwrap();
    let hinted = SchemaInferrer::new().with_hints(hints);
    assert_eq!(finish(hinted).unwrap()[1], "struct<x: utf8, z: int8>");
    let shallow = finish(SchemaInferrer::new().with_max_depth(2)).unwrap_err();
    assert_eq!(shallow.bad_line().unwrap().kind, BadLineKind::TooDeep);
    assert_eq!(finish(SchemaInferrer::new().with_max_columns(4)).unwrap().len(), 2);
    let narrow = finish(SchemaInferrer::new().with_max_columns(3)).unwrap_err();
    assert_eq!(narrow.kind(), ErrorKind::Limit);
}
