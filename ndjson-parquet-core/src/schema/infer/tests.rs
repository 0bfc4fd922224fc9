use std::sync::Arc;

use arrow_schema::Schema;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::sketch::Seen;
use super::*;
use crate::decode::block::{BlockDecoder, DecodeOptions};
use crate::decode::node::Fit;
use crate::decode::policies::Policies;
use crate::json::block::padded;
use crate::options::*;
use crate::schema::format_type;
use crate::simd::KernelChoice;

fn options(kernel: KernelChoice) -> InferOptions {
    InferOptions {
        kernel: kernel.detect().unwrap(),
        hints: Arc::default(),
        max_depth: DEFAULT_MAX_DEPTH,
        max_line_bytes: DEFAULT_MAX_LINE_BYTES,
        max_columns: DEFAULT_MAX_COLUMNS,
        duplicates: DuplicateKeys::Last,
        temporal: true,
        record: false,
    }
}

fn learn_with(options: InferOptions, lines: &str) -> Inferrer {
    let mut inferrer = Inferrer::new(options);
    if !lines.is_empty() {
        let block = padded(lines.as_bytes());
        let length = block.len() - crate::json::block::PADDING;
        inferrer.observe(&block, 0, length, 0).unwrap();
    }
    inferrer
}

fn learn(lines: &str) -> Sketch {
    let inferrer = learn_with(options(KernelChoice::Auto), lines);
    assert!(inferrer.first_bad_line().is_none(), "{:?}", inferrer.first_bad_line());
    inferrer.root().clone()
}

fn schema_of(sketch: &Sketch) -> Schema {
    sketch.resolve_schema(Hints::new().root()).unwrap_or_else(Schema::empty)
}

/// The type of `v` when these are its values.
fn type_of(values: &[&str]) -> String {
    let lines: Vec<String> = values.iter().map(|value| format!("{{\"v\":{value}}}\n")).collect();
    let schema = schema_of(&learn(&lines.concat()));
    let reversed: String = lines.iter().rev().cloned().collect();
    assert_eq!(sorted(&schema_of(&learn(&reversed))), sorted(&schema));
    format_type(schema.field(0).data_type()).replace(' ', "")
}

#[test]
fn the_type_holds_every_value_seen() {
    for (values, expected) in [
        (&["null"][..], "utf8"),
        (&["true", "null"], "boolean"),
        (&["true", "1"], "utf8"),
        (&["1", "-1", "null", "0"], "int64"),
        (&["-9223372036854775808", "9223372036854775807"], "int64"),
        (&["9223372036854775808"], "uint64"),
        (&["18446744073709551615", "0", "-0"], "uint64"),
        (&["18446744073709551615", "-1"], "decimal(20, 0)"),
        (&["9223372036854775808", "-1"], "decimal(19, 0)"),
        (&["18446744073709551616"], "decimal(20, 0)"),
        (&["-9223372036854775809"], "decimal(19, 0)"),
        (&["99999999999999999999999999999999999999", "1"], "decimal(38, 0)"),
        (&["100000000000000000000000000000000000000"], "utf8"),
        (&["1.0"], "float64"),
        (&["1e2", "7"], "float64"),
        (&["1.5", "9007199254740992"], "float64"),
        (&["1.5", "9007199254740993"], "utf8"),
        (&["1.5", "1180591620717411303424"], "float64"),
        (&["1.5", "18446744073709551615"], "utf8"),
        (&["1e400"], "utf8"),
        (&["1e400", "1"], "utf8"),
        (&["1e-400"], "float64"),
        (&["\"2024-02-29\"", "null"], "date"),
        (&["\"2023-02-29\""], "utf8"),
        (&["\"2024-02-29\"", "\"x\""], "utf8"),
        (&["\"2024-02-29T01:02:03\"", "\"2024-02-29 01:02:03.123456\""], "timestamp(us)"),
        (&["\"2024-02-29T01:02:03Z\"", "\"2024-02-29T01:02:03+02:00\""], "timestamp(us, UTC)"),
        (&["\"2024-02-29T01:02:03Z\"", "\"2024-02-29T01:02:03\""], "utf8"),
        (&["\"2024-02-29T01:02:03\"", "\"2024-02-29\""], "utf8"),
        (&["\"2024-02-29T01:02:03.1234567\""], "utf8"),
        (&["\"2024-02-29T01:02\""], "utf8"),
        (&["\"2024-\\u00302-29\""], "date"),
        (&["\"2024-02-29\"", "1"], "utf8"),
        (&["\"\""], "utf8"),
        (&["{}"], "utf8"),
        (&["{}", "null"], "utf8"),
        (&["{}", "{\"a\":1}"], "struct<a: int64>"),
        (&["{\"a\":1}", "{\"b\":{\"c\":[]}}"], "struct<a: int64, b: struct<c: list<utf8>>>"),
        (&["{\"a\":1}", "1"], "utf8"),
        (&["{\"a\":1}", "[1]"], "utf8"),
        (&["{}", "\"x\""], "utf8"),
        (&["[]"], "list<utf8>"),
        (&["[null]"], "list<utf8>"),
        (&["[]", "[1]", "null"], "list<int64>"),
        (&["[1]", "[2.5]"], "list<float64>"),
        (&["[1,\"a\"]"], "list<utf8>"),
        (&["[1]", "1"], "utf8"),
        (&["[42,[]]"], "list<utf8>"),
        (&["[[1],[],null]"], "list<list<int64>>"),
        (&["[{\"a\":1},{\"b\":2}]"], "list<struct<a: int64, b: int64>>"),
    ] {
        assert_eq!(type_of(values), expected.replace(' ', ""), "{values:?}");
    }
}

#[test]
fn fields_are_ordered_by_first_appearance() {
    let schema = schema_of(&learn("{\"z\":1}\n{\"a\":1,\"z\":2}\n{\"m\":{\"q\":1,\"b\":2}}\n"));
    let names: Vec<&String> = schema.fields().iter().map(|field| field.name()).collect();
    assert_eq!(names, ["z", "a", "m"]);
    assert_eq!(format_type(schema.field(2).data_type()), "struct<q: int64, b: int64>");
}

#[test]
fn a_bad_line_teaches_nothing() {
    let good = "{\"a\":1,\"b\":[{\"c\":true}]}\n";
    let expected = learn(good);
    let bad = "{\"a\":\"x\",\"new\":{\"y\":1},\"b\":[{\"d\":1.5},[2]],\"a\":null,\"z\":99999999999999999999}";
    for end in 1..bad.len() {
        for lines in [format!("{good}{}\n", &bad[..end]), format!("{}\n{good}", &bad[..end])] {
            let inferrer = learn_with(options(KernelChoice::Auto), &lines);
            assert!(*inferrer.root() == expected, "{lines}");
            assert_eq!((inferrer.tally().rows, inferrer.tally().rejected), (1, 1));
        }
    }
}

#[test]
fn hinted_paths_are_not_looked_at() {
    let mut hinted = options(KernelChoice::Auto);
    let hints =
        Hints::new().with_hint("raw=utf8").unwrap().with_hint("l[].p=decimal(9,2)").unwrap();
    hinted.hints = Arc::new(hints.clone());
    let inferrer =
        learn_with(hinted, "{\"raw\":{\"a\":{\"b\":1}},\"l\":[{\"p\":\"x\",\"q\":1}]}\n");
    assert_eq!(inferrer.root().columns(), 5);
    let schema = inferrer.root().resolve_schema(hints.root()).unwrap();
    assert_eq!(format_type(schema.field(0).data_type()), "utf8");
    let list = format_type(schema.field(1).data_type()).replace(' ', "");
    assert_eq!(list, "list<struct<p:decimal(9,2),q:int64>>");
}

/// Values that are near the borders of the lattice.
fn scalar() -> BoxedStrategy<Value> {
    let number = |text: &'static str| serde_json::from_str::<Value>(text).unwrap();
    prop_oneof![
        3 => Just(Value::Null),
        2 => any::<bool>().prop_map(Value::from),
        4 => any::<i8>().prop_map(Value::from),
        4 => prop::sample::select(vec![
            "9007199254740993", "9223372036854775808", "-9223372036854775809",
            "18446744073709551616", "1e400", "2.5", "1e2", "-0", "1180591620717411303424",
            "100000000000000000000000000000000000000000",
        ]).prop_map(number),
        4 => prop::sample::select(vec![
            "", "x", "2024-02-29", "2024-02-29T01:02:03", "2024-02-29T01:02:03Z",
            "2024-02-29T01:02:03.123456789", "2024-02-29T01:02:03z",
        ]).prop_map(Value::from),
        2 => Just(json!({})),
        4 => Just(json!([])),
    ]
    .boxed()
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            object(inner),
        ]
    })
}

fn object(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec!["a", "b"]);
    prop::collection::vec((key, value), 0..3).prop_map(|members| {
        Value::Object(
            members.into_iter().map(|(key, v)| (key.to_owned(), v)).collect::<Map<_, _>>(),
        )
    })
}

fn lines(most: usize) -> impl Strategy<Value = Vec<String>> {
    let line = object(value()).prop_map(|line| format!("{line}\n"));
    prop::collection::vec(line, 0..most)
}

fn merged(left: &Sketch, right: &Sketch) -> Sketch {
    let mut merged = left.clone();
    merged.merge(right);
    merged
}

/// Name and type of all fields, at every level, without their order.
fn sorted(schema: &Schema) -> Vec<String> {
    fn walk(path: &str, data_type: &arrow_schema::DataType, all: &mut Vec<String>) {
        use arrow_schema::DataType::*;
        match data_type {
            List(child) => walk(&format!("{path}[]"), child.data_type(), all),
            Struct(fields) => {
                all.push(path.to_owned());
                fields
                    .iter()
                    .for_each(|f| walk(&format!("{path}.{}", f.name()), f.data_type(), all));
            }
            other => all.push(format!("{path}: {other}")),
        }
    }
    let mut all = Vec::new();
    for field in schema.fields() {
        walk(field.name(), field.data_type(), &mut all);
    }
    all.sort();
    all
}

/// Paths whose type any value, or any field, decides anew.
fn undecided(sketch: &Sketch, path: &str, all: &mut Vec<String>) {
    if matches!(sketch.fit(), Fit::OnlyNulls | Fit::OnlyEmptyObjects) {
        all.push(format!("{path}: {:?}", sketch.fit()));
    }
    for (name, field) in sketch.fields.iter() {
        undecided(field, &format!("{path}.{name}"), all);
    }
    match sketch.element() {
        Some(element) => undecided(element, &format!("{path}[]"), all),
        None if sketch.seen.has(Seen::ARRAY) => all.push(format!("{path}[]: {:?}", Fit::OnlyNulls)),
        None => {}
    }
}

/// Whether `after` decides a path that `before` leaves open.
fn decides(before: &Sketch, after: &Sketch) -> bool {
    let [before, after] = [before, after].map(|sketch| {
        let mut paths = Vec::new();
        undecided(sketch, "", &mut paths);
        paths
    });
    before.iter().any(|path| !after.contains(path))
}

/// Whether a decoder of the schema of `sketch` finds a line of `lines` that does not fit.
fn has_misfit(sketch: &Sketch, lines: &str) -> bool {
    has_misfit_in(schema_of(sketch), sketch, lines)
}

fn has_misfit_in(schema: Schema, sketch: &Sketch, lines: &str) -> bool {
    let options = DecodeOptions {
        kernel: KernelChoice::Auto.detect().unwrap(),
        policies: Policies {
            conflicts: TypeConflicts::Widen,
            unknown: UnknownFields::Evolve,
            duplicates: DuplicateKeys::Last,
            max_depth: DEFAULT_MAX_DEPTH,
            truncate_timestamps: false,
        },
        on_error: OnError::Skip,
        max_line_bytes: DEFAULT_MAX_LINE_BYTES,
        batch_rows: usize::MAX,
        batch_bytes: usize::MAX,
    };
    let fields = schema.fields().iter().cloned();
    let rescue = Arc::new(arrow_schema::Field::new("rescue", arrow_schema::DataType::Utf8, true));
    let rescuing = Schema::new(fields.chain([rescue]).collect::<Vec<_>>());
    let last = schema.fields().len();
    let decoder = BlockDecoder::new(Arc::new(rescuing), Some(last), Some(sketch), options).unwrap();
    let mut decoder = crate::decoder::Decoder::new(decoder, DEFAULT_MAX_LINE_BYTES);
    match decoder.decode(lines.as_bytes()) {
        Ok(_) => {
            assert_eq!(decoder.counts().rejected, 0);
            decoder.flush().unwrap();
            false
        }
        Err(error) => {
            assert!(error.bad_line().is_some(), "{error}");
            true
        }
    }
}

#[test]
fn a_list_seen_empty_only_takes_the_type_of_its_first_element() {
    for element in ["1", "\"x\"", "{\"a\":1}", "[true]", "true"] {
        let misfit = has_misfit(&learn("{\"v\":[]}\n"), &format!("{{\"v\":[{element}]}}\n"));
        assert!(misfit, "{element}");
    }
    assert!(!has_misfit(&learn("{\"v\":[]}\n"), "{\"v\":[null]}\n{\"v\":[]}\n"));
    assert!(has_misfit(&learn("{\"v\":[[]]}\n"), "{\"v\":[[1]]}\n"));
}

/// Hints about parts of a path fix its shape, so a value of another shape cannot widen it.
#[test]
fn a_shape_that_hints_give_is_not_widened() {
    let hints = Hints::new().with_hint("user.id=int64").unwrap();
    let hints = hints.with_hint("tags[]=utf8").unwrap();
    let mut hinted = options(KernelChoice::Auto);
    hinted.hints = Arc::new(hints.clone());
    for line in ["{\"user\":5}\n", "{\"tags\":5}\n", "{\"user\":[]}\n", "{\"tags\":{\"a\":1}}\n"] {
        for before in ["{\"user\":{\"id\":1},\"tags\":[]}\n", "{\"user\":null,\"tags\":null}\n"] {
            let before = learn_with(hinted.clone(), before);
            let schema = before.root().resolve_schema(hints.root()).unwrap();
            assert!(!has_misfit_in(schema, before.root(), line), "{line}");
        }
    }
    // A field that the hints do not name is added all the same, once its struct was seen.
    let before = learn_with(hinted.clone(), "{\"user\":null}\n");
    let schema = before.root().resolve_schema(hints.root()).unwrap();
    assert!(has_misfit_in(schema, before.root(), "{\"user\":{\"name\":1}}\n"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn merging_is_commutative_associative_and_idempotent(a in lines(4), b in lines(4), c in lines(4)) {
        let [a, b, c] = [a, b, c].map(|lines| learn(&lines.concat()));
        prop_assert!(merged(&a, &b) == merged(&b, &a));
        prop_assert!(merged(&merged(&a, &b), &c) == merged(&a, &merged(&b, &c)));
        prop_assert!(merged(&a, &a) == a);
        prop_assert!(merged(&a, &Sketch::default()) == a);
    }

    #[test]
    fn a_sketch_is_the_union_of_those_of_its_lines(lines in lines(8), cut in 0..8_usize) {
        let whole = learn(&lines.concat());
        let (head, tail) = lines.split_at(cut.min(lines.len()));
        prop_assert!(merged(&learn(&head.concat()), &learn(&tail.concat())) == whole);
        let each = lines.iter().fold(Sketch::default(), |all, line| merged(&all, &learn(line)));
        prop_assert!(each == whole);
        prop_assert_eq!(schema_of(&each), schema_of(&whole));
    }

    #[test]
    fn the_order_of_lines_does_not_change_the_types(lines in lines(8), seed in any::<u64>()) {
        let mut shuffled = lines.clone();
        let mut random = seed;
        for index in (1..shuffled.len()).rev() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(index, (random >> 33) as usize % (index + 1));
        }
        let (first, second) = (learn(&lines.concat()), learn(&shuffled.concat()));
        prop_assert!(first == second);
        prop_assert_eq!(sorted(&schema_of(&first)), sorted(&schema_of(&second)));
    }

    #[test]
    fn kernels_learn_the_same(lines in lines(8)) {
        let scalar = learn_with(options(KernelChoice::Scalar), &lines.concat());
        for kernel in KernelChoice::ALL.into_iter().filter(|kernel| kernel.is_available()) {
            let other = learn_with(options(kernel), &lines.concat());
            prop_assert!(scalar.root() == other.root(), "{}", kernel);
        }
    }

    #[test]
    fn values_fit_exactly_when_they_leave_the_type_as_it_is(
        a in prop::collection::vec(scalar(), 1..4),
        b in scalar(),
        in_list in any::<bool>(),
    ) {
        let line = |value: &Value| match in_list {
            true => format!("{{\"v\":[{value}]}}\n"),
            false => format!("{{\"v\":{value}}}\n"),
        };
        let a: String = a.iter().map(line).collect();
        let b = line(&b);
        let (before, all) = (learn(&a), learn(&format!("{a}{b}")));
        let changes = schema_of(&before) != schema_of(&all);
        let misfit = has_misfit(&before, &b);
        prop_assert!(!changes || misfit, "not seen: {b} after {a}");
        prop_assert!(!misfit || changes || decides(&before, &all), "seen for nothing: {b} after {a}");
    }

    /// What makes optimistic inference exact: lines that fit leave the schema as it is.
    #[test]
    fn lines_fit_exactly_when_they_leave_the_schema_as_it_is(a in lines(5), b in lines(2)) {
        let (a, b) = (a.concat(), b.concat());
        let (before, all) = (learn(&a), learn(&format!("{a}{b}")));
        prop_assume!(before.columns() > 0);
        let changes = schema_of(&before) != schema_of(&all);
        // A path with nothing but nulls, or `{}`, is undecided: text for want of a type.
        let decides = decides(&before, &all);
        let misfit = has_misfit(&before, &b);
        prop_assert!(!changes || misfit, "not seen: {b} after {a}");
        prop_assert!(!misfit || changes || decides, "seen for nothing: {b} after {a}");
        prop_assert!(!has_misfit(&all, &format!("{a}{b}")), "{a}{b} does not fit itself");
    }
}
