//! Walks an Arrow array down to its leaf columns, in the order in which Parquet numbers them.
//!
//! Gives each leaf together with the validity that its parents leave it. Serves sampling only:
//! levels are computed by the Parquet library.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, OffsetSizeTrait};
use arrow_array::{FixedSizeListArray, GenericListArray, MapArray};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

/// One leaf array and which of its values are present, parents included.
pub(super) struct Leaf {
    pub(super) array: ArrayRef,
    pub(super) validity: Option<NullBuffer>,
}

/// Appends the leaves of `array` to `out`. `parent` is the validity of the enclosing structs.
pub(super) fn collect_leaves(array: &ArrayRef, parent: Option<&NullBuffer>, out: &mut Vec<Leaf>) {
    match array.data_type() {
        DataType::Struct(_) => {
            let array = array.as_struct();
            let validity = NullBuffer::union(parent, array.nulls());
            for column in array.columns() {
                collect_leaves(column, validity.as_ref(), out);
            }
        }
        DataType::List(_) => collect_leaves(&list_items::<i32>(array.as_list()), None, out),
        DataType::LargeList(_) => collect_leaves(&list_items::<i64>(array.as_list()), None, out),
        DataType::FixedSizeList(_, _) => {
            collect_leaves(&fixed_items(array.as_fixed_size_list()), None, out);
        }
        DataType::Map(_, _) => collect_leaves(&map_entries(array.as_map()), None, out),
        DataType::ListView(field) | DataType::LargeListView(field) => {
            // Never decoded by this crate; an empty sample keeps the leaf count right.
            collect_leaves(&arrow_array::new_empty_array(field.data_type()), None, out);
        }
        _ => out.push(Leaf {
            array: ArrayRef::clone(array),
            validity: NullBuffer::union(parent, array.logical_nulls().as_ref()),
        }),
    }
}

// The items of null lists are left in: they are empty in every array that our decoder makes.
fn list_items<O: OffsetSizeTrait>(list: &GenericListArray<O>) -> ArrayRef {
    slice_items(list.values(), list.value_offsets())
}

fn map_entries(map: &MapArray) -> ArrayRef {
    let entries: ArrayRef = std::sync::Arc::new(map.entries().clone());
    slice_items(&entries, map.value_offsets())
}

fn slice_items<O: OffsetSizeTrait>(items: &ArrayRef, offsets: &[O]) -> ArrayRef {
    let first = offsets.first().map_or(0, |offset| offset.as_usize());
    let end = offsets.last().map_or(0, |offset| offset.as_usize());
    items.slice(first, end - first)
}

fn fixed_items(list: &FixedSizeListArray) -> ArrayRef {
    ArrayRef::clone(list.values())
}
