//! Lists and maps, whose parts are encoded as their own fields say: the encoders of arrow-json 59 give
//! the parts the field of the whole.

use arrow_array::cast::AsArray;
use arrow_array::{Array, OffsetSizeTrait, StringArray};
use arrow_json::writer::{NullableEncoder, make_encoder};
use arrow_json::{Encoder, EncoderOptions};
use arrow_schema::{ArrowError, DataType};

use super::notations::push_string;
use crate::schema::map_value;

/// The encoder of a column of lists or of maps of strings.
pub(super) fn nested_encoder<'a>(
    array: &'a dyn Array,
    options: &'a EncoderOptions,
) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
    let encoder: Box<dyn Encoder + 'a> = match array.data_type() {
        DataType::List(item) => {
            let list = array.as_list::<i32>();
            let items = make_encoder(item, list.values(), options)?;
            Box::new(ListEncoder { offsets: list.value_offsets(), items })
        }
        DataType::LargeList(item) => {
            let list = array.as_list::<i64>();
            let items = make_encoder(item, list.values(), options)?;
            Box::new(ListEncoder { offsets: list.value_offsets(), items })
        }
        DataType::Map(entries, _) => {
            let Some(value) = map_value(entries) else { return Ok(None) };
            let map = array.as_map();
            let values = make_encoder(value, map.values(), options)?;
            let keys = map.keys().as_string();
            Box::new(MapEncoder { offsets: map.value_offsets(), keys, values })
        }
        _ => return Ok(None),
    };
    Ok(Some(NullableEncoder::new(encoder, array.nulls().cloned())))
}

struct ListEncoder<'a, O> {
    offsets: &'a [O],
    items: NullableEncoder<'a>,
}

impl<O: OffsetSizeTrait> Encoder for ListEncoder<'_, O> {
    fn encode(&mut self, index: usize, out: &mut Vec<u8>) {
        let (begin, end) = (self.offsets[index].as_usize(), self.offsets[index + 1].as_usize());
        out.push(b'[');
        for item in begin..end {
            if item > begin {
                out.push(b',');
            }
            encode_or_null(&mut self.items, item, out);
        }
        out.push(b']');
    }
}

/// Writes every entry, those of null too: the keys of a map are data.
struct MapEncoder<'a> {
    offsets: &'a [i32],
    keys: &'a StringArray,
    values: NullableEncoder<'a>,
}

impl Encoder for MapEncoder<'_> {
    fn encode(&mut self, index: usize, out: &mut Vec<u8>) {
        let (begin, end) = (self.offsets[index] as usize, self.offsets[index + 1] as usize);
        out.push(b'{');
        for entry in begin..end {
            if entry > begin {
                out.push(b',');
            }
            push_string(self.keys.value(entry), out);
            out.push(b':');
            encode_or_null(&mut self.values, entry, out);
        }
        out.push(b'}');
    }
}

fn encode_or_null(values: &mut NullableEncoder<'_>, index: usize, out: &mut Vec<u8>) {
    if values.is_null(index) {
        out.extend_from_slice(b"null");
    } else {
        values.encode(index, out);
    }
}
