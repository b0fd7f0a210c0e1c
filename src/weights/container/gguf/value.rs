//! Metadata values. Strings and arrays remain slices of the file until they are used.

use bytes::{BufMut, Bytes, BytesMut};

/// The numbers of the value types (`enum gguf_metadata_value_type`).
pub(super) mod kind {
    pub const U8: u32 = 0;
    pub const I8: u32 = 1;
    pub const U16: u32 = 2;
    pub const I16: u32 = 3;
    pub const U32: u32 = 4;
    pub const I32: u32 = 5;
    pub const F32: u32 = 6;
    pub const BOOL: u32 = 7;
    pub const STRING: u32 = 8;
    pub const ARRAY: u32 = 9;
    pub const U64: u32 = 10;
    pub const I64: u32 = 11;
    pub const F64: u32 = 12;

    /// The bytes of one value, or `None` where they depend on the value or the type is unknown.
    pub fn size(kind: u32) -> Option<usize> {
        match kind {
            U8 | I8 | BOOL => Some(1),
            U16 | I16 => Some(2),
            U32 | I32 | F32 => Some(4),
            U64 | I64 | F64 => Some(8),
            _ => None,
        }
    }
}

/// One metadata value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Any unsigned integer type; written as u32.
    Unsigned(u64),
    /// Any signed integer type; written as i64.
    Signed(i64),
    F32(f32),
    F64(f64),
    Bool(bool),
    /// UTF-8.
    String(Bytes),
    Array(Array),
}

/// A list of values of one type, as the file stores it.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    pub(super) kind: u32,
    pub(super) len: usize,
    pub(super) data: Bytes,
}

impl Value {
    /// A string of these characters.
    pub fn string(text: &str) -> Self {
        Self::String(Bytes::copy_from_slice(text.as_bytes()))
    }

    /// The value as a number that is not negative.
    pub fn as_u64(&self) -> Option<u64> {
        match *self {
            Self::Unsigned(value) => Some(value),
            Self::Signed(value) => value.try_into().ok(),
            _ => None,
        }
    }

    /// The value as a number.
    pub fn as_f64(&self) -> Option<f64> {
        match *self {
            Self::Unsigned(value) => Some(value as f64),
            Self::Signed(value) => Some(value as f64),
            Self::F32(value) => Some(value.into()),
            Self::F64(value) => Some(value),
            _ => None,
        }
    }

    /// The value as text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => std::str::from_utf8(text).ok(),
            _ => None,
        }
    }
}

impl Array {
    /// An array of f32.
    pub fn floats(values: &[f32]) -> Self {
        let mut data = BytesMut::with_capacity(values.len() * 4);
        values.iter().for_each(|&value| data.put_f32_le(value));
        Self { kind: kind::F32, len: values.len(), data: data.freeze() }
    }

    /// An array of u32.
    pub fn integers(values: &[u32]) -> Self {
        let mut data = BytesMut::with_capacity(values.len() * 4);
        values.iter().for_each(|&value| data.put_u32_le(value));
        Self { kind: kind::U32, len: values.len(), data: data.freeze() }
    }

    /// An array of strings.
    pub fn strings<S: AsRef<str>>(values: impl IntoIterator<Item = S>) -> Self {
        let mut data = BytesMut::new();
        let mut len = 0;
        for value in values {
            let bytes = value.as_ref().as_bytes();
            data.put_u64_le(bytes.len() as u64);
            data.put_slice(bytes);
            len += 1;
        }
        Self { kind: kind::STRING, len, data: data.freeze() }
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The values, if they are f32.
    pub fn to_floats(&self) -> Option<Vec<f32>> {
        let values = self.data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        (self.kind == kind::F32).then(|| values.collect())
    }

    /// The values, if they are u32.
    pub fn to_integers(&self) -> Option<Vec<u32>> {
        let values = self.data.as_chunks().0.iter().map(|&bytes| u32::from_le_bytes(bytes));
        (self.kind == kind::U32).then(|| values.collect())
    }

    /// The values, if they are strings.
    pub fn to_strings(&self) -> Option<Vec<String>> {
        if self.kind != kind::STRING {
            return None;
        }
        let mut rest = &self.data[..];
        let mut values = Vec::new();
        while let Some((len, tail)) = rest.split_first_chunk::<8>() {
            let (text, tail) = tail.split_at_checked(u64::from_le_bytes(*len) as usize)?;
            values.push(std::str::from_utf8(text).ok()?.to_owned());
            rest = tail;
        }
        Some(values)
    }
}
