use std::fmt::Write as _;
use std::process::Command;
use std::sync::Arc;

use arrow_schema::{Field, Schema};
use proptest::prelude::*;

use super::{ExternalTable, Partition};
use crate::schema::arbitrary::any_schema;
use crate::schema::parse_type;
use crate::{Converter, ErrorKind, ReaderProfile, Sink, Source};

fn schema(columns: &[(&str, &str)]) -> Schema {
    let field = |(name, kind): &(&str, &str)| Field::new(*name, parse_type(kind).unwrap(), true);
    Schema::new(columns.iter().map(field).collect::<Vec<_>>())
}

fn table(partitions: &[&str]) -> ExternalTable {
    let table = ExternalTable::new("logs.events", "s3://bucket/events").unwrap();
    partitions.iter().fold(table, |table, partition| {
        table.with_partition(Partition::parse(partition).unwrap()).unwrap()
    })
}

const STORED_AS: &str = "\
ROW FORMAT SERDE 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
STORED AS INPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'";

#[test]
fn every_type_has_its_name_in_hive() {
    let columns = [
        ("b", "boolean"),
        ("i8", "int8"),
        ("i16", "int16"),
        ("i32", "int32"),
        ("i64", "int64"),
        ("f", "float32"),
        ("d", "float64"),
        ("n", "decimal(18,2)"),
        ("s", "utf8"),
        ("day", "date"),
        ("ts", "timestamp(us, UTC)"),
        ("l", "list<list<int64>>"),
        ("date", "struct<date: utf8, a: struct<b: int32>, _c: list<struct<x: boolean>>>"),
    ];
    let expected = format!(
        "\
CREATE EXTERNAL TABLE IF NOT EXISTS `logs`.`events` (
  `b` boolean,
  `i8` tinyint,
  `i16` smallint,
  `i32` int,
  `i64` bigint,
  `f` float,
  `d` double,
  `n` decimal(18,2),
  `s` string,
  `day` date,
  `ts` timestamp,
  `l` array<array<bigint>>,
  `date` struct<`date`:string,a:struct<b:int>,`_c`:array<struct<x:boolean>>>
)
{STORED_AS}
LOCATION 's3://bucket/events/';
"
    );
    assert_eq!(table(&[]).create_statement(&schema(&columns)).unwrap(), expected);
}

#[test]
fn partitions_are_projected_by_properties() {
    let partitions = [
        "date=date",
        "month=date:2020-01,NOW:yyyy-MM",
        "hour=hour",
        "shard=integer:000,127",
        "offset=integer:-5,5000000000",
        "region=enum:eu,us 'west'",
        "tenant=injected",
    ];
    let expected = format!(
        "\
-- The column Date of the files is hidden by the partition.
CREATE EXTERNAL TABLE IF NOT EXISTS `logs`.`events` (
  `id` bigint
)
PARTITIONED BY (
  `date` string,
  `month` string,
  `hour` int,
  `shard` int,
  `offset` bigint,
  `region` string,
  `tenant` string
)
{STORED_AS}
LOCATION 's3://bucket/events/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.range' = '1970-01-01,NOW+1DAYS',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.month.type' = 'date',
  'projection.month.range' = '2020-01,NOW',
  'projection.month.format' = 'yyyy-MM',
  'projection.month.interval' = '1',
  'projection.month.interval.unit' = 'MONTHS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'projection.shard.type' = 'integer',
  'projection.shard.range' = '0,127',
  'projection.shard.digits' = '3',
  'projection.offset.type' = 'integer',
  'projection.offset.range' = '-5,5000000000',
  'projection.region.type' = 'enum',
  'projection.region.values' = 'eu,us \\'west\\'',
  'projection.tenant.type' = 'injected'
);
"
    );
    let schema = schema(&[("id", "int64"), ("Date", "utf8")]);
    let table = table(&partitions);
    assert_eq!(table.create_statement(&schema).unwrap(), expected);
    let plain = table.with_projection(false).create_statement(&schema).unwrap();
    assert!(plain.contains("PARTITIONED BY") && !plain.contains("TBLPROPERTIES"), "{plain}");
}

#[test]
fn a_location_template_names_every_partition() {
    let table = table(&["date=date", "hour=hour"]);
    let template = "s3://bucket/${date}/it's/${hour}\\/";
    let statement = table.clone().with_location_template(template).unwrap();
    let statement = statement.create_statement(&schema(&[("id", "int64")])).unwrap();
    let expected =
        "  'storage.location.template' = 's3://bucket/${date}/it\\'s/${hour}\\\\/'\n);\n";
    assert!(statement.ends_with(expected), "{statement}");
    let error = table.with_location_template("s3://bucket/${date}/").unwrap_err();
    assert!(error.message().contains("expected `${hour}`"), "{error}");
}

#[test]
fn what_cannot_be_is_an_error_that_says_what_was_expected() {
    for (partition, says) in [
        ("date", "expected NAME=KIND"),
        ("Date=date", "expected a partition name of small letters"),
        ("a`=date", "expected a partition name of small letters"),
        ("a=dates", "expected date, date:FROM,TO, hour"),
        ("a=integer", "expected date, date:FROM,TO, hour"),
        ("a=integer:5,1", "expected integers FROM,TO, found `5,1`"),
        ("a=integer:1", "expected integers"),
        ("a=date:NOW", "expected dates FROM,TO"),
        ("a=date:1,2:x", "expected a format of dates"),
        ("a=enum:x,,y", "expected texts"),
        ("a=hour:1", "expected date"),
    ] {
        let error = Partition::parse(partition).unwrap_err();
        assert!(error.message().contains(says), "{partition}: {error}");
    }
    for (name, location) in [
        ("a.b.c", "s3://x"),
        ("a`; drop", "s3://x"),
        ("", "s3://x"),
        ("a", "bucket/x"),
        ("a", "s3://"),
        ("a", "s3://x\n"),
    ] {
        let error = ExternalTable::new(name, location).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Schema, "{name} {location}");
    }
    let again = table(&["a=hour"]).with_partition(Partition::parse("a=day").unwrap());
    assert!(again.unwrap_err().message().contains("found `a` again"));
    for columns in [[("a", "uint64")], [("a b", "int64")], [("hour", "int64")]] {
        let result = table(&["hour=hour"]).create_statement(&schema(&columns));
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Schema, "{columns:?}");
    }
}

#[test]
fn a_parquet_file_is_described_as_it_is_stored() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.parquet");
    let convert = |kind: &str| {
        let source = Source::bytes("in", "{\"n\":1,\"l\":[1.5]}\n");
        let given = schema(&[("n", kind), ("l", "list<float64>")]);
        let sink = Sink::file(&path).with_overwrite(true);
        Converter::new().with_schema(Arc::new(given)).convert(vec![source], sink).unwrap();
        table(&[]).create_statement_for_file(&path)
    };
    let statement = convert("int8").unwrap();
    assert!(
        statement.contains("(\n  `n` tinyint,\n  `l` array<double>,\n  `_rescued_data` string\n)"),
        "{statement}"
    );
    assert!(convert("uint8").unwrap_err().message().contains("column `n`: "));
}

proptest! {
    /// Whatever the names, the statement has only our own quotes outside of identifiers.
    #[test]
    fn no_name_leaves_its_quotes(schema in any_schema()) {
        let Ok(schema) = ReaderProfile::Athena.adapt(&schema) else { return Ok(()) };
        let statement = table(&["longer_than_any_name=hour"]).create_statement(&schema).unwrap();
        let mut outside = String::new();
        for (index, part) in statement.split('`').enumerate() {
            if index % 2 == 0 {
                outside.push_str(part);
            } else {
                prop_assert!(part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.'));
            }
        }
        prop_assert_eq!(outside.matches('\'').count() % 2, 0);
        prop_assert_eq!(outside.matches(';').count(), 1);
    }
}

/// sqlglot is a parser by others: it finds the columns, types and properties that were put in.
#[test]
fn sqlglot_parses_the_statement_as_athena_and_as_hive() {
    let Ok(python) = std::env::var("NDJSON_PARQUET_PYTHON") else {
        println!("NOT RUN: NDJSON_PARQUET_PYTHON names no Python with sqlglot");
        return;
    };
    let given = schema(&[
        ("order", "int64"),
        ("_x", "list<struct<date: decimal(10,2), b: list<utf8>>>"),
        ("名前", "timestamp(us)"),
    ]);
    let table = ExternalTable::new("db.t", "s3://bucket/it's a \\ path/").unwrap();
    let table = table.with_partition(Partition::parse("date=enum:a'b,c\\d").unwrap()).unwrap();
    let statement = table.create_statement(&given).unwrap();
    let found = Command::new(python).args(["-c", PARSE, &statement]).output().unwrap();
    let mut shown = String::from_utf8(found.stdout).unwrap();
    let _ = write!(shown, "{}", String::from_utf8_lossy(&found.stderr));
    let expected = "\
order BIGINT
_x ARRAY<STRUCT<date DECIMAL(10, 2), b ARRAY<TEXT>>>
名前 TIMESTAMP
date TEXT
location s3://bucket/it's a \\ path/
projection.enabled true
projection.date.type enum
projection.date.values a'b,c\\d
";
    assert_eq!(shown, format!("{expected}{expected}"));
}

const PARSE: &str = r#"
import sys, sqlglot
from sqlglot import exp
for dialect in ("athena", "hive"):
    statements = sqlglot.parse(sys.argv[1], dialect=dialect)
    assert len(statements) == 1 and isinstance(statements[0], exp.Create), statements
    create = statements[0]
    for column in create.find_all(exp.ColumnDef):
        if isinstance(column.parent, (exp.Schema, exp.PartitionedByProperty)):
            kind = column.args["kind"].sql().replace('"', "").replace(":", "")
            print(column.name, kind)
    print("location", create.find(exp.LocationProperty).this.name)
    for prop in create.find_all(exp.Property):
        if type(prop) is exp.Property:
            print(prop.this.name, prop.args["value"].name)
"#;
