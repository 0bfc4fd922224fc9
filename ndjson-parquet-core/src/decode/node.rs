//! The schema compiled to what the walker follows: one node a column, with the column's buffers.

use arrow_array::types::*;
use arrow_array::{Array, ArrayRef};
use arrow_schema::{ArrowError, DataType, Field, Fields as ArrowFields, Schema};

use super::binary::{BinaryColumn, Encoding};
use super::context::{NO_NODE, RowContext};
use super::map::MapColumn;
use super::moments::{MomentColumn, MomentNotation};
use super::nested::{ListColumn, StructColumn};
use super::primitive::{BooleanColumn, PrimitiveColumn};
use super::temporal::TimestampColumn;
use super::text::TextColumn;
use super::time::TimeColumn;
use crate::error::{Error, ErrorKind, Result};
use crate::fields::Fields;
use crate::json::path::{MAP_STEP, push_key};
use crate::schema::sketch::Sketch;
use crate::schema::{Notation, format_field_type, map_value};

/// One column, or one level of a nested column.
#[derive(Debug)]
pub(crate) struct Node {
    /// Position in preorder: indexes the counts.
    pub(crate) id: u32,
    /// One past the id of the last node below this one.
    pub(crate) end: u32,
    pub(crate) nullable: bool,
    pub(crate) fit: Fit,
    /// Rows that the column has, counted here as well, because every field asks for them and the
    /// column's type would have to be found first. Not kept for the elements of a list.
    pub(crate) filled: usize,
    /// Path with `[]` for each list on the way.
    pub(crate) path: Box<str>,
    pub(crate) column: Column,
}

/// Which values a node takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Whatever the column's type can hold without loss: the user gave the type.
    Given,
    /// Only what would not change the inferred type.
    Inferred,
    /// Inferred as text from nothing but nulls: any value decides the type anew.
    OnlyNulls,
    /// Inferred as text from nothing but `{}`: any field decides the type anew.
    OnlyEmptyObjects,
}

/// A tag of its own, because finding the one hidden in a capacity takes six instructions a value.
#[derive(Debug)]
#[repr(u8)]
pub(crate) enum Column {
    Boolean(BooleanColumn),
    Int8(PrimitiveColumn<Int8Type>),
    Int16(PrimitiveColumn<Int16Type>),
    Int32(PrimitiveColumn<Int32Type>),
    Int64(PrimitiveColumn<Int64Type>),
    UInt8(PrimitiveColumn<UInt8Type>),
    UInt16(PrimitiveColumn<UInt16Type>),
    UInt32(PrimitiveColumn<UInt32Type>),
    UInt64(PrimitiveColumn<UInt64Type>),
    Float32(PrimitiveColumn<Float32Type>),
    Float64(PrimitiveColumn<Float64Type>),
    Decimal128(PrimitiveColumn<Decimal128Type>, u8, i8),
    Decimal256(PrimitiveColumn<Decimal256Type>, u8, i8),
    Utf8(TextColumn<i32>),
    LargeUtf8(TextColumn<i64>),
    Utf8View(TextColumn<i32>),
    /// Encoded when it is finished.
    Dictionary(TextColumn<i32>),
    /// Any value as the text that it has.
    Json(TextColumn<i32>),
    Binary(BinaryColumn),
    Date32(PrimitiveColumn<Date32Type>),
    Timestamp(TimestampColumn),
    Moment(Box<MomentColumn>),
    Time(TimeColumn),
    List(Box<ListColumn>),
    Map(Box<MapColumn>),
    Struct(Box<StructColumn>),
}

/// Runs `$body` on the column inside, whatever its type.
macro_rules! each_column {
    ($column:expr, $inner:ident => $body:expr) => {
        match $column {
            Column::Boolean($inner) => $body,
            Column::Int8($inner) => $body,
            Column::Int16($inner) => $body,
            Column::Int32($inner) => $body,
            Column::Int64($inner) => $body,
            Column::UInt8($inner) => $body,
            Column::UInt16($inner) => $body,
            Column::UInt32($inner) => $body,
            Column::UInt64($inner) => $body,
            Column::Float32($inner) => $body,
            Column::Float64($inner) => $body,
            Column::Decimal128($inner, ..) => $body,
            Column::Decimal256($inner, ..) => $body,
            Column::Utf8($inner) | Column::Utf8View($inner) => $body,
            Column::Dictionary($inner) | Column::Json($inner) => $body,
            Column::Binary($inner) => $body,
            Column::Moment($inner) => $body,
            Column::Time($inner) => $body,
            Column::Map($inner) => $body,
            Column::LargeUtf8($inner) => $body,
            Column::Date32($inner) => $body,
            Column::Timestamp($inner) => $body,
            Column::List($inner) => $body,
            Column::Struct($inner) => $body,
        }
    };
}

impl Node {
    pub(crate) fn truncate(&mut self, rows: usize) {
        self.filled = self.filled.min(rows);
        each_column!(&mut self.column, column => column.truncate(rows))
    }

    /// Appends nulls until there are `rows` rows.
    pub(crate) fn pad(&mut self, rows: usize) {
        self.filled = self.filled.max(rows);
        each_column!(&mut self.column, column => column.pad(rows))
    }

    /// The column as an array of `rows` rows, of which `slots` could have held a value (the others
    /// lie below a null).
    pub(crate) fn finish(
        &mut self,
        rows: usize,
        slots: usize,
        context: &mut RowContext,
    ) -> Result<ArrayRef, ArrowError> {
        self.pad(rows);
        self.filled = 0;
        let array: ArrayRef = match &mut self.column {
            Column::Struct(column) => column.finish(rows, context)?,
            Column::List(column) => column.finish(context)?,
            Column::Map(column) => column.finish(context)?,
            Column::Utf8View(column) => column.finish_view(),
            Column::Dictionary(column) => column.finish_dictionary(),
            Column::Boolean(column) => column.finish(),
            Column::Int8(column) => column.finish(),
            Column::Int16(column) => column.finish(),
            Column::Int32(column) => column.finish(),
            Column::Int64(column) => column.finish(),
            Column::UInt8(column) => column.finish(),
            Column::UInt16(column) => column.finish(),
            Column::UInt32(column) => column.finish(),
            Column::UInt64(column) => column.finish(),
            Column::Float32(column) => column.finish(),
            Column::Float64(column) => column.finish(),
            Column::Decimal128(column, ..) => column.finish(),
            Column::Decimal256(column, ..) => column.finish(),
            Column::Utf8(column) | Column::Json(column) => column.finish(),
            Column::LargeUtf8(column) => column.finish(),
            Column::Binary(column) => column.finish(),
            Column::Date32(column) => column.finish(),
            Column::Timestamp(column) => column.finish(),
            Column::Moment(column) => column.finish(),
            Column::Time(column) => column.finish(),
        };
        let counts = &mut context.columns[self.id as usize];
        counts.present += (rows - array.null_count()) as u64;
        counts.slots += slots as u64;
        Ok(array)
    }

    /// Appends path and type of this column and of those below it, in preorder.
    pub(crate) fn describe(&self, field: &Field, columns: &mut Vec<(String, String)>) {
        columns.push((self.path.to_string(), format_field_type(field)));
        match &self.column {
            Column::Struct(column) => column.describe(columns),
            Column::List(column) => column.element.describe(&column.element_field, columns),
            Column::Map(column) => {
                column.value_field().into_iter().for_each(|f| column.value.describe(f, columns));
            }
            _ => {}
        }
    }

    /// The type that the column wants, in words.
    pub(crate) fn expected(&self) -> String {
        let expected = match &self.column {
            Column::Struct(_) | Column::Map(_) => "an object".to_owned(),
            Column::List(_) => "an array".to_owned(),
            column => {
                let field = Field::new("", column.data_type(), true);
                let notation = column.notation();
                let field = notation.map_or(field.clone(), |notation| notation.put(field));
                format_field_type(&field)
            }
        };
        if self.nullable { expected } else { format!("{expected} (not null)") }
    }
}

impl Column {
    /// The type of a column without children.
    fn data_type(&self) -> DataType {
        match self {
            Self::Boolean(_) => DataType::Boolean,
            Self::Int8(_) => DataType::Int8,
            Self::Int16(_) => DataType::Int16,
            Self::Int32(_) => DataType::Int32,
            Self::Int64(_) => DataType::Int64,
            Self::UInt8(_) => DataType::UInt8,
            Self::UInt16(_) => DataType::UInt16,
            Self::UInt32(_) => DataType::UInt32,
            Self::UInt64(_) => DataType::UInt64,
            Self::Float32(_) => DataType::Float32,
            Self::Float64(_) => DataType::Float64,
            Self::Decimal128(_, precision, scale) => DataType::Decimal128(*precision, *scale),
            Self::Decimal256(_, precision, scale) => DataType::Decimal256(*precision, *scale),
            Self::Utf8(_) | Self::Utf8View(_) | Self::LargeUtf8(_) => DataType::Utf8,
            Self::Dictionary(_) | Self::Json(_) => DataType::Utf8,
            Self::Binary(_) => DataType::Binary,
            Self::Date32(_) => DataType::Date32,
            Self::Timestamp(column) => column.data_type(),
            Self::Moment(column) => column.values.data_type(),
            Self::Time(column) => column.data_type(),
            Self::List(_) | Self::Struct(_) | Self::Map(_) => DataType::Null,
        }
    }

    /// How the values are written, where the type does not say.
    fn notation(&self) -> Option<Notation> {
        match self {
            Self::Json(_) => Some(Notation::Json),
            Self::Binary(column) => Some(match column.encoding {
                Encoding::Base64 => Notation::Base64,
                Encoding::Hex => Notation::Hex,
            }),
            Self::Moment(column) => Some(match &column.notation {
                MomentNotation::Epoch(unit) => Notation::Epoch(*unit),
                MomentNotation::Format(format) => Notation::Format(format.clone()),
            }),
            _ => None,
        }
    }
}

/// Compiles `schema` to the struct column that stands for a whole line, and the number of nodes.
///
/// `sketch` is what the schema was inferred from, if it was.
/// With `widen`, values that would change the type of an inferred column do not fit it; with
/// `evolve`, fields that an inferred struct does not have do not fit it.
pub(crate) fn compile(
    schema: &Schema,
    sketch: Option<&Sketch>,
    widen: bool,
    evolve: bool,
) -> Result<(StructColumn, usize)> {
    let mut compiler = Compiler { next: 0, widen, evolve };
    let root = compiler.compile_struct(schema.fields(), sketch, "")?;
    Ok((root, compiler.next as usize))
}

struct Compiler {
    next: u32,
    widen: bool,
    evolve: bool,
}

impl Compiler {
    fn compile_struct(
        &mut self,
        arrow_fields: &ArrowFields,
        sketch: Option<&Sketch>,
        path: &str,
    ) -> Result<StructColumn> {
        // The node of this struct is the last one begun; the line itself has none.
        let id = self.next.checked_sub(1).unwrap_or(NO_NODE);
        let mut fields = Fields::default();
        for field in arrow_fields {
            let mut child_path = path.to_owned();
            push_key(&mut child_path, field.name());
            if fields.position(field.name()).is_some() {
                let message = format!("the schema has the field `{child_path}` twice");
                return Err(Error::new(ErrorKind::Schema, message));
            }
            let sketch = sketch.and_then(|sketch| sketch.field(field.name()));
            let node = self.compile_node(field, sketch, child_path)?;
            fields.push(field.name(), node);
        }
        let evolves = self.evolve && sketch.is_some();
        Ok(StructColumn::new(id, arrow_fields.clone(), fields, path, evolves))
    }

    fn compile_node(
        &mut self,
        field: &Field,
        sketch: Option<&Sketch>,
        path: String,
    ) -> Result<Node> {
        let id = self.next;
        self.next += 1;
        // A type that a hint gave is the user's, below it too.
        let sketch = sketch.filter(|sketch| !sketch.is_given());
        let column = match Notation::of(field)? {
            Some(notation) => notated(field.data_type(), notation)?,
            None => self.compile_column(field.data_type(), sketch, &path)?,
        };
        Ok(Node {
            id,
            end: self.next,
            nullable: field.is_nullable(),
            fit: sketch.filter(|_| self.widen).map_or(Fit::Given, Sketch::fit),
            filled: 0,
            path: path.into(),
            column,
        })
    }

    fn compile_column(
        &mut self,
        data_type: &DataType,
        sketch: Option<&Sketch>,
        path: &str,
    ) -> Result<Column> {
        Ok(match data_type {
            DataType::Boolean => Column::Boolean(BooleanColumn::new()),
            DataType::Int8 => Column::Int8(PrimitiveColumn::new(data_type.clone())),
            DataType::Int16 => Column::Int16(PrimitiveColumn::new(data_type.clone())),
            DataType::Int32 => Column::Int32(PrimitiveColumn::new(data_type.clone())),
            DataType::Int64 => Column::Int64(PrimitiveColumn::new(data_type.clone())),
            DataType::UInt8 => Column::UInt8(PrimitiveColumn::new(data_type.clone())),
            DataType::UInt16 => Column::UInt16(PrimitiveColumn::new(data_type.clone())),
            DataType::UInt32 => Column::UInt32(PrimitiveColumn::new(data_type.clone())),
            DataType::UInt64 => Column::UInt64(PrimitiveColumn::new(data_type.clone())),
            DataType::Float32 => Column::Float32(PrimitiveColumn::new(data_type.clone())),
            DataType::Float64 => Column::Float64(PrimitiveColumn::new(data_type.clone())),
            DataType::Decimal128(precision, scale) if *scale >= 0 => {
                Column::Decimal128(PrimitiveColumn::new(data_type.clone()), *precision, *scale)
            }
            DataType::Decimal256(precision, scale) if *scale >= 0 => {
                Column::Decimal256(PrimitiveColumn::new(data_type.clone()), *precision, *scale)
            }
            DataType::Utf8 => Column::Utf8(TextColumn::new()),
            DataType::LargeUtf8 => Column::LargeUtf8(TextColumn::new()),
            DataType::Utf8View => Column::Utf8View(TextColumn::new()),
            DataType::Date32 => Column::Date32(PrimitiveColumn::new(data_type.clone())),
            DataType::Timestamp(unit, zone) => {
                Column::Timestamp(TimestampColumn::new(*unit, zone.as_deref())?)
            }
            DataType::Time32(unit) | DataType::Time64(unit) => Column::Time(TimeColumn::new(*unit)),
            DataType::Dictionary(_, value) if **value == DataType::Utf8 => {
                Column::Dictionary(TextColumn::new())
            }
            DataType::List(element) | DataType::LargeList(element) => {
                // A list that was always empty says nothing about its elements.
                let nothing = Sketch::default();
                let unseen = sketch.filter(|sketch| !sketch.is_shaped()).map(|_| &nothing);
                let sketch = sketch.and_then(Sketch::element).or(unseen);
                let node = self.compile_node(element, sketch, format!("{path}[]"))?;
                let is_large = matches!(data_type, DataType::LargeList(_));
                Column::List(Box::new(ListColumn::new(element.clone(), node, is_large)))
            }
            DataType::Struct(fields) if !fields.is_empty() => {
                Column::Struct(Box::new(self.compile_struct(fields, sketch, path)?))
            }
            DataType::Map(entries, false) => match map_value(entries) {
                Some(value) => {
                    let node = self.compile_node(value, None, format!("{path}{MAP_STEP}"))?;
                    Column::Map(Box::new(MapColumn::new(entries.clone(), node)))
                }
                None => return Err(unsupported(data_type, path)),
            },
            other => return Err(unsupported(other, path)),
        })
    }
}

fn unsupported(data_type: &DataType, path: &str) -> Error {
    let message = format!("column `{path}`: the type {data_type} is not supported");
    Error::new(ErrorKind::Schema, message)
}

/// A column whose values are written in `notation`, which belongs to its type.
fn notated(data_type: &DataType, notation: Notation) -> Result<Column> {
    let moment = |notation| {
        let DataType::Timestamp(unit, zone) = data_type else {
            return Err(unsupported(data_type, ""));
        };
        let values = TimestampColumn::new(*unit, zone.as_deref())?;
        Ok(Column::Moment(Box::new(MomentColumn { values, notation })))
    };
    match notation {
        Notation::Json => Ok(Column::Json(TextColumn::new())),
        Notation::Base64 => Ok(Column::Binary(BinaryColumn::new(Encoding::Base64))),
        Notation::Hex => Ok(Column::Binary(BinaryColumn::new(Encoding::Hex))),
        Notation::Epoch(unit) => moment(MomentNotation::Epoch(unit)),
        Notation::Format(format) => moment(MomentNotation::Format(format)),
    }
}
