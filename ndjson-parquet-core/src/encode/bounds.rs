//! The smallest and the largest value of a page or column chunk, as Parquet's statistics want
//! them (<https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift>,
//! `ColumnOrder`).

/// A value in the order of its column.
pub(super) trait Bound: Clone {
    fn is_less(&self, other: &Self) -> bool;

    /// The value in the plain encoding, or something shorter that is not greater; whether it is
    /// the value itself.
    fn lower(&self) -> (Vec<u8>, bool);

    /// The value in the plain encoding, or something shorter that is not less; whether it is the
    /// value itself. `None` where there is nothing shorter.
    fn upper(&self) -> Option<(Vec<u8>, bool)>;

    /// The values that [`lower`](Self::lower) of `min` and [`upper`](Self::upper) of `max` stand for.
    fn stored(bounds: &Bounds<Self>) -> Bounds<Self> {
        bounds.clone()
    }
}

/// The least and the greatest of some values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bounds<B> {
    pub(super) min: B,
    pub(super) max: B,
}

impl<B: Bound> Bounds<B> {
    pub(super) fn merge(&mut self, other: &Self) {
        if other.min.is_less(&self.min) {
            self.min = other.min.clone();
        }
        if self.max.is_less(&other.max) {
            self.max = other.max.clone();
        }
    }

    /// Whether neither bound of `later` is less.
    pub(super) fn ascend_to(&self, later: &Self) -> bool {
        !later.min.is_less(&self.min) && !later.max.is_less(&self.max)
    }
}

/// The beginning of a string: enough to order strings, up to [`MAX_BOUND_BYTES`], by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TextBound {
    bytes: Vec<u8>,
    cut: Cut,
}

/// Where a long string may be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// It is text, and what remains is.
    BetweenCharacters,
    /// It is bytes.
    Anywhere,
}

/// Bytes that a bound of strings may have at most, as in most Parquet writers.
pub(super) const MAX_BOUND_BYTES: usize = 64;

impl TextBound {
    /// Keeps one byte more than a bound has: it tells a string that goes on from one that ends,
    /// and whether a character ends before it.
    fn new(text: &[u8], cut: Cut) -> Self {
        Self { bytes: text[..text.len().min(MAX_BOUND_BYTES + 1)].to_vec(), cut }
    }

    /// The same as a new one, in the memory of this one.
    fn replace(&mut self, text: &[u8]) {
        self.bytes.clear();
        self.bytes.extend_from_slice(text);
    }
}

/// Finds the bounds of strings. Most strings lie between those seen before, which their first
/// eight bytes mostly tell.
#[derive(Debug)]
pub(super) struct TextBounds {
    cut: Cut,
    bounds: Option<Bounds<TextBound>>,
    min_key: u64,
    max_key: u64,
}

impl TextBounds {
    pub(super) fn new(cut: Cut) -> Self {
        Self { cut, bounds: None, min_key: 0, max_key: 0 }
    }

    pub(super) fn add(&mut self, text: &[u8]) {
        let key = first_eight(text);
        if self.min_key < key && key < self.max_key {
            return;
        }
        let text = &text[..text.len().min(MAX_BOUND_BYTES + 1)];
        match &mut self.bounds {
            None => {
                let bound = TextBound::new(text, self.cut);
                self.bounds = Some(Bounds { min: bound.clone(), max: bound });
                (self.min_key, self.max_key) = (key, key);
            }
            Some(bounds) if text < bounds.min.bytes.as_slice() => {
                bounds.min.replace(text);
                self.min_key = key;
            }
            Some(bounds) if text > bounds.max.bytes.as_slice() => {
                bounds.max.replace(text);
                self.max_key = key;
            }
            Some(_) => {}
        }
    }

    pub(super) fn take(&mut self) -> Option<Bounds<TextBound>> {
        (self.min_key, self.max_key) = (0, 0);
        self.bounds.take()
    }
}

/// The first eight bytes as a number in the order of strings.
fn first_eight(text: &[u8]) -> u64 {
    match text.first_chunk() {
        Some(first) => u64::from_be_bytes(*first),
        None => text.iter().rev().fold(0, |key, byte| key >> 8 | u64::from(*byte) << 56),
    }
}

impl Bound for TextBound {
    fn is_less(&self, other: &Self) -> bool {
        self.bytes < other.bytes
    }

    fn stored(bounds: &Bounds<Self>) -> Bounds<Self> {
        let of = |bytes| Self { bytes, cut: bounds.max.cut };
        let max = bounds.max.upper().map_or_else(|| bounds.max.clone(), |(max, _)| of(max));
        Bounds { min: of(bounds.min.lower().0), max }
    }

    fn lower(&self) -> (Vec<u8>, bool) {
        let end = match self.cut {
            _ if self.bytes.len() <= MAX_BOUND_BYTES => return (self.bytes.clone(), true),
            Cut::BetweenCharacters => character_start(&self.bytes, MAX_BOUND_BYTES),
            Cut::Anywhere => MAX_BOUND_BYTES,
        };
        (self.bytes[..end].to_vec(), false)
    }

    fn upper(&self) -> Option<(Vec<u8>, bool)> {
        match self.cut {
            _ if self.bytes.len() <= MAX_BOUND_BYTES => Some((self.bytes.clone(), true)),
            Cut::BetweenCharacters => Some((raised_text(&self.bytes)?, false)),
            Cut::Anywhere => Some((raised_bytes(&self.bytes[..MAX_BOUND_BYTES])?, false)),
        }
    }
}

/// The last character that has a successor of the same length is raised, and all after it cut off.
fn raised_text(text: &[u8]) -> Option<Vec<u8>> {
    let mut end = character_start(text, MAX_BOUND_BYTES);
    while end > 0 {
        let start = character_start(text, end - 1);
        if let Some(next) = successor(&text[start..end]) {
            let mut bound = text[..start].to_vec();
            bound.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(bound);
        }
        end = start;
    }
    None
}

/// The next number, with the highest byte first, of as many bytes.
fn raised_bytes(bytes: &[u8]) -> Option<Vec<u8>> {
    let last = bytes.iter().rposition(|byte| *byte < u8::MAX)?;
    let mut bound = bytes[..=last].to_vec();
    bound[last] += 1;
    bound.resize(bytes.len(), 0);
    Some(bound)
}

/// Where the character of byte `at` begins.
fn character_start(text: &[u8], at: usize) -> usize {
    (0..=at).rev().find(|&i| text[i] & 0xc0 != 0x80).unwrap_or(0)
}

/// The next character that takes as many bytes as the one given.
fn successor(character: &[u8]) -> Option<char> {
    let character = std::str::from_utf8(character).ok()?.chars().next()?;
    let next = match character {
        '\u{d7ff}' => '\u{e000}',
        _ => char::from_u32(u32::from(character) + 1)?,
    };
    (next.len_utf8() == character.len_utf8()).then_some(next)
}

impl Bound for bool {
    fn is_less(&self, other: &Self) -> bool {
        self < other
    }

    fn lower(&self) -> (Vec<u8>, bool) {
        (vec![u8::from(*self)], true)
    }

    fn upper(&self) -> Option<(Vec<u8>, bool)> {
        Some(self.lower())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text_bound(text: &str) -> TextBound {
        TextBound::new(text.as_bytes(), Cut::BetweenCharacters)
    }

    #[test]
    fn long_bytes_are_cut_anywhere_and_raised_as_numbers() {
        let bound = |bytes: &[u8]| TextBound::new(bytes, Cut::Anywhere);
        let mut bytes = vec![0xc3; 63];
        bytes.extend([0xff, 0xa9, 1]);
        let mut raised = vec![0xc3; 62];
        raised.extend([0xc4, 0]);
        assert_eq!(bound(&bytes).lower(), (bytes[..64].to_vec(), false));
        assert_eq!(bound(&bytes).upper(), Some((raised, false)));
        assert_eq!(bound(&[0xff; 65]).upper(), None);
        assert_eq!(bound(&[0xff; 64]).upper(), Some((vec![0xff; 64], true)));
    }

    #[test]
    fn short_strings_bound_themselves() {
        let text = "é".repeat(32);
        let bound = text_bound(&text);
        assert_eq!(bound.lower(), (text.clone().into_bytes(), true));
        assert_eq!(bound.upper(), Some((text.into_bytes(), true)));
    }

    #[test]
    fn long_strings_are_cut_between_characters() {
        // 63 bytes, then a character of two.
        let text = format!("{}é more", "a".repeat(63));
        let bound = text_bound(&text);
        assert_eq!(bound.lower(), ("a".repeat(63).into_bytes(), false));
        assert_eq!(bound.upper(), Some((format!("{}b", "a".repeat(62)).into_bytes(), false)));
    }

    #[test]
    fn what_has_no_successor_is_cut_off() {
        let text = format!("a{}", "\u{10ffff}".repeat(40));
        assert_eq!(text_bound(&text).upper(), Some((b"b".to_vec(), false)));
        let text = "\u{10ffff}".repeat(40);
        assert_eq!(text_bound(&text).upper(), None);
        let text = "\u{d7ff}".repeat(40);
        let (upper, _) = text_bound(&text).upper().unwrap();
        assert_eq!(upper, format!("{}\u{e000}", "\u{d7ff}".repeat(20)).into_bytes());
    }

    proptest! {
        #[test]
        fn the_bounds_of_many_strings_are_those_of_their_least_and_greatest(
            texts in proptest::collection::vec("[ab\u{0}é]{0,12}", 1..30),
        ) {
            let mut bounds = TextBounds::new(Cut::BetweenCharacters);
            texts.iter().for_each(|text| bounds.add(text.as_bytes()));
            let Bounds { min, max } = bounds.take().unwrap();
            prop_assert_eq!(min.lower().0, texts.iter().min().unwrap().as_bytes());
            prop_assert_eq!(max.upper().unwrap().0, texts.iter().max().unwrap().as_bytes());
            prop_assert!(bounds.take().is_none());
        }

        #[test]
        fn bounds_of_strings_hold(text in "[a\u{7f}é\u{7ff}\u{d7ff}\u{ffff}\u{10ffff}]{0,80}") {
            let bound = text_bound(&text);
            let (lower, is_exact) = bound.lower();
            prop_assert!(lower.as_slice() <= text.as_bytes() && std::str::from_utf8(&lower).is_ok());
            prop_assert_eq!(is_exact, lower == text.as_bytes());
            if let Some((upper, is_exact)) = bound.upper() {
                prop_assert!(text.as_bytes() <= upper.as_slice());
                prop_assert!(upper.len() <= MAX_BOUND_BYTES && std::str::from_utf8(&upper).is_ok());
                prop_assert_eq!(is_exact, upper == text.as_bytes());
            }
        }
    }
}
