//! Numbers of bytes as people write them: `4096`, `500k`, `64MiB`, `1.5GB`.
//!
//! An `i` means powers of 1024 and nothing else does: `1KiB` is 1024, `1KB`, `1K` and `1k` are 1000.

use ndjson_parquet_core::{MIN_MEMORY_LIMIT, MIN_ROW_GROUP_BYTES};

/// What the help says about values of this kind.
pub(crate) const HELP: &str = "BYTES is a number, alone or with a unit: KiB, MiB, GiB, TiB are \
                               powers of 1024; KB, MB, GB, TB and K, M, G, T powers of 1000.";

/// Reads a number of bytes.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    exact(text).ok_or_else(|| {
        format!(
            "expected bytes such as 4096, 500k, 64MiB or 1.5GB, found `{}`",
            text.escape_debug()
        )
    })
}

/// Reads a number of bytes that is not 0.
pub(crate) fn parse_some(text: &str) -> Result<u64, String> {
    at_least(1, text)
}

/// Reads a number of bytes that fit into memory and are not 0.
pub(crate) fn parse_usize(text: &str) -> Result<usize, String> {
    parse_some(text)?.try_into().map_err(|_| format!("expected fewer bytes, found `{text}`"))
}

/// Reads a memory limit, which has a minimum.
pub(crate) fn parse_memory_limit(text: &str) -> Result<u64, String> {
    at_least(MIN_MEMORY_LIMIT, text)
}

/// Reads the size of a row group, which has a minimum.
pub(crate) fn parse_row_group(text: &str) -> Result<u64, String> {
    at_least(MIN_ROW_GROUP_BYTES, text)
}

/// Writes a number of bytes so that [`parse`] reads it back, in the largest binary unit that
/// divides it.
pub(crate) fn format(bytes: u64) -> String {
    let exponent = (bytes.trailing_zeros() / 10).min(4) as usize;
    match (bytes, exponent) {
        (0, _) | (_, 0) => bytes.to_string(),
        _ => format!("{}{}iB", bytes >> (10 * exponent), &"KMGT"[exponent - 1..exponent]),
    }
}

fn at_least(least: u64, text: &str) -> Result<u64, String> {
    match parse(text)? {
        bytes if bytes < least => {
            Err(format!("expected at least {}, found `{text}`", format(least)))
        }
        bytes => Ok(bytes),
    }
}

fn exact(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = factor(unit)?;
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) if unit_allows_fraction(unit) => (whole, fraction),
        Some(_) => return None,
        None => (number, "0"),
    };
    // 18 digits behind the point are more than any unit has bytes; they keep the product in range.
    if fraction.is_empty() || fraction.len() > 18 || fraction.contains('.') {
        return None;
    }
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let part = fraction.parse::<u128>().ok()? * factor / scale;
    let whole = u128::from(whole.parse::<u64>().ok()?) * factor;
    u64::try_from(whole + part).ok()
}

fn unit_allows_fraction(unit: &str) -> bool {
    !matches!(unit.trim_start(), "" | "B" | "b")
}

fn factor(unit: &str) -> Option<u128> {
    let unit = unit.strip_prefix(' ').unwrap_or(unit).to_ascii_lowercase();
    let unit = unit.as_str();
    if matches!(unit, "" | "b") {
        return Some(1);
    }
    let (letter, base) = match (unit.strip_suffix("ib"), unit.strip_suffix('b')) {
        (Some(letter), _) => (letter, 1024_u128),
        (None, Some(letter)) => (letter, 1000),
        (None, None) => (unit, 1000),
    };
    let exponent = match letter {
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return None,
    };
    Some(base.pow(exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_i_means_1024_and_nothing_else_does() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("12B", 12),
            ("500k", 500_000),
            ("500K", 500_000),
            ("1KB", 1000),
            ("1kb", 1000),
            ("1KiB", 1024),
            ("64MiB", 64 << 20),
            ("64 MiB", 64 << 20),
            ("2M", 2_000_000),
            ("1GB", 1_000_000_000),
            ("1GiB", 1 << 30),
            ("3g", 3_000_000_000),
            ("2TiB", 2 << 40),
            ("1T", 1_000_000_000_000),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn fractions_of_a_unit_are_exact() {
        for (text, bytes) in [
            ("1.5KiB", 1536),
            ("0.5k", 500),
            ("1.25GB", 1_250_000_000),
            ("0.1MiB", 104_857),
            ("9.007199254740993TB", 9_007_199_254_740),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn anything_else_is_an_error_that_shows_examples() {
        for text in [
            "",
            " ",
            "-1",
            "+1",
            "1e6",
            "1.5",
            "1.5B",
            ".5k",
            "5.k",
            "1.2.3k",
            "k",
            "1 2",
            "1kk",
            "1i",
            "1PB",
            "0x10",
            "1_000",
            "99999999999TB",
            "18446744073709551616",
            "1\u{1b}[2J",
            "0.0000000000000000001k",
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains("64MiB") && !error.contains('\u{1b}'), "{text}: {error}");
        }
    }

    #[test]
    fn a_size_below_the_minimum_is_an_error() {
        assert_eq!(parse_memory_limit("96MiB"), Ok(96 << 20));
        let error = parse_memory_limit("96MB").unwrap_err();
        assert_eq!(error, "expected at least 96MiB, found `96MB`");
        assert!(parse_row_group("1k").is_err());
    }

    #[test]
    fn what_is_written_reads_back() {
        for (bytes, text) in [
            (0, "0"),
            (1000, "1000"),
            (1024, "1KiB"),
            (1536, "1536"),
            (96 << 20, "96MiB"),
            (1 << 40, "1TiB"),
            (1 << 50, "1024TiB"),
        ] {
            assert_eq!(format(bytes), text);
            assert_eq!(parse(text), Ok(bytes));
        }
    }
}
