//! What inference remembers of the values at one path: which kinds were seen.
//!
//! A sketch is a set, and merging two is their union. That is why the order of lines, chunks and
//! files cannot change the types: union is commutative, associative and idempotent. The types are
//! read off at the end by [`Sketch::resolve`].

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields as ArrowFields, Schema, TimeUnit};

use super::HintNode;
use super::kind::Kind;
use super::record::{Evidence, Record};
use crate::decode::node::Fit;
use crate::fields::Fields;

/// The kinds of values seen at one path, and the sketches of what lies below it.
///
/// Memory: about 150 bytes a path, and where there are records, as much for each kind seen there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sketch {
    pub(crate) seen: Seen,
    /// Most digits of an integer outside Int64, of up to 38 digits; 0 if there was none.
    pub(crate) digits: u8,
    pub(crate) fields: Fields<Sketch>,
    pub(crate) element: Option<Box<Sketch>>,
    /// How often each kind was seen and where first, if that is wanted.
    pub(crate) record: Option<Box<Record>>,
    /// The user gave the type: nothing below is looked at.
    given: bool,
    /// The user said something about parts of it, and so whether it is a list or a struct.
    shaped: bool,
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen(u32);

impl Seen {
    pub(crate) const NULL: Self = Self(1);
    pub(crate) const BOOLEAN: Self = Self(1 << 1);
    /// An integer within Int64.
    pub(crate) const INTEGER: Self = Self(1 << 2);
    /// An integer below zero.
    pub(crate) const NEGATIVE: Self = Self(1 << 3);
    /// An integer above Int64 and within UInt64.
    pub(crate) const UNSIGNED: Self = Self(1 << 4);
    /// An integer outside both, of up to 38 digits.
    pub(crate) const BIG: Self = Self(1 << 5);
    /// An integer of more than 38 digits.
    pub(crate) const HUGE: Self = Self(1 << 6);
    /// An integer that a 64-bit float does not hold exactly.
    pub(crate) const INEXACT: Self = Self(1 << 7);
    /// A number with a fraction or an exponent.
    pub(crate) const FLOAT: Self = Self(1 << 8);
    /// A number with a fraction or an exponent that is too large for a 64-bit float.
    pub(crate) const OVERFLOW: Self = Self(1 << 9);
    pub(crate) const DATE: Self = Self(1 << 10);
    /// A timestamp without offset.
    pub(crate) const LOCAL: Self = Self(1 << 11);
    /// A timestamp with offset.
    pub(crate) const INSTANT: Self = Self(1 << 12);
    /// Any other string.
    pub(crate) const TEXT: Self = Self(1 << 13);
    pub(crate) const OBJECT: Self = Self(1 << 14);
    /// `{}`.
    pub(crate) const EMPTY_OBJECT: Self = Self(1 << 15);
    pub(crate) const ARRAY: Self = Self(1 << 16);
    /// An object or array too deep to become columns ([`MAX_COLUMN_DEPTH`](crate::MAX_COLUMN_DEPTH)).
    pub(crate) const DEEP: Self = Self(1 << 17);

    const INTEGERS: Self = Self(
        Self::INTEGER.0
            | Self::NEGATIVE.0
            | Self::UNSIGNED.0
            | Self::BIG.0
            | Self::HUGE.0
            | Self::INEXACT.0,
    );
    const NUMBERS: Self = Self(Self::INTEGERS.0 | Self::FLOAT.0 | Self::OVERFLOW.0);
    const TEMPORAL: Self = Self(Self::DATE.0 | Self::LOCAL.0 | Self::INSTANT.0);
    const OBJECTS: Self = Self(Self::OBJECT.0 | Self::EMPTY_OBJECT.0);

    #[inline(always)]
    pub(crate) fn has(self, kinds: Self) -> bool {
        self.0 & kinds.0 == kinds.0
    }

    fn has_any(self, kinds: Self) -> bool {
        self.0 & kinds.0 != 0
    }

    /// Whether all kinds but null are among `kinds`.
    fn only(self, kinds: Self) -> bool {
        self.0 & !(kinds.0 | Self::NULL.0) == 0
    }

    /// The union. Text makes it moot which other strings there were, so they are dropped and equal
    /// sets stay equal.
    #[inline(always)]
    pub(crate) fn with(self, kinds: Self) -> Self {
        let union = self.0 | kinds.0;
        if union & Self::TEXT.0 != 0 { Self(union & !Self::TEMPORAL.0) } else { Self(union) }
    }
}

impl Sketch {
    /// The sketch of a path whose type the user gave.
    pub(crate) fn given() -> Self {
        Self { given: true, ..Self::default() }
    }

    /// The sketch of a path of which the user gave the type of some parts.
    pub(crate) fn shaped() -> Self {
        Self { shaped: true, ..Self::default() }
    }

    pub(crate) fn is_shaped(&self) -> bool {
        self.shaped
    }

    pub(crate) fn is_given(&self) -> bool {
        self.given
    }

    /// The sketch of a path that `record` tells all of, of inference that was `temporal` or not.
    pub(crate) fn of_record(record: Record, digits: u8, temporal: bool) -> Self {
        let kinds = || record.kinds().map(|(kind, _)| kind);
        let seen = kinds().fold(Seen::default(), |seen, kind| seen.with(kind.seen(temporal)));
        let given = kinds().any(|kind| kind == Kind::Hinted);
        Self { seen, digits, given, record: Some(Box::new(record)), ..Self::default() }
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Sketch> {
        self.fields.position(name).map(|index| self.fields.value(index))
    }

    pub(crate) fn field_mut(&mut self, name: &str) -> Option<&mut Sketch> {
        self.fields.position(name).map(|index| self.fields.value_mut(index))
    }

    pub(crate) fn element(&self) -> Option<&Sketch> {
        self.element.as_deref()
    }

    /// Paths below this one.
    pub(crate) fn columns(&self) -> usize {
        let fields = self.fields.iter().map(|(_, field)| 1 + field.columns());
        fields.sum::<usize>() + self.element.as_ref().map_or(0, |element| 1 + element.columns())
    }

    /// The union of both. Fields of `self` come first: merge in the order of the input.
    pub(crate) fn merge(&mut self, other: &Sketch) {
        self.seen = self.seen.with(other.seen);
        self.digits = self.digits.max(other.digits);
        if let Some(record) = &other.record {
            self.record.get_or_insert_default().merge(record);
        }
        self.given |= other.given;
        self.shaped |= other.shaped;
        for (name, field) in other.fields.iter() {
            match self.fields.position(name) {
                Some(index) => self.fields.value_mut(index).merge(field),
                None => drop(self.fields.push(name, field.clone())),
            }
        }
        if let Some(other) = &other.element {
            self.element.get_or_insert_default().merge(other);
        }
    }

    /// What was recorded `lines` lines further up in its source stands where it does.
    pub(crate) fn move_lines(&mut self, lines: u64) {
        if let Some(record) = &mut self.record {
            record.move_lines(lines);
        }
        self.fields.values_mut().for_each(|field| field.move_lines(lines));
        if let Some(element) = &mut self.element {
            element.move_lines(lines);
        }
    }

    /// Puts the fields in the order of their first appearance, as the records tell it: by source, line
    /// and byte.
    pub(crate) fn sort_by_appearance(&mut self) {
        // What has no record comes last.
        self.fields.sort_by(|a, b| match (a.first(), b.first()) {
            (Some(a), Some(b)) => a.place().cmp(&b.place()),
            (a, b) => a.is_none().cmp(&b.is_none()),
        });
        self.fields.values_mut().for_each(Self::sort_by_appearance);
        if let Some(element) = &mut self.element {
            element.sort_by_appearance();
        }
    }

    /// Where the path was first seen, if that was recorded.
    pub(crate) fn first(&self) -> Option<&Evidence> {
        self.record.as_ref()?.first()
    }

    /// This sketch of a sample with what `full`, a sketch of all, has to add: more fields if
    /// `evolve`, wider types if `widen`.
    pub(crate) fn adopt(&self, full: &Sketch, evolve: bool, widen: bool) -> Sketch {
        if evolve && widen {
            return full.clone();
        }
        let mut adopted = self.clone();
        if widen {
            (adopted.seen, adopted.digits) = (full.seen, full.digits);
        }
        for (name, full) in full.fields.iter() {
            match adopted.fields.position(name) {
                Some(index) => {
                    let field = adopted.fields.value_mut(index);
                    *field = field.adopt(full, evolve, widen);
                }
                None if evolve => drop(adopted.fields.push(name, full.clone())),
                None => {}
            }
        }
        adopted.element = match (&self.element, &full.element) {
            (Some(sample), Some(full)) => Some(Box::new(sample.adopt(full, evolve, widen))),
            (None, Some(full)) if widen => Some(full.clone()),
            (sample, _) => sample.clone(),
        };
        adopted
    }

    /// The schema of the lines whose root this is, or `None` if no line had a field and no hint
    /// names one.
    pub(crate) fn resolve_schema(&self, hints: &HintNode) -> Option<Schema> {
        let fields = self.resolve_fields(Some(hints));
        (!fields.is_empty()).then(|| Schema::new(fields))
    }

    fn resolve_fields(&self, hint: Option<&HintNode>) -> ArrowFields {
        let mut fields: Vec<Arc<Field>> = Vec::with_capacity(self.fields.len());
        for (name, field) in self.fields.iter() {
            let field = field.resolve(name, hint.and_then(|hint| hint.field(name)));
            fields.push(Arc::new(field));
        }
        for (name, hint) in hint.into_iter().flat_map(HintNode::fields) {
            if self.fields.position(name).is_none() {
                fields.push(Arc::new(hint.to_field(name)));
            }
        }
        fields.into()
    }

    /// The field `name` that holds every value seen; `hint` is what the user says about the path.
    pub(crate) fn resolve(&self, name: &str, hint: Option<&HintNode>) -> Field {
        let Some(hint) = hint else { return Field::new(name, self.resolve_type(), true) };
        if hint.data_type().is_some() {
            return hint.to_field(name);
        }
        if let Some(element) = hint.element() {
            let item = Field::LIST_FIELD_DEFAULT_NAME;
            let sketch = self.element.as_deref();
            let element =
                sketch.map_or_else(|| element.to_field(item), |s| s.resolve(item, Some(element)));
            return Field::new_list(name, element, true);
        }
        Field::new(name, DataType::Struct(self.resolve_fields(Some(hint))), true)
    }

    /// The type that holds every value seen, of which the user says nothing.
    fn resolve_type(&self) -> DataType {
        let seen = self.seen;
        if seen.has(Seen::OBJECT) && seen.only(Seen::OBJECTS) {
            return DataType::Struct(self.resolve_fields(None));
        }
        if seen.has(Seen::ARRAY) && seen.only(Seen::ARRAY) {
            let element = self.element.as_ref().map_or(DataType::Utf8, |e| e.resolve_type());
            return DataType::new_list(element, true);
        }
        self.resolve_scalar()
    }

    fn resolve_scalar(&self) -> DataType {
        let seen = self.seen;
        if seen.only(Seen::default()) {
            return DataType::Utf8;
        }
        if seen.only(Seen::BOOLEAN) {
            return DataType::Boolean;
        }
        if seen.only(Seen::NUMBERS) {
            return self.resolve_number();
        }
        if seen.only(Seen::DATE) {
            return DataType::Date32;
        }
        if seen.only(Seen::LOCAL) {
            return DataType::Timestamp(TimeUnit::Microsecond, None);
        }
        if seen.only(Seen::INSTANT) {
            return DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        }
        DataType::Utf8
    }

    fn resolve_number(&self) -> DataType {
        let seen = self.seen;
        if seen.has_any(Seen::HUGE) || seen.has_any(Seen::OVERFLOW) {
            return DataType::Utf8;
        }
        if seen.has(Seen::FLOAT) {
            let exact = !seen.has(Seen::INEXACT);
            return if exact { DataType::Float64 } else { DataType::Utf8 };
        }
        if seen.has(Seen::BIG) || seen.has(Seen::UNSIGNED.with(Seen::NEGATIVE)) {
            return DataType::Decimal128(self.digits, 0);
        }
        if seen.has(Seen::UNSIGNED) { DataType::UInt64 } else { DataType::Int64 }
    }

    /// Which values leave the type that [`Self::resolve_type`] gives as it is.
    pub(crate) fn fit(&self) -> Fit {
        if self.given || self.shaped {
            Fit::Given
        } else if self.seen.only(Seen::default()) {
            Fit::OnlyNulls
        } else if self.seen.only(Seen::EMPTY_OBJECT) {
            Fit::OnlyEmptyObjects
        } else {
            Fit::Inferred
        }
    }
}

/// Equal as sets: the order of fields and what was learnt about keys do not matter.
impl PartialEq for Sketch {
    fn eq(&self, other: &Self) -> bool {
        let fields =
            |(name, field): (&str, &Sketch)| other.field(name).is_some_and(|other| other == field);
        self.seen == other.seen
            && self.digits == other.digits
            && self.given == other.given
            && self.shaped == other.shaped
            && self.element == other.element
            && self.fields.len() == other.fields.len()
            && self.fields.iter().all(fields)
    }
}
