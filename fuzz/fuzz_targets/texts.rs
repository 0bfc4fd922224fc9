//! Everything that a user writes as text: types, hints, paths, partitions, options of columns, schemas
//! and sketches. Nothing panics, and what is taken is taken again as it is written out.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ndjson_parquet_core::{
    Compression, DictionaryPolicy, Hints, ParquetColumn, Partitioning, SchemaSketch, SortKey,
    format_field_type, parse_field, parse_type, schema_from_bytes, schema_to_json,
};

fuzz_target!(|text: &str| {
    if let Ok(field) = parse_field("v", text) {
        let written = format_field_type(&field);
        let again = parse_field("v", &written).expect("what is written is read");
        assert_eq!(field, again, "{written}");
    }
    let _ = parse_type(text);
    let _ = Hints::new().with_hint(text);
    let _ = Partitioning::new().with_levels(text);
    let _ = text.parse::<ParquetColumn>();
    let _ = text.parse::<SortKey>();
    let _ = text.parse::<Compression>();
    let _ = text.parse::<DictionaryPolicy>();
    if let Ok(schema) = schema_from_bytes("schema.json", text.as_bytes()) {
        let json = schema_to_json(&schema).to_string();
        let again = schema_from_bytes("schema.json", json.as_bytes()).expect("a schema");
        assert_eq!(schema, again, "{json}");
    }
    if let Ok(sketch) = SchemaSketch::from_json(text) {
        let json = sketch.to_json();
        let again = SchemaSketch::from_json(&json).expect("a sketch");
        assert_eq!(again.to_json(), json);
        let mut both = sketch.clone();
        let _ = both.merge(&sketch);
    }
});
