//! `inspect`: what the footer says.

use super::{Home, column_names};

#[test]
fn tables_for_people() {
    let home = Home::with("{\"id\":1,\"tags\":[\"x\",\"y\"]}\n\n{\"id\":2}\n");
    home.run("convert in.ndjson out.parquet --metadata team=search").success();
    let run = home.run("inspect out.parquet").success();
    let mut lines = run.stdout.lines();
    let first = lines.next().unwrap();
    assert!(first.starts_with("2 rows, 1 row group, "), "{first}");
    assert!(first.contains("written by ndjson-parquet version "), "{first}");
    let has = |start: &str| run.stdout.lines().any(|line| line.starts_with(start));
    for start in [
        "Schema",
        "id      Int64 ",
        "Columns as stored",
        "id              INT64 ",
        "tags.list.item  BYTE_ARRAY ",
        "Row groups",
        "        0     2  ",
        "Balance sheet",
        "lines                 3",
        "blank                 1",
        "Metadata",
        "team                     search",
    ] {
        assert!(has(start), "{start}\n{}", run.stdout);
    }
}

#[test]
fn json_has_everything() {
    let home = Home::with("{\"id\":1}\n{\"id\":5}\n");
    home.run("convert in.ndjson out.parquet").success();
    let inspection = home.json("inspect out.parquet --json");
    assert_eq!(
        (&inspection["rows"], &inspection["file_size"]),
        (&2.into(), &home.read("out.parquet").len().into())
    );
    assert_eq!(column_names(&inspection, "columns", "path"), ["id"]);
    let chunk = &inspection["row_groups"][0]["columns"][0];
    assert_eq!(
        (&chunk["min"], &chunk["max"], &chunk["null_count"]),
        (&"1".into(), &"5".into(), &0.into())
    );
    assert_eq!(chunk["page_index"], true);
}
