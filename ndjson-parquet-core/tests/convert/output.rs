//! The Parquet files: how many, under which names, with what in the footer, and when not at all.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ndjson_parquet_core::{
    Balance, CancelToken, Compression, Converter, DictionaryPolicy, ErrorKind, ParquetOptions,
    Progress, Sink, Source, Stage, inspect,
};
use serde_json::Value;

use crate::harness::*;

fn text(lines: usize) -> String {
    (0..lines)
        .map(|n| {
            format!("{{\"id\":{n},\"name\":\"n{}\",\"x\":[{}.5,null]}}\n", n * 7919 % 997, n % 10)
        })
        .collect()
}

fn source(lines: usize) -> Vec<Source> {
    vec![Source::bytes("in", text(lines))]
}

fn small_groups() -> ParquetOptions {
    ParquetOptions::new().with_row_group_bytes(1)
}

fn balance_of(path: &std::path::Path) -> Balance {
    serde_json::from_str(&footer(path, "ndjson-parquet.balance").unwrap()).unwrap()
}

#[test]
fn the_footer_of_one_file_has_the_balance_of_the_summary() {
    let converted = convert_text(&Converter::new(), "\u{feff}{\"a\":1,\"a\":2}\n\n{\"a\":null}");
    let balance = &converted.summary.balance;
    assert_eq!(balance_of(&converted.output), *balance);
    assert_eq!((balance.lines, balance.rows, balance.blank, balance.bytes_in), (3, 2, 1, 28));
    assert_eq!(balance.duplicate_keys, 1);
    let names = footer(&converted.output, "ndjson-parquet.sources").unwrap();
    assert_eq!(names, "[\"in\"]");
}

#[test]
fn files_roll_at_the_target_size_and_their_balances_add_up() {
    let place = Place::new();
    let output = place.path("out");
    let converter = Converter::new().with_parquet(small_groups()).with_target_file_bytes(15_000);
    let text = text(40_000) + "\n\n{\"id\":null}\n\n";
    let sources = vec![Source::bytes("in", text.clone())];
    let summary = converter.convert(sources.clone(), Sink::directory(&output)).unwrap();
    check_balance(&summary);
    let files = parquet_files(&output);
    assert!(files.len() > 3, "{} files", files.len());
    let listed: Vec<_> = summary.files.iter().map(|file| file.path.clone()).collect();
    let found: Vec<_> = files.iter().map(|file| file.to_str().unwrap().to_owned()).collect();
    assert_eq!(listed, found);
    assert!(found[0].ends_with("part-00000.parquet") && found[1].ends_with("part-00001.parquet"));
    let mut sums = [0; 5];
    let mut typed = 0;
    for (file, listed) in files.iter().zip(&summary.files) {
        let (balance, inspection) = (balance_of(file), inspect(file).unwrap());
        assert_eq!(balance.rows, inspection.rows);
        assert_eq!((listed.rows, listed.bytes), (inspection.rows, inspection.file_size));
        assert_eq!(listed.row_groups, inspection.row_groups.len() as u64);
        let of = &balance.columns[0];
        assert_eq!(of.typed + of.null + of.absent, balance.rows);
        let counts =
            [balance.lines, balance.rows, balance.blank, balance.rejected, balance.bytes_in];
        sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        typed += of.typed;
    }
    let balance = &summary.balance;
    let totals = [balance.lines, balance.rows, balance.blank, balance.rejected, balance.bytes_in];
    assert_eq!(sums, totals);
    assert_eq!((sums[0], sums[1], sums[4]), (40_004, 40_001, text.len() as u64));
    assert_eq!(typed, 40_000);
    let ids: Vec<_> = rows(&output).iter().filter_map(|row| row["id"].as_u64()).collect();
    assert_eq!(ids, (0..40_000).collect::<Vec<_>>());
    let found = ndjson_parquet_core::verify(&Converter::new(), sources, &output).unwrap();
    assert_eq!(found.differences, [""; 0]);
}

#[test]
fn a_target_size_needs_a_directory() {
    let converter = Converter::new().with_target_file_bytes(1 << 20);
    assert_eq!(failure(convert(&converter, source(1))).kind(), ErrorKind::Schema);
}

#[test]
fn existing_output_is_kept_unless_overwriting_is_asked_for() {
    let place = Place::new();
    let file = place.write("out.parquet", "precious");
    let sink = || Sink::file(&file);
    let error = Converter::new().convert(source(3), sink()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutputExists);
    assert_eq!(std::fs::read(&file).unwrap(), b"precious");
    let bad = vec![Source::bytes("in", "{\"a\":1}\noops\n")];
    Converter::new().convert(bad, sink().with_overwrite(true)).unwrap_err();
    assert_eq!(std::fs::read(&file).unwrap(), b"precious");
    assert_eq!(place.names(), ["out.parquet"]);
    Converter::new().convert(source(3), sink().with_overwrite(true)).unwrap();
    assert_eq!(rows(&file).len(), 3);
}

#[test]
fn an_overwritten_directory_has_nothing_of_the_old_one() {
    let place = Place::new();
    let output = place.path("out");
    let converter = Converter::new().with_parquet(small_groups()).with_target_file_bytes(1);
    converter.convert(source(20_000), Sink::directory(&output)).unwrap();
    assert!(parquet_files(&output).len() > 1);
    let error = converter.convert(source(3), Sink::directory(&output)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutputExists);
    converter.convert(source(3), Sink::directory(&output).with_overwrite(true)).unwrap();
    assert_eq!(rows(&output).len(), 3);
    assert_eq!(parquet_files(&output).len(), 1);
    assert_eq!(place.names(), ["out"]);
}

#[test]
fn every_codec_and_dictionary_policy_reads_back() {
    let expected = parse_lines(&text(3000));
    let codecs = [
        Compression::Zstd(1),
        Compression::Zstd(9),
        Compression::Snappy,
        Compression::Gzip(6),
        Compression::Lz4Raw,
        Compression::None,
    ];
    let policies = [DictionaryPolicy::Adaptive, DictionaryPolicy::Always, DictionaryPolicy::Never];
    for codec in codecs {
        for policy in policies {
            let parquet = ParquetOptions::new().with_compression(codec).with_dictionary(policy);
            let converter = Converter::new().with_parquet(parquet.with_data_page_bytes(1));
            let converted = convert(&converter, source(3000)).unwrap();
            assert!(converted.rows() == expected, "{codec} {policy}");
            converted.assert_verified(source(3000));
        }
    }
}

#[test]
fn the_users_metadata_is_in_the_footer() {
    let pairs = vec![("team".to_owned(), "search".to_owned())];
    let converter = Converter::new().with_parquet(ParquetOptions::new().with_metadata(pairs));
    let converted = convert(&converter, source(1)).unwrap();
    assert_eq!(footer(&converted.output, "team").as_deref(), Some("search"));
    let found = inspect(&converted.output).unwrap();
    assert!(found.created_by.unwrap().starts_with("ndjson-parquet version "));
}

#[test]
fn row_groups_have_no_more_rows_than_asked_for() {
    let parquet = ParquetOptions::new().with_row_group_rows(70_000);
    let converted = convert(&Converter::new().with_parquet(parquet), source(200_000)).unwrap();
    let groups = inspect(&converted.output).unwrap().row_groups;
    assert!(groups.len() >= 3);
    assert!(groups.iter().all(|group| group.rows <= 70_000));
    assert_eq!(groups.iter().map(|group| group.rows).sum::<u64>(), 200_000);
}

#[test]
fn cancelling_at_any_moment_leaves_nothing() {
    let text = text(60_000);
    let total = text.len() as u64;
    for step in 0..24 {
        let place = Place::new();
        let token = CancelToken::new();
        let (at, watched) = (step * total / 20, token.clone());
        let converter = Converter::new()
            .with_parquet(small_groups())
            .with_cancel(token)
            .with_threads(threads(2))
            .with_sample_bytes(1000)
            .with_progress(move |progress| {
                if progress.bytes >= at {
                    watched.cancel();
                }
            });
        let late = text.clone() + if step % 2 == 0 { "{\"late\":1}\n" } else { "" };
        let sink = Sink::directory(place.path("out"));
        match converter.convert(vec![Source::bytes("in", late)], sink) {
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
                assert_eq!(place.names(), [""; 0]);
            }
            Ok(_) => assert!(at > total),
        }
    }
}

/// A reader that gives one line and then nothing for ever.
struct Silent(Option<&'static [u8]>);

impl io::Read for Silent {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(line) = self.0.take() else {
            loop {
                std::thread::sleep(Duration::from_secs(60));
            }
        };
        buffer[..line.len()].copy_from_slice(line);
        Ok(line.len())
    }
}

#[test]
fn a_silent_pipe_can_be_cancelled() {
    let given = arrow_schema::Schema::new(vec![arrow_schema::Field::new(
        "a",
        arrow_schema::DataType::Int64,
        true,
    )]);
    for converter in [Converter::new(), Converter::new().with_schema(Arc::new(given))] {
        let place = Place::new();
        let token = CancelToken::new();
        let canceller = token.clone();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            canceller.cancel();
        });
        let source = Source::reader("pipe", Silent(Some(b"{\"a\":1}\n")));
        let sink = Sink::file(place.path("out.parquet"));
        let error = converter.with_cancel(token).convert(vec![source], sink).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        assert_eq!(place.names(), [""; 0]);
        thread.join().unwrap();
    }
}

/// The last progress of each stage.
fn watched(converter: Converter) -> (Converter, Arc<Mutex<Vec<Progress>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let reports = Arc::clone(&seen);
    let converter =
        converter.with_progress(move |progress| reports.lock().unwrap().push(*progress));
    (converter, seen)
}

#[test]
fn progress_reaches_the_total_whatever_the_lines() {
    let rows = text(30_000);
    let blank = " \n".repeat(5000);
    let bad = "nope\n".repeat(5000);
    let long = format!("{{\"id\":\"{}\"}}\n", "x".repeat(5000));
    let texts = [
        rows.clone(),
        format!("\u{feff}{rows}{blank}"),
        format!("{{\"id\":1}}\n{bad}{blank}{rows}"),
        format!("{{\"id\":1}}\n{long}{long}"),
        format!("{rows}{{\"late\":1}}"),
    ];
    for text in texts {
        for count in [1, 2] {
            let converter = Converter::new()
                .with_on_error(ndjson_parquet_core::OnError::Skip)
                .with_max_line_bytes(4000)
                .with_sample_bytes(9)
                .with_threads(threads(count))
                .with_parquet(small_groups());
            let (converter, seen) = watched(converter);
            let sources = vec![Source::bytes("in", text.clone())];
            let converted = convert(&converter, sources.clone()).unwrap();
            let total = text.len() as u64;
            let reports = std::mem::take(&mut *seen.lock().unwrap());
            assert!(reports.iter().all(|report| report.total_bytes == Some(total)));
            let last = |stage| {
                let of_stage = reports.iter().filter(|report| report.stage == stage);
                of_stage.map(|report| (report.bytes, report.rows)).max()
            };
            let rows = converted.summary.balance.rows;
            assert_eq!(last(Stage::Convert), Some((total, rows)));
            ndjson_parquet_core::verify(&converter, sources, &converted.output).unwrap();
            let reports = seen.lock().unwrap();
            let last = reports.iter().map(|report| (report.bytes, report.rows)).max();
            assert_eq!(last, Some((total, rows)));
        }
    }
}

#[test]
fn a_panic_in_the_callers_code_is_an_error_and_leaves_nothing() {
    let place = Place::new();
    let converter = Converter::new()
        .with_threads(threads(2))
        .with_parquet(small_groups())
        .with_progress(|_| panic!("the caller's own defect"));
    let sink = Sink::file(place.path("out.parquet"));
    let error = converter.convert(source(20_000), sink).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert_eq!(place.names(), [""; 0]);
}

/// A writer that fails after some bytes.
struct Failing {
    left: usize,
}

impl Write for Failing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other("the disk is full"));
        }
        let taken = bytes.len().min(self.left).min(1000);
        self.left -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.left == 0 { Err(io::Error::other("the disk is full")) } else { Ok(()) }
    }
}

#[test]
fn a_writer_that_fails_at_any_byte_is_an_output_error() {
    let size = {
        let converted = convert(&Converter::new().with_parquet(small_groups()), source(5000));
        converted.unwrap().summary.bytes_out as usize
    };
    for step in 0..40 {
        let left = step * size / 40;
        let converter = Converter::new().with_parquet(small_groups()).with_threads(threads(2));
        let sink = Sink::writer("disk", Failing { left });
        let error = converter.convert(source(5000), sink).unwrap_err();
        let kinds = [ErrorKind::Output, ErrorKind::Parquet];
        assert!(kinds.contains(&error.kind()), "{left}: {:?} {error}", error.kind());
    }
    let sink = Sink::writer("disk", Failing { left: size + 1 });
    Converter::new().with_parquet(small_groups()).convert(source(5000), sink).unwrap();
}

#[test]
fn the_json_of_a_summary_has_the_balance_at_the_top() {
    let converted = convert_text(&Converter::new(), "{\"a\":1}\n");
    let found: Value = serde_json::from_str(&converted.summary.to_json()).unwrap();
    assert_eq!((found["lines"].as_u64(), found["rows"].as_u64()), (Some(1), Some(1)));
    assert_eq!(found["columns"][0]["path"], "a");
    assert_eq!(found["columns"][0]["type"], "int64");
}

#[test]
fn sources_and_the_quarantine_file_are_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let lines = "{\"a\":1}\nno JSON\n";
    std::fs::write(at("in.ndjson"), lines).unwrap();
    std::fs::create_dir(at("x")).unwrap();
    let around = folder.path().join("x/../in.ndjson");
    for (rejects, output) in [
        (at("bad.ndjson"), at("bad.ndjson")),
        (at("in.ndjson"), at("out.parquet")),
        (at("bad.ndjson"), around),
    ] {
        let converter = Converter::new()
            .with_on_error(ndjson_parquet_core::OnError::Quarantine)
            .with_rejects(&rejects);
        let sink = Sink::file(&output).with_overwrite(true);
        let error = converter.convert(vec![Source::path(at("in.ndjson"))], sink).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Schema, "{error}");
        assert_eq!(std::fs::read_to_string(at("in.ndjson")).unwrap(), lines);
        assert!(!at("bad.ndjson").exists() && !at("out.parquet").exists());
    }
}
