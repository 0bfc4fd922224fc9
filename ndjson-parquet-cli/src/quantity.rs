//! Numbers as people read them: thousands with commas, sizes in decimal units, plurals.

use indicatif::{DecimalBytes, HumanCount};

/// `12,665`.
pub(crate) fn count(number: u64) -> String {
    HumanCount(number).to_string()
}

/// `1 row`, `2 rows`.
pub(crate) fn plural(number: u64, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", count(number))
}

/// `3.91 MB`.
pub(crate) fn size(bytes: u64) -> String {
    DecimalBytes(bytes).to_string()
}

/// How many times `stored` fits into `plain`: `5.1`, or `0.25` where it got larger.
pub(crate) fn ratio(plain: u64, stored: u64) -> String {
    match plain as f64 / stored as f64 {
        _ if stored == 0 => "-".to_owned(),
        ratio if ratio < 1.0 => format!("{ratio:.2}"),
        ratio => format!("{ratio:.1}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular() {
        assert_eq!([0, 1, 2000].map(|n| plural(n, "row")), ["0 rows", "1 row", "2,000 rows"]);
    }

    #[test]
    fn a_ratio_below_one_keeps_its_digits() {
        assert_eq!([ratio(51, 10), ratio(1, 4), ratio(1, 0)], ["5.1", "0.25", "-"]);
    }
}
