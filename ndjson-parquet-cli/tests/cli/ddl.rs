//! `ddl`: statements from Parquet, from NDJSON and from a schema.

use super::Home;

const FLAGS: &str = "--table logs.events --location s3://bucket/events";

#[test]
fn parquet_ndjson_and_a_schema_give_the_same_statement() {
    let home = Home::with("{\"id\":1,\"when\":\"2024-01-01T00:00:00Z\",\"tags\":[\"x\"]}\n");
    home.write("schema.json", "{\"id\":\"int64\",\"when\":\"timestamp\",\"tags\":\"list<utf8>\"}");
    home.run("convert in.ndjson out.parquet").success();
    let expected = "\
CREATE EXTERNAL TABLE IF NOT EXISTS `logs`.`events` (
  `id` bigint,
  `when` timestamp,
  `tags` array<string>
)
PARTITIONED BY (
  `hour` int
)
ROW FORMAT SERDE 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
STORED AS INPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'
LOCATION 's3://bucket/events/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2'
);
";
    for input in ["out.parquet", "in.ndjson", "--schema schema.json"] {
        let run = home.run(&format!("ddl {input} {FLAGS} --partition hour=hour")).success();
        assert_eq!(run.stdout, expected, "{input}");
    }
}

#[test]
fn what_athena_refuses_is_an_error_in_a_file_and_adapted_in_a_schema() {
    let home = Home::with("{\"n\":18446744073709551615}\n");
    home.run("convert in.ndjson out.parquet").success();
    home.run(&format!("ddl out.parquet {FLAGS}")).exits(7).says("column `n`: ");
    let run = home.run(&format!("ddl in.ndjson {FLAGS} --hint d=date")).success();
    assert!(run.stdout.contains("`n` decimal(20,0),\n  `d` date"), "{}", run.stdout);
    home.run(&format!("ddl {FLAGS}")).exits(2);
    home.run(&format!("ddl in.ndjson {FLAGS} --partition x=y")).exits(7).says("partition `x`");
    home.run("ddl in.ndjson --table t --location bucket").exits(7).says("expected a URL");
}
