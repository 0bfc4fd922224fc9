//! Values whose text is not of the column's plain form: numbers that need exact conversion, and
//! anything that a text column keeps as raw JSON.

use arrow_array::types::{ArrowPrimitiveType, Float64Type};

use super::context::Event;
use super::node::{Column, Fit, Node};
use super::notated::store_notated;
use super::primitive::PrimitiveColumn;
use super::walk::{Cursor, Slot, Walk, inferred_as};
use crate::json::fault::Fault;
use crate::json::number::{DecimalValue, Number, scan_number};
use crate::json::skip::skip_value;
use crate::json::string::{copy_string, skip_string};
use crate::json::temporal::{Timestamp, parse_date, parse_timestamp};

/// Stores the value at `slot` and gives the index after it, or `None` if the column cannot hold it
/// (then nothing was stored).
#[inline(always)]
pub(crate) fn store_unusual<W: Walk>(
    walk: W,
    node: &mut Node,
    slot: Slot,
    cursor: &mut Cursor<'_>,
) -> Result<Option<usize>, Fault> {
    let (block, at) = (cursor.block, slot.at);
    match block[at] {
        b'"' => match &mut node.column {
            Column::Utf8(_) => store_text(walk, node, slot, cursor),
            Column::Date32(_) | Column::Timestamp(_) => store_escaped(walk, node, slot, cursor),
            Column::Binary(_) | Column::Moment(_) | Column::Time(_) => {
                store_notated(walk, node, slot, cursor)
            }
            _ => Ok(None),
        },
        b'-' | b'0'..=b'9' if !is_text(&node.column) => {
            let number = scan_number(walk, block, at)?;
            Ok(store_number(node, &number, slot.row, cursor).then_some(number.end))
        }
        _ => store_text(walk, node, slot, cursor),
    }
}

/// Stores any value in a text column: a string as its text, anything else as its raw JSON.
#[inline(always)]
fn store_text<W: Walk>(
    walk: W,
    node: &mut Node,
    slot: Slot,
    cursor: &mut Cursor<'_>,
) -> Result<Option<usize>, Fault> {
    let (block, at) = (cursor.block, slot.at);
    if !is_text(&node.column) {
        return Ok(None);
    }
    let max_depth = cursor.context.policies.max_depth;
    let end = skip_value(walk, block, at, cursor.depth, max_depth)?;
    let fits = match node.fit {
        Fit::Given | Fit::Inferred => true,
        Fit::OnlyNulls => false,
        Fit::OnlyEmptyObjects => is_empty_object(&block[at..end]),
    };
    if !fits {
        return Ok(None);
    }
    let string = block[at] == b'"';
    let text = match &mut node.column {
        Column::Utf8(column) | Column::Utf8View(column) | Column::Dictionary(column) => {
            column.begin(slot.row)
        }
        Column::LargeUtf8(column) => column.begin(slot.row),
        _ => return Ok(None),
    };
    match string {
        true => _ = copy_string(walk, block, at + 1, text)?,
        false => text.extend_from_slice(&block[at..end]),
    }
    match &mut node.column {
        Column::Utf8(column) | Column::Utf8View(column) | Column::Dictionary(column) => {
            column.end();
        }
        Column::LargeUtf8(column) => column.end(),
        _ => return Ok(None),
    }
    if !string {
        cursor.context.event(node.id, Event::Widened);
    }
    Ok(Some(end))
}

/// Whether the column takes any value, as text.
#[inline(always)]
fn is_text(column: &Column) -> bool {
    matches!(
        column,
        Column::Utf8(_) | Column::LargeUtf8(_) | Column::Utf8View(_) | Column::Dictionary(_)
    )
}

fn is_empty_object(text: &[u8]) -> bool {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
    matches!(text, [b'{', inner @ .., b'}'] if inner.iter().all(blank))
}

/// Stores a date or timestamp that is written with escapes, or in a form that only a column of a
/// given type takes.
#[inline(always)]
fn store_escaped<W: Walk>(
    walk: W,
    node: &mut Node,
    slot: Slot,
    cursor: &mut Cursor<'_>,
) -> Result<Option<usize>, Fault> {
    let span = skip_string(walk, cursor.block, slot.at + 1)?;
    let mut text = Vec::new();
    copy_string(walk, cursor.block, slot.at + 1, &mut text)?;
    let truncate = cursor.context.policies.truncate_timestamps;
    let stored = match &mut node.column {
        Column::Date32(column) => parse_date(&text).map(|days| column.push(slot.row, days)),
        Column::Timestamp(column) => {
            let given = node.fit == Fit::Given;
            let parsed = parse_timestamp(&text).or_else(|| midnight(&text).filter(|_| given));
            parsed
                .filter(|timestamp| given || inferred_as(timestamp, column.has_zone()))
                .and_then(|timestamp| column.value_of(&timestamp, truncate))
                .map(|value| column.push(slot.row, value))
        }
        _ => None,
    };
    Ok(stored.map(|()| span.end + 1))
}

/// A date alone, read as its midnight.
fn midnight(text: &[u8]) -> Option<Timestamp> {
    parse_date(text).map(|days| Timestamp {
        seconds: i64::from(days) * 86_400,
        nanos: 0,
        fraction_digits: 0,
        offset_minutes: None,
        canonical: false,
    })
}

/// Stores `number` if the column holds it exactly (floats: correctly rounded); false otherwise.
fn store_number(node: &mut Node, number: &Number, row: usize, cursor: &mut Cursor<'_>) -> bool {
    let block = cursor.block;
    let inferred = node.fit != Fit::Given;
    match &mut node.column {
        Column::Int8(column) => store_signed(column, number, row, inferred),
        Column::Int16(column) => store_signed(column, number, row, inferred),
        Column::Int32(column) => store_signed(column, number, row, inferred),
        Column::Int64(column) => store_signed(column, number, row, inferred),
        Column::UInt8(column) => store_unsigned(column, number, row, inferred),
        Column::UInt16(column) => store_unsigned(column, number, row, inferred),
        Column::UInt32(column) => store_unsigned(column, number, row, inferred),
        Column::UInt64(column) => store_unsigned(column, number, row, inferred),
        Column::Float32(column) => {
            let Some(value) = number.to_f32(block) else { return false };
            column.push(row, value);
            // Nine digits tell any two 32-bit floats apart; an integer may need all of its own.
            let changed = number.integer && number.to_f64(block) != Some(f64::from(value));
            let tiny = value.abs() < f32::MIN_POSITIVE && number.mantissa != 0;
            if number.digits > 9 || changed || tiny {
                cursor.context.event(node.id, Event::Rounded);
            }
            true
        }
        Column::Float64(column) => {
            let inexact_integer = number.integer && !number.is_exact_f64(block);
            if (inferred && inexact_integer) || !store_float64(column, number, row, block) {
                return false;
            }
            if number.is_rounded_in_f64(block) || inexact_integer {
                cursor.context.event(node.id, Event::Rounded);
            }
            true
        }
        Column::Decimal128(column, precision, scale) => {
            let value = number.to_decimal(block, *precision, *scale);
            match value {
                DecimalValue::Exact(value) if number.integer || !inferred => {
                    column.push(row, value);
                    true
                }
                _ => false,
            }
        }
        Column::Decimal256(column, precision, scale) => {
            let value = number.to_decimal256(block, *precision, *scale);
            value.map(|value| column.push(row, value)).is_some()
        }
        Column::Moment(column) => {
            let truncate = cursor.context.policies.truncate_timestamps;
            column.push_number(row, number, truncate).is_some()
        }
        _ => false,
    }
}

fn store_signed<T>(
    column: &mut PrimitiveColumn<T>,
    number: &Number,
    row: usize,
    inferred: bool,
) -> bool
where
    T: ArrowPrimitiveType,
    T::Native: TryFrom<i64>,
{
    if inferred && !number.integer {
        return false;
    }
    let value = number.to_i64().and_then(|value| T::Native::try_from(value).ok());
    value.map(|value| column.push(row, value)).is_some()
}

fn store_unsigned<T>(
    column: &mut PrimitiveColumn<T>,
    number: &Number,
    row: usize,
    inferred: bool,
) -> bool
where
    T: ArrowPrimitiveType,
    T::Native: TryFrom<u64>,
{
    if inferred && !number.integer {
        return false;
    }
    let value = number.to_u64().and_then(|value| T::Native::try_from(value).ok());
    value.map(|value| column.push(row, value)).is_some()
}

fn store_float64(
    column: &mut PrimitiveColumn<Float64Type>,
    number: &Number,
    row: usize,
    block: &[u8],
) -> bool {
    number.to_f64(block).map(|value| column.push(row, value)).is_some()
}
