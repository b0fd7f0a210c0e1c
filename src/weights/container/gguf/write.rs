//! Writes GGUF files: the header, and the padding between tensors.

use bytes::{BufMut, BytesMut};
use serde::{Deserialize, Serialize};

use super::value::{Value, kind};
use super::{DEFAULT_ALIGNMENT, MAGIC};
use crate::error::{Error, Result};
use crate::weights::quantize::blocks::dtype::Dtype;

/// The version written.
const VERSION: u32 = 3;

/// What the header says of a tensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TensorLayout {
    pub name: String,
    /// Row-major, outermost axis first.
    pub shape: Vec<usize>,
    pub dtype: Dtype,
    /// The bytes of `shape` in `dtype`.
    pub len: u64,
}

impl TensorLayout {
    /// # Errors
    /// `TensorType` if a row of `shape` is no whole number of the type's blocks.
    pub fn new(name: String, shape: Vec<usize>, dtype: Dtype) -> Result<Self> {
        match dtype.bytes_of(&shape) {
            Some(len) => Ok(Self { name, shape, dtype, len: len as u64 }),
            None => Err(Error::TensorType {
                name,
                found: dtype.to_string(),
                expected: "a type whose blocks fill its rows",
            }),
        }
    }
}

/// How long the data of these tensors is, with the padding after each.
pub fn data_len(tensors: &[TensorLayout]) -> u64 {
    tensors.iter().map(|tensor| tensor.len.next_multiple_of(DEFAULT_ALIGNMENT)).sum()
}

/// The bytes before the data of a file with this metadata and these tensors.
pub fn header(metadata: &[(String, Value)], tensors: &[TensorLayout]) -> BytesMut {
    let mut header = BytesMut::new();
    header.put_slice(&MAGIC);
    header.put_u32_le(VERSION);
    header.put_u64_le(tensors.len() as u64);
    header.put_u64_le(metadata.len() as u64);
    for (key, value) in metadata {
        put_string(&mut header, key.as_bytes());
        put_value(&mut header, value);
    }
    let mut offset = 0;
    for tensor in tensors {
        put_layout(&mut header, tensor, offset);
        offset += tensor.len.next_multiple_of(DEFAULT_ALIGNMENT);
    }
    header.put_bytes(0, padding(header.len() as u64));
    header
}

/// The zeros after a tensor of `len` bytes.
pub fn padding(len: u64) -> usize {
    (len.next_multiple_of(DEFAULT_ALIGNMENT) - len) as usize
}

fn put_string(header: &mut BytesMut, text: &[u8]) {
    header.put_u64_le(text.len() as u64);
    header.put_slice(text);
}

fn put_value(header: &mut BytesMut, value: &Value) {
    match value {
        Value::Unsigned(value) => match u32::try_from(*value) {
            Ok(value) => {
                header.put_u32_le(kind::U32);
                header.put_u32_le(value);
            }
            Err(_) => {
                header.put_u32_le(kind::U64);
                header.put_u64_le(*value);
            }
        },
        Value::Signed(value) => {
            header.put_u32_le(kind::I64);
            header.put_i64_le(*value);
        }
        Value::F32(value) => {
            header.put_u32_le(kind::F32);
            header.put_f32_le(*value);
        }
        Value::F64(value) => {
            header.put_u32_le(kind::F64);
            header.put_f64_le(*value);
        }
        Value::Bool(value) => {
            header.put_u32_le(kind::BOOL);
            header.put_u8((*value).into());
        }
        Value::String(text) => {
            header.put_u32_le(kind::STRING);
            put_string(header, text);
        }
        Value::Array(array) => {
            header.put_u32_le(kind::ARRAY);
            header.put_u32_le(array.kind);
            header.put_u64_le(array.len as u64);
            header.put_slice(&array.data);
        }
    }
}

fn put_layout(header: &mut BytesMut, tensor: &TensorLayout, offset: u64) {
    put_string(header, tensor.name.as_bytes());
    header.put_u32_le(tensor.shape.len() as u32);
    // GGUF lists the innermost axis first.
    tensor.shape.iter().rev().for_each(|&axis| header.put_u64_le(axis as u64));
    header.put_u32_le(tensor.dtype.ggml_id());
    header.put_u64_le(offset);
}
