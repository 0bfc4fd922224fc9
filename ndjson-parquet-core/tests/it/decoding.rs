//! Every type: which texts it takes and what they become. Expected values are written by hand.

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrowPrimitiveType};
use ndjson_parquet_core::{MAX_COLUMN_DEPTH, MAX_MAX_DEPTH};
use serde_json::json;

use crate::support::{Output, read, reader};

/// Reads each of `values` into a column of `data_type`.
pub(crate) fn decode(data_type: &str, values: &[&str]) -> Output {
    let lines: String = values.iter().map(|value| format!("{{\"v\":{value}}}\n")).collect();
    let output = read(&reader(&[("v", data_type)]), lines);
    assert_eq!(output.rejects, []);
    output
}

/// The values of the column; `None` for a null, which each time has to be in `_rescued_data`.
fn values<T: ArrowPrimitiveType>(data_type: &str, texts: &[&str]) -> Vec<Option<T::Native>> {
    let output = decode(data_type, texts);
    let rescued = output.column("_rescued_data");
    let values: Vec<_> = output.batch.column(0).as_primitive::<T>().iter().collect();
    for ((text, value), rescued) in texts.iter().zip(&values).zip(rescued) {
        let expected = format!("{{\"v\":{text}}}");
        match value {
            None if *text != "null" => assert_eq!(rescued, json!(expected), "{data_type}: {text}"),
            _ => assert_eq!(rescued, json!(null), "{data_type}: {text}"),
        }
    }
    values
}

#[track_caller]
pub(crate) fn assert_values<T: ArrowPrimitiveType>(
    data_type: &str,
    table: &[(&str, Option<T::Native>)],
) {
    let texts: Vec<&str> = table.iter().map(|(text, _)| *text).collect();
    let expected: Vec<_> = table.iter().map(|(_, value)| *value).collect();
    assert_eq!(values::<T>(data_type, &texts), expected, "{data_type}");
}

macro_rules! bounds {
    ($($type:ident $native:ident $name:literal $below:literal $above:literal),* $(,)?) => {
        $({
            let (min, max) = ($native::MIN.to_string(), $native::MAX.to_string());
            assert_values::<$type>($name, &[
                (&min, Some($native::MIN)), (&max, Some($native::MAX)),
                ($below, None), ($above, None),
                ("0", Some(0)), ("-0", Some(0)), ("-0.0", Some(0)), ("0e5", Some(0)),
                ("7", Some(7)), ("1.0", Some(1)), ("1e2", Some(100)), ("1E+1", Some(10)),
                ("100e-2", Some(1)), ("12.50e1", Some(125)), ("1.000000000000000000000000", Some(1)),
                ("0.000000000000000000001e21", Some(1)),
                ("1.5", None), ("1e-1", None), ("1e400", None), ("1e99999999999", None),
                ("100000000000000000000000000000000000000000", None),
                ("null", None), ("true", None), ("\"7\"", None), ("[7]", None), ("{\"v\":7}", None),
            ]);
        })*
    };
}

#[test]
fn integers_are_exact_and_bounded() {
    bounds!(
        Int8Type i8 "int8" "-129" "128",
        Int16Type i16 "int16" "-32769" "32768",
        Int32Type i32 "int32" "-2147483649" "2147483648",
        Int64Type i64 "int64" "-9223372036854775809" "9223372036854775808",
        UInt8Type u8 "uint8" "-1" "256",
        UInt16Type u16 "uint16" "-1" "65536",
        UInt32Type u32 "uint32" "-1" "4294967296",
        UInt64Type u64 "uint64" "-1" "18446744073709551616",
    );
}

#[test]
fn integers_around_the_fast_path_are_exact() {
    assert_values::<Int64Type>(
        "int64",
        &[
            ("999999999999999999", Some(999_999_999_999_999_999)),
            ("1000000000000000000", Some(1_000_000_000_000_000_000)),
            ("-999999999999999999", Some(-999_999_999_999_999_999)),
            ("-1000000000000000000", Some(-1_000_000_000_000_000_000)),
            ("9007199254740993", Some(9_007_199_254_740_993)),
            ("12345678", Some(12_345_678)),
            ("123456789", Some(123_456_789)),
            ("9223372036854775807.0", Some(i64::MAX)),
            ("9.223372036854775807e18", Some(i64::MAX)),
        ],
    );
}

#[test]
fn floats_are_correctly_rounded() {
    assert_values::<Float64Type>(
        "float64",
        &[
            ("0", Some(0.0)),
            ("1", Some(1.0)),
            ("-1.5", Some(-1.5)),
            ("0.1", Some(0.1)),
            ("1e308", Some(1e308)),
            ("1.7976931348623157e308", Some(f64::MAX)),
            ("1e400", None),
            ("-1e400", None),
            ("1.8e308", None),
            // Half way between the largest float and infinity, and just below.
            (
                "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880177904174497792",
                None,
            ),
            (
                "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880177904174497791",
                Some(f64::MAX),
            ),
            ("5e-324", Some(5e-324)),
            ("1e-400", Some(0.0)),
            ("2.2250738585072014e-308", Some(f64::MIN_POSITIVE)),
            ("9007199254740993", Some(9_007_199_254_740_992.0)),
            ("0.1000000000000000055511151231257827021181583404541015625", Some(0.1)),
            ("123456789012345678901234567890", Some(1.2345678901234568e29)),
            ("null", None),
            ("true", None),
            ("\"1.5\"", None),
            ("[]", None),
            ("{}", None),
        ],
    );
    let negative_zero = values::<Float64Type>("float64", &["-0", "-0.0", "-0e0", "-1e-999"]);
    assert!(negative_zero.iter().all(|value| value.unwrap().to_bits() == (-0.0_f64).to_bits()));
    assert_values::<Float32Type>(
        "float32",
        &[
            ("0.1", Some(0.1)),
            ("16777217", Some(16_777_216.0)),
            ("3.4028235e38", Some(f32::MAX)),
            ("3.5e38", None),
            ("1e-46", Some(0.0)),
            ("-7", Some(-7.0)),
            // Rounded once, not by way of a 64-bit float.
            ("1.00000017881393432617187499", Some(1.000_000_1)),
            ("1.00000017881393432617187501", Some(1.000_000_2)),
        ],
    );
}

#[test]
fn decimals_are_exact_to_the_digit() {
    assert_values::<Decimal128Type>(
        "decimal(5,2)",
        &[
            ("0", Some(0)),
            ("-0.00", Some(0)),
            ("1", Some(100)),
            ("1.5", Some(150)),
            ("1.50", Some(150)),
            ("-123.45", Some(-12_345)),
            ("999.99", Some(99_999)),
            ("1000", None),
            ("-1000.00", None),
            ("1.234", None),
            ("1.2300", Some(123)),
            ("12345e-2", Some(12_345)),
            ("1e2", Some(10_000)),
            ("1e3", None),
            ("0.001e1", Some(1)),
            ("null", None),
            ("\"1.5\"", None),
            ("true", None),
        ],
    );
    assert_values::<Decimal128Type>(
        "decimal(38,0)",
        &[
            ("99999999999999999999999999999999999999", Some(10_i128.pow(38) - 1)),
            ("-99999999999999999999999999999999999999", Some(1 - 10_i128.pow(38))),
            ("100000000000000000000000000000000000000", None),
            ("18446744073709551615", Some(18_446_744_073_709_551_615)),
            ("1e37", Some(10_i128.pow(37))),
            ("1e38", None),
            ("0.1", None),
        ],
    );
    assert_values::<Decimal128Type>(
        "decimal(38,38)",
        &[
            (
                "0.12345678901234567890123456789012345678",
                Some(12_345_678_901_234_567_890_123_456_789_012_345_678),
            ),
            ("1", None),
            ("1e-38", Some(1)),
            ("1e-39", None),
        ],
    );
}

#[test]
fn booleans_are_the_two_words() {
    let output = decode("boolean", &["true", "false", "null", "1", "\"true\"", "[true]"]);
    let column = output.batch.column(0).as_boolean();
    let values: Vec<_> = column.iter().collect();
    assert_eq!(values, [Some(true), Some(false), None, None, None, None]);
    let rescued = output.column("_rescued_data");
    assert_eq!(rescued[2..4], [json!(null), json!("{\"v\":1}")]);
}

#[test]
fn text_keeps_strings_unescaped_and_anything_else_as_its_raw_text() {
    let table = [
        (r#""""#, Some("")),
        (r#""plain""#, Some("plain")),
        (r#""\"\\\/\b\f\n\r\t""#, Some("\"\\/\u{8}\u{c}\n\r\t")),
        (r#""\u0000""#, Some("\0")),
        (r#""\u00e9\u65e5\uD83D\ude00""#, Some("é日😀")),
        (r#""naïve 日本 😀""#, Some("naïve 日本 😀")),
        ("\"\u{7f}\u{2028}\"", Some("\u{7f}\u{2028}")),
        ("true", Some("true")),
        ("1.50", Some("1.50")),
        ("-0", Some("-0")),
        ("1e400", Some("1e400")),
        ("[1, \"a\\u0041\"]", Some("[1, \"a\\u0041\"]")),
        ("{ \"a\" : {} }", Some("{ \"a\" : {} }")),
        ("{}", Some("{}")),
        ("null", None),
    ];
    let texts: Vec<&str> = table.iter().map(|(text, _)| *text).collect();
    let expected: Vec<Option<&str>> = table.iter().map(|(_, value)| *value).collect();
    let output = decode("utf8", &texts);
    assert_eq!(output.batch.column(0).as_string::<i32>().iter().collect::<Vec<_>>(), expected);
    let output = decode("large_utf8", &texts);
    assert_eq!(output.batch.column(0).as_string::<i64>().iter().collect::<Vec<_>>(), expected);
    let output = decode("utf8_view", &texts);
    assert_eq!(output.batch.column(0).as_string_view().iter().collect::<Vec<_>>(), expected);
    assert_eq!(output.batch.column(1).null_count(), texts.len());
}

#[test]
fn dates_are_days_of_the_calendar() {
    assert_values::<Date32Type>(
        "date",
        &[
            ("\"1970-01-01\"", Some(0)),
            ("\"1970-01-02\"", Some(1)),
            ("\"1969-12-31\"", Some(-1)),
            ("\"2024-02-29\"", Some(19_782)),
            ("\"2023-02-29\"", None),
            ("\"1900-02-29\"", None),
            ("\"0001-01-01\"", Some(-719_162)),
            ("\"9999-12-31\"", Some(2_932_896)),
            ("\"2024-2-9\"", None),
            ("\"2024-13-01\"", None),
            ("\"2024-01-01T00:00:00\"", None),
            ("\"\\u0031970-01-01\"", Some(0)),
            ("\"\"", None),
            ("19782", None),
            ("null", None),
        ],
    );
}

/// 2024-02-29T12:34:56Z.
const LEAP: i64 = 1_709_210_096;

#[test]
fn timestamps_are_in_the_unit_of_their_column() {
    assert_values::<TimestampSecondType>(
        "timestamp(s)",
        &[
            ("\"2024-02-29T12:34:56\"", Some(LEAP)),
            ("\"2024-02-29T12:34:56.000\"", Some(LEAP)),
            ("\"2024-02-29T12:34:56.5\"", None),
        ],
    );
    assert_values::<TimestampMillisecondType>(
        "timestamp(ms)",
        &[
            ("\"2024-02-29 12:34:56.789\"", Some(LEAP * 1_000 + 789)),
            ("\"2024-02-29 12:34:56.7890\"", Some(LEAP * 1_000 + 789)),
            ("\"2024-02-29 12:34:56.7891\"", None),
        ],
    );
    assert_values::<TimestampMicrosecondType>(
        "timestamp(us)",
        &[
            ("\"2024-02-29t12:34:56.789123z\"", Some(LEAP * 1_000_000 + 789_123)),
            ("\"2024-02-29T12:34:56.789123456\"", None),
            ("\"2024-02-29T12:34\"", Some((LEAP - 56) * 1_000_000)),
            ("\"2024-02-29\"", Some((LEAP - LEAP.rem_euclid(86_400)) * 1_000_000)),
            ("\"1969-12-31T23:59:59.999999\"", Some(-1)),
            ("\"2024-02-29T12:34:56\\u002e5\"", Some(LEAP * 1_000_000 + 500_000)),
            ("\"2024-02-29T24:00:00\"", None),
            ("\"2024-02-29T12:60:00\"", None),
            ("\"2024-02-29T12:34:60\"", None),
            ("\"2024-02-29X12:34:56\"", None),
            ("\"2024-02-29T12:34:56.\"", None),
            ("\"2024-02-29T12:34:56.0123456789\"", None),
            ("1709210096", None),
            ("\"\"", None),
            ("null", None),
            ("true", None),
        ],
    );
    assert_values::<TimestampNanosecondType>(
        "timestamp(ns)",
        &[
            ("\"2024-02-29T12:34:56.789123456\"", Some(LEAP * 1_000_000_000 + 789_123_456)),
            ("\"2262-04-11T23:47:16.854775807\"", Some(i64::MAX)),
            ("\"2262-04-11T23:47:16.854775808\"", None),
            ("\"1677-09-21T00:12:43.145224192\"", Some(i64::MIN)),
            ("\"1677-09-21T00:12:43.145224191\"", None),
            ("\"9999-12-31T23:59:59\"", None),
        ],
    );
}

#[test]
fn offsets_are_converted_and_the_instant_is_kept() {
    for data_type in ["timestamp(us)", "timestamp(us, \"UTC\")", "timestamp(us, \"+05:30\")"] {
        assert_values::<TimestampMicrosecondType>(
            data_type,
            &[
                ("\"2024-02-29T12:34:56Z\"", Some(LEAP * 1_000_000)),
                ("\"2024-02-29T14:34:56+02:00\"", Some(LEAP * 1_000_000)),
                ("\"2024-02-29T14:34:56+0200\"", Some(LEAP * 1_000_000)),
                ("\"2024-02-29T14:34:56+02\"", Some(LEAP * 1_000_000)),
                ("\"2024-02-28T13:34:56-23:00\"", Some(LEAP * 1_000_000)),
            ],
        );
    }
}

#[test]
fn a_text_without_offset_is_read_in_the_zone_of_its_column() {
    let text = "\"2024-02-29T12:34:56\"";
    for (zone, hours_ahead) in
        [("UTC", 0), ("+02:00", 2), ("-08:00", -8), ("America/New_York", -5), ("Asia/Tokyo", 9)]
    {
        let data_type = format!("timestamp(s, \"{zone}\")");
        assert_values::<TimestampSecondType>(
            &data_type,
            &[(text, Some(LEAP - hours_ahead * 3_600))],
        );
    }
}

#[test]
fn a_wall_clock_that_showed_a_time_twice_or_never_is_a_conflict() {
    assert_values::<TimestampSecondType>(
        "timestamp(s, \"America/New_York\")",
        &[
            // 2024-03-10: from 02:00 to 03:00; 2024-11-03: from 02:00 back to 01:00.
            ("\"2024-03-10T01:59:59\"", Some(1_710_053_999)),
            ("\"2024-03-10T02:30:00\"", None),
            ("\"2024-03-10T03:00:00\"", Some(1_710_054_000)),
            ("\"2024-11-03T00:59:59\"", Some(1_730_609_999)),
            ("\"2024-11-03T01:30:00\"", None),
            ("\"2024-11-03T01:30:00-04:00\"", Some(1_730_611_800)),
            ("\"2024-11-03T01:30:00-05:00\"", Some(1_730_615_400)),
            ("\"2024-11-03T02:00:00\"", Some(1_730_617_200)),
        ],
    );
}

#[test]
fn truncation_of_timestamps_is_an_option() {
    let builder = reader(&[("v", "timestamp(ms)")]).with_truncate_timestamps(true);
    let output = read(
        &builder,
        "{\"v\":\"2024-02-29T12:34:56.7899\"}\n{\"v\":\"1969-12-31T23:59:59.9999\"}",
    );
    let column = output.batch.column(0).as_primitive::<TimestampMillisecondType>();
    assert_eq!(column.values().to_vec(), [LEAP * 1_000 + 789, -1]);
}

#[test]
fn absent_and_null_are_both_null() {
    let output = read(
        &reader(&[("a", "int64"), ("b", "utf8"), ("c", "list<int8>"), ("d", "struct<x: boolean>")]),
        "{}\n{\"a\":null,\"b\":null,\"c\":null,\"d\":null}\n{\"d\":{},\"c\":[],\"b\":\"\",\"a\":0}\n{}\n",
    );
    assert_eq!(output.column("a"), [json!(null), json!(null), json!(0), json!(null)]);
    assert_eq!(output.column("b"), [json!(null), json!(null), json!(""), json!(null)]);
    assert_eq!(output.column("c"), [json!(null), json!(null), json!([]), json!(null)]);
    assert_eq!(output.column("d"), [json!(null), json!(null), json!({"x": null}), json!(null)]);
}

#[test]
fn an_empty_list_is_no_null() {
    let output = decode("list<int64>", &["[]", "null", "[null]", "[1,null,2]", "[ ]"]);
    let list = output.batch.column(0).as_list::<i32>();
    assert_eq!(list.value_offsets(), [0, 0, 0, 1, 4, 4]);
    assert_eq!(
        (0..5).map(|row| list.is_null(row)).collect::<Vec<_>>(),
        [false, true, false, false, false]
    );
    let items: Vec<_> = list.values().as_primitive::<Int64Type>().iter().collect();
    assert_eq!(items, [None, Some(1), None, Some(2)]);
}

#[test]
fn a_null_struct_has_null_children() {
    let output = decode(
        "struct<a: int64, b: struct<c: utf8>>",
        &["{\"a\":1,\"b\":{\"c\":\"x\"}}", "null", "{\"b\":null}", "{\"b\":{}}", "{}"],
    );
    let column = output.batch.column(0).as_struct();
    let nulls = |array: &dyn Array| (0..5).map(|row| array.is_null(row)).collect::<Vec<_>>();
    assert_eq!(nulls(column), [false, true, false, false, false]);
    assert_eq!(nulls(column.column(0)), [false, true, true, true, true]);
    let inner = column.column(1).as_struct();
    assert_eq!(nulls(inner), [false, true, true, false, true]);
    assert_eq!(nulls(inner.column(0)), [false, true, true, true, true]);
}

#[test]
fn lists_of_structs_pad_absent_fields() {
    let output = decode(
        "list<struct<a: int64, b: list<utf8>>>",
        &["[{\"a\":1},{},null,{\"b\":[\"x\"]}]", "[]", "[{\"b\":[],\"a\":2}]"],
    );
    assert_eq!(
        output.column("v"),
        [
            json!([{"a": 1, "b": null}, {"a": null, "b": null}, null, {"a": null, "b": ["x"]}]),
            json!([]),
            json!([{"a": 2, "b": []}]),
        ]
    );
}

#[test]
fn lists_nest() {
    let output = decode("list<list<list<int8>>>", &["[[[1],[]],[],null]", "[]", "[[[2,3]]]"]);
    assert_eq!(output.column("v"), [json!([[[1], []], [], null]), json!([]), json!([[[2, 3]]])]);
}

#[test]
fn columns_nest_to_the_depth_limit() {
    for max_depth in [MAX_COLUMN_DEPTH, MAX_MAX_DEPTH] {
        let levels = MAX_COLUMN_DEPTH - 1;
        let data_type = "list<".repeat(levels) + "int64" + &">".repeat(levels);
        let value = format!("{{\"v\":{}7{}}}", "[".repeat(levels), "]".repeat(levels));
        let builder = reader(&[("v", &data_type)]).with_max_depth(max_depth);
        let output = read(&builder, value);
        assert_eq!(output.counts, [1, 1, 0, 0]);
        let mut array = output.batch.column(0).clone();
        for _ in 0..levels {
            array = array.as_list::<i32>().value(0);
        }
        assert_eq!(array.as_primitive::<Int64Type>().values().to_vec(), [7]);
    }
}

#[test]
fn columns_that_must_have_a_value_make_lines_without_one_bad() {
    let columns = [("id", "int64!"), ("user", "struct<name: utf8>"), ("tags", "list<utf8>")];
    let output = read(&reader(&columns), "{\"id\":1}\n{}\n{\"id\":null}\n{\"id\":1.5}\n{\"id\":2}");
    assert_eq!(output.column("id"), [json!(1), json!(2)]);
    assert_eq!(output.rejected(), ["2: missing_value", "3: missing_value", "4: type_conflict"]);
}

#[test]
fn children_that_must_have_a_value_need_one_only_where_the_parent_is() {
    use arrow_schema::{DataType, Field, Fields, Schema};
    use std::sync::Arc;
    let children = Fields::from(vec![Field::new("id", DataType::Int64, false)]);
    let user = Field::new("user", DataType::Struct(children.clone()), true);
    let element = Arc::new(Field::new_list_field(DataType::Struct(children), false));
    let items = Field::new("items", DataType::List(element), true);
    let builder = ndjson_parquet_core::ReaderBuilder::new(Arc::new(Schema::new(vec![user, items])))
        .with_on_error(ndjson_parquet_core::OnError::Quarantine);
    let output = read(
        &builder,
        concat!(
            "{}\n{\"user\":null}\n{\"user\":{}}\n{\"user\":{\"id\":null}}\n{\"user\":{\"id\":1}}\n",
            "{\"items\":[]}\n{\"items\":[null]}\n{\"items\":[{\"id\":1},{}]}\n{\"items\":[{\"id\":2}]}\n",
        ),
    );
    let missing = |line| format!("{line}: missing_value");
    assert_eq!(output.rejected(), [missing(3), missing(4), missing(7), missing(8)]);
    let paths: Vec<&str> = output.rejects.iter().map(|line| line.path.as_str()).collect();
    assert_eq!(paths, ["user.id", "user.id", "items[0]", "items[1].id"]);
    assert_eq!(output.column("user")[2], json!({"id": 1}));
    assert_eq!(output.column("items")[4], json!([{"id": 2}]));
}

#[test]
fn keys_are_found_in_any_order_and_with_escapes() {
    let columns = [
        ("a", "int64"),
        ("b\"q", "int64"),
        ("ключ", "int64"),
        ("a key that is longer than thirty-two bytes", "int64"),
        ("", "int64"),
    ];
    let output = read(
        &reader(&columns),
        concat!(
            r#"{"a":1,"b\"q":2,"ключ":3,"a key that is longer than thirty-two bytes":4,"":5}"#,
            "\n",
            r#"{"":5,"a key that is longer than thirty-two bytes":4,"\u043bнет":0,"кл\u044eч":3,"b\u0022q":2,"\u0061":1}"#,
            "\n",
            r#"{ "a" : 1 , "b\u0022q"	:2,"ключ" :3,"a key that is longer than thirty-two byte\u0073": 4 , "":5 }"#,
        ),
    );
    for (name, value) in columns.iter().zip(1..) {
        assert_eq!(output.column(name.0), [json!(value), json!(value), json!(value)], "{name:?}");
    }
    assert_eq!(output.column("_rescued_data"), [json!(null), json!("{\"лнет\":0}"), json!(null)]);
}

#[test]
fn keys_that_begin_alike_are_told_apart() {
    let output = read(
        &reader(&[("a", "int64"), ("ab", "int64"), ("abc", "int64")]),
        "{\"abc\":3,\"ab\":2,\"a\":1}\n{\"a\":1,\"ab\":2,\"abc\":3}\n{\"ab\":2,\"abcd\":4,\"A\":0}",
    );
    assert_eq!(output.column("a"), [json!(1), json!(1), json!(null)]);
    assert_eq!(output.column("ab"), [json!(2), json!(2), json!(2)]);
    assert_eq!(output.column("abc"), [json!(3), json!(3), json!(null)]);
}
