//! Types that the user names for some paths: `user.id=int64`, `items[].price=decimal(18,2)`.
//!
//! Hints form a tree like the data, so that inference walks both together. The same tree is put
//! over an explicit schema by [`Hints::apply`].

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef, Fields, Schema};

use super::notation::retyped;
use super::path::{PathStep, push_key, scan_path};
use super::scan::{Scanner, excerpt};
use super::supported::{MAX_TYPE_DEPTH, check_supported, refuse, type_depth};
use super::type_format::format_field_type;
use super::type_text::parse_typed;
use crate::error::{Error, ErrorKind, Result};

/// Types for some paths of the rows; the rest is inferred or comes from the schema.
///
/// A path is a list of keys with dots between them; `[]` goes to the elements of a list. A key
/// that holds one of `. [ ] = "` stands in double quotes with the escapes of JSON. The types are
/// those of [`parse_field`](crate::parse_field).
///
/// ```
/// use ndjson_parquet_core::Hints;
///
/// let hints = Hints::new()
///     .with_hint("user.id=int64")?
///     .with_hint("items[].price=decimal(18,2)")?
///     .with_hint(r#""a.b".c=timestamp(ms, "America/New_York")"#)?;
/// assert!(hints.field("user").is_some());
///
/// // A type for the whole and one for its part contradict each other.
/// assert!(hints.with_hint("user=utf8").is_err());
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hints {
    root: HintNode,
}

/// What the hints say about one path: a type for all of it, or something about its parts.
///
/// ```
/// use ndjson_parquet_core::Hints;
///
/// let hints = Hints::new().with_hint("user.id=int64")?;
/// let user = hints.field("user").expect("a hint is about a part of it");
/// assert!(user.data_type().is_none());
/// assert_eq!(user.field("id").and_then(|id| id.data_type()), Some(&arrow_schema::DataType::Int64));
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HintNode {
    /// A field without name, with the notation of the type.
    typed: Option<Field>,
    fields: BTreeMap<String, HintNode>,
    element: Option<Box<HintNode>>,
}

impl Hints {
    /// No hints.
    pub fn new() -> Self {
        Self::default()
    }

    /// These hints and one more, written as `PATH=TYPE`.
    ///
    /// Naming the same type for the same path again changes nothing. It is an error to name
    /// another one, or a type for a path and one for a part of it.
    pub fn with_hint(mut self, hint: &str) -> Result<Self> {
        let within = |error: Error| {
            Error::new(ErrorKind::Schema, format!("hint `{}`: {}", excerpt(hint), error.message()))
        };
        let mut scan = Scanner::new("path", hint);
        let steps = scan_path(&mut scan).and_then(|steps| scan.expect('=').map(|()| steps));
        let steps = steps.map_err(within)?;
        let typed = parse_typed(scan.rest().trim()).map_err(within)?;
        if steps.len() - 1 + type_depth(typed.data_type()) > MAX_TYPE_DEPTH {
            return Err(within(refuse(
                "",
                &format!("expected at most {MAX_TYPE_DEPTH} levels, found more"),
            )));
        }
        self.root.insert(&steps, typed, &mut String::new()).map_err(within)?;
        Ok(self)
    }

    /// True if there are no hints.
    pub fn is_empty(&self) -> bool {
        self.root.fields.is_empty()
    }

    /// The node of the row itself, where a walk over the tree begins.
    pub fn root(&self) -> &HintNode {
        &self.root
    }

    /// The node of a top-level column, if a hint is about it or a part of it.
    pub fn field(&self, name: &str) -> Option<&HintNode> {
        self.root.field(name)
    }

    /// The hints as they can be given to [`Self::with_hint`], in the order of their paths.
    pub(crate) fn to_texts(&self) -> Vec<String> {
        let mut texts = Vec::new();
        self.root.push_texts(&mut String::new(), &mut texts);
        texts
    }

    /// `schema` with the types of the hints.
    ///
    /// Whether a column may be null stays as it is. A path that is not there is added, nullable,
    /// at the end of its struct, with the parents that it needs; several additions to one struct
    /// are in the order of their names. A hint for a part of a column that has no such parts is an
    /// error.
    pub fn apply(&self, schema: &Schema) -> Result<Schema> {
        let fields = self.root.apply_fields(schema.fields(), &mut String::new())?;
        let schema = Schema::new_with_metadata(fields, schema.metadata().clone());
        check_supported(&schema)?;
        Ok(schema)
    }
}

impl HintNode {
    /// The type that a hint names for exactly this path; such a node has no parts.
    pub fn data_type(&self) -> Option<&DataType> {
        self.typed.as_ref().map(Field::data_type)
    }

    /// The node of the field `name`, if this path is hinted to be a struct with that field.
    pub fn field(&self, name: &str) -> Option<&HintNode> {
        self.fields.get(name)
    }

    /// All fields with hints, in the order of their names.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &HintNode)> {
        self.fields.iter().map(|(name, node)| (name.as_str(), node))
    }

    /// The node of the elements, if this path is hinted to be a list.
    pub fn element(&self) -> Option<&HintNode> {
        self.element.as_deref()
    }

    /// The nullable field `name` that the hints alone describe.
    pub fn to_field(&self, name: &str) -> Field {
        if let Some(typed) = &self.typed {
            return typed.clone().with_name(name);
        }
        if let Some(element) = &self.element {
            let element = element.to_field(Field::LIST_FIELD_DEFAULT_NAME);
            return Field::new_list(name, element, true);
        }
        let fields = self.fields().map(|(name, node)| node.to_field(name));
        Field::new(name, DataType::Struct(fields.collect()), true)
    }

    fn push_texts(&self, path: &mut String, texts: &mut Vec<String>) {
        if let Some(typed) = &self.typed {
            texts.push(format!("{path}={}", format_field_type(typed)));
        }
        let parent = path.len();
        for (name, node) in self.fields() {
            push_key(path, name);
            node.push_texts(path, texts);
            path.truncate(parent);
        }
        if let Some(element) = &self.element {
            path.push_str("[]");
            element.push_texts(path, texts);
            path.truncate(parent);
        }
    }

    fn insert(&mut self, steps: &[PathStep], typed: Field, path: &mut String) -> Result<()> {
        if let Some(whole) = &self.typed {
            if steps.is_empty() && *whole == typed {
                return Ok(());
            }
            let found = format!("the earlier hint `{}`", format_field_type(whole));
            return Err(conflict(path, "no other hint", &found));
        }
        let Some((step, rest)) = steps.split_first() else {
            if self.element.is_some() || !self.fields.is_empty() {
                return Err(conflict(path, "no hints for its parts", "an earlier one"));
            }
            self.typed = Some(typed);
            return Ok(());
        };
        match step {
            PathStep::Key(_) if self.element.is_some() => {
                Err(conflict(path, "a list as in an earlier hint", "a key"))
            }
            PathStep::Element if !self.fields.is_empty() => {
                Err(conflict(path, "a struct as in an earlier hint", "`[]`"))
            }
            PathStep::Key(name) => {
                push_key(path, name);
                self.fields.entry(name.clone()).or_default().insert(rest, typed, path)
            }
            PathStep::Element => {
                path.push_str("[]");
                self.element.get_or_insert_default().insert(rest, typed, path)
            }
        }
    }

    fn apply_fields(&self, fields: &Fields, path: &mut String) -> Result<Fields> {
        let mut merged = Vec::with_capacity(fields.len());
        for field in fields {
            merged.push(match self.field(field.name()) {
                None => Arc::clone(field),
                Some(node) => {
                    let parent = path.len();
                    push_key(path, field.name());
                    let changed = node.apply_field(field, path)?;
                    path.truncate(parent);
                    changed
                }
            });
        }
        let names: HashSet<&str> = fields.iter().map(|field| field.name().as_str()).collect();
        let added = self.fields().filter(|(name, _)| !names.contains(name));
        merged.extend(added.map(|(name, node)| Arc::new(node.to_field(name))));
        Ok(merged.into())
    }

    fn apply_field(&self, field: &Field, path: &mut String) -> Result<FieldRef> {
        if let Some(typed) = &self.typed {
            return Ok(Arc::new(retyped(field, typed)));
        }
        let data_type = match (&self.element, field.data_type()) {
            (Some(element), DataType::List(child)) => {
                path.push_str("[]");
                DataType::List(element.apply_field(child, path)?)
            }
            (Some(element), DataType::LargeList(child)) => {
                path.push_str("[]");
                DataType::LargeList(element.apply_field(child, path)?)
            }
            (None, DataType::Struct(fields)) => DataType::Struct(self.apply_fields(fields, path)?),
            (element, _) => {
                let expected = if element.is_some() { "list" } else { "struct" };
                return Err(refuse(
                    path,
                    &format!(
                        "expected a {expected}, because a hint is about a part of it, found `{}`",
                        format_field_type(field)
                    ),
                ));
            }
        };
        Ok(Arc::new(field.clone().with_data_type(data_type)))
    }
}

fn conflict(path: &str, expected: &str, found: &str) -> Error {
    Error::new(ErrorKind::Schema, format!("expected {expected} for `{path}`, found {found}"))
}

#[cfg(test)]
mod tests;
