//! Reads GGUF files; every count and length is checked against the file before it is used.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::value::{Array, Value, kind};
use super::{DEFAULT_ALIGNMENT, MAGIC, Metadata};
use crate::error::{Error, Result};
use crate::lfs_pointer;
use crate::weights::container::tensor::Tensor;
use crate::weights::quantize::blocks::dtype::Dtype;

const FORMAT: &str = "GGUF";

/// The fewest bytes an entry takes: an empty key's length, a type, a value of one byte.
const MIN_ENTRY: u64 = 8 + 4 + 1;

/// The fewest bytes a tensor's description takes: an empty name's length, no axes, a type, an offset.
const MIN_TENSOR: u64 = 8 + 4 + 4 + 8;

/// The most axes a tensor may have (`GGML_MAX_DIMS`).
const MAX_AXES: u32 = 4;

/// The largest alignment accepted.
const MAX_ALIGNMENT: u64 = 1 << 16;

/// A parsed file.
#[derive(Clone, Debug)]
pub struct Gguf {
    pub metadata: Metadata,
    /// In the order of their data, each a slice of the file.
    pub tensors: Vec<Tensor>,
}

impl Gguf {
    /// Parses a whole file. Strings, arrays and tensors stay slices of it.
    ///
    /// # Errors
    /// `Truncated` where the file ends too early, `Malformed` for anything the format forbids, `TensorType`
    /// for element types this crate does not read.
    pub fn read(file: &Bytes) -> Result<Self> {
        let Head { metadata, layouts, start } = Head::read(file)?;
        let tensors = layouts.into_iter().map(|layout| layout.slice(file, start)).collect::<Result<_>>()?;
        Ok(Self { metadata, tensors })
    }
}

/// What stands before a file's data.
pub(super) struct Head {
    pub metadata: Metadata,
    /// In the order of their data.
    pub layouts: Vec<Layout>,
    /// Where the data begins.
    pub start: u64,
}

impl Head {
    /// Parses the beginning of a file, which may go on after it. Strings and arrays stay slices of it.
    ///
    /// # Errors
    /// As [`Gguf::read`].
    pub fn read(file: &Bytes) -> Result<Self> {
        let mut cursor = Cursor { file, offset: 0 };
        let (tensor_count, entry_count) = header(&mut cursor)?;
        let metadata = entries(&mut cursor, entry_count)?;
        let mut layouts = layouts(&mut cursor, tensor_count)?;
        let alignment = alignment(&metadata)?;
        let start = (cursor.offset as u64).next_multiple_of(alignment);
        layouts.sort_by_key(|layout| layout.offset);
        check_overlaps(&layouts, alignment)?;
        Ok(Self { metadata, layouts, start })
    }
}

/// Checks magic and version; gives the counts of tensors and of metadata entries.
fn header(cursor: &mut Cursor) -> Result<(u64, u64)> {
    let magic = cursor.take(4, "the magic number")?;
    lfs_pointer::refuse(cursor.file, "the model file")?;
    if magic != MAGIC[..] {
        return Err(malformed(format!("it begins with {magic:02x?}, not with \"GGUF\"")));
    }
    match cursor.u32("the version")? {
        2 | 3 => {}
        version if version.swap_bytes() <= 3 => return Err(malformed("it is big-endian".into())),
        version => {
            return Err(malformed(format!("it has version {version}, expected 2 or 3")));
        }
    }
    let tensors = cursor.count(MIN_TENSOR, "tensors")?;
    let entries = cursor.count(MIN_ENTRY, "metadata entries")?;
    Ok((tensors, entries))
}

fn entries(cursor: &mut Cursor, count: u64) -> Result<Metadata> {
    let mut metadata = Metadata::new();
    for _ in 0..count {
        let key = cursor.string("a metadata key")?;
        let kind = cursor.u32(&key)?;
        let value = value(cursor, kind, &key)?;
        if metadata.insert(key.clone(), value).is_some() {
            return Err(malformed(format!("the metadata key {key:?} occurs twice")));
        }
    }
    Ok(metadata)
}

fn value(cursor: &mut Cursor, kind: u32, key: &str) -> Result<Value> {
    match kind {
        kind::STRING => Ok(Value::String(cursor.text(key)?)),
        kind::ARRAY => Ok(Value::Array(array(cursor, key)?)),
        _ => {
            let size = kind::size(kind).ok_or_else(|| unknown_kind(kind, key))?;
            let mut bytes = [0; 8];
            bytes[..size].copy_from_slice(&cursor.take(size as u64, key)?);
            scalar(kind, bytes, key)
        }
    }
}

/// A value from its bytes, which are padded with zeros to eight.
fn scalar(kind: u32, bytes: [u8; 8], key: &str) -> Result<Value> {
    let [a, b, c, d, ..] = bytes;
    let value = match kind {
        kind::U8 | kind::U16 | kind::U32 | kind::U64 => Value::Unsigned(u64::from_le_bytes(bytes)),
        kind::I8 => Value::Signed(i8::from_le_bytes([a]).into()),
        kind::I16 => Value::Signed(i16::from_le_bytes([a, b]).into()),
        kind::I32 => Value::Signed(i32::from_le_bytes([a, b, c, d]).into()),
        kind::I64 => Value::Signed(i64::from_le_bytes(bytes)),
        kind::F32 => Value::F32(f32::from_le_bytes([a, b, c, d])),
        kind::F64 => Value::F64(f64::from_le_bytes(bytes)),
        kind::BOOL if a <= 1 => Value::Bool(a == 1),
        kind::BOOL => {
            return Err(malformed(format!("the boolean {key:?} is {a}, expected 0 or 1")));
        }
        _ => return Err(unknown_kind(kind, key)),
    };
    Ok(value)
}

fn array(cursor: &mut Cursor, key: &str) -> Result<Array> {
    let kind = cursor.u32(key)?;
    let size = match kind {
        kind::STRING => 8,
        _ => kind::size(kind).ok_or_else(|| unknown_kind(kind, key))? as u64,
    };
    let len = cursor.count(size, key)?;
    let start = cursor.offset;
    if kind == kind::STRING {
        for _ in 0..len {
            cursor.text(key)?;
        }
    } else {
        cursor.take(len * size, key)?;
    }
    Ok(Array { kind, len: len as usize, data: cursor.file.slice(start..cursor.offset) })
}

/// The power of two that tensor offsets are multiples of.
fn alignment(metadata: &Metadata) -> Result<u64> {
    let Some(value) = metadata.get("general.alignment") else {
        return Ok(DEFAULT_ALIGNMENT);
    };
    match value.as_u64() {
        Some(alignment) if alignment.is_power_of_two() && alignment <= MAX_ALIGNMENT => Ok(alignment),
        _ => Err(malformed(format!(
            "general.alignment is {value:?}, expected a power of two up to {MAX_ALIGNMENT}"
        ))),
    }
}

/// What the file says of a tensor.
pub(super) struct Layout {
    name: String,
    shape: Vec<usize>,
    dtype: Dtype,
    /// Offset from the start of the data.
    pub offset: u64,
    pub len: u64,
}

fn layouts(cursor: &mut Cursor, count: u64) -> Result<Vec<Layout>> {
    let mut layouts = BTreeMap::new();
    for _ in 0..count {
        let layout = layout(cursor)?;
        if let Some(twin) = layouts.insert(layout.name.clone(), layout) {
            return Err(malformed(format!("the tensor {:?} occurs twice", twin.name)));
        }
    }
    Ok(layouts.into_values().collect())
}

fn layout(cursor: &mut Cursor) -> Result<Layout> {
    let name = cursor.string("a tensor's name")?;
    let axes = cursor.u32(&name)?;
    if axes > MAX_AXES {
        return Err(malformed(format!("tensor {name:?} has {axes} axes, at most {MAX_AXES} are allowed")));
    }
    let mut shape = Vec::new();
    for _ in 0..axes {
        let axis = cursor.u64(&name)?;
        shape.push(
            usize::try_from(axis).map_err(|_| malformed(format!("tensor {name:?} has an axis of {axis}")))?,
        );
    }
    // GGUF lists the innermost axis first.
    shape.reverse();
    let dtype = Dtype::from_ggml_id(cursor.u32(&name)?).map_err(|found| Error::TensorType {
        name: name.clone(),
        found,
        expected: Dtype::READABLE,
    })?;
    let len = dtype
        .bytes_of(&shape)
        .ok_or_else(|| malformed(format!("tensor {name:?} cannot have shape {shape:?} in {dtype}")))?;
    let offset = cursor.u64(&name)?;
    Ok(Layout { name, shape, dtype, offset, len: len as u64 })
}

/// `layouts` is sorted by offset.
fn check_overlaps(layouts: &[Layout], alignment: u64) -> Result<()> {
    let mut free = 0;
    for Layout { name, offset, len, .. } in layouts {
        if offset % alignment != 0 {
            return Err(malformed(format!(
                "tensor {name:?} is at offset {offset}, expected a multiple of {alignment}"
            )));
        }
        if *offset < free {
            return Err(malformed(format!("tensor {name:?} at offset {offset} overlaps another")));
        }
        free = offset
            .checked_add(*len)
            .ok_or_else(|| malformed(format!("tensor {name:?} has offset {offset}")))?;
    }
    Ok(())
}

impl Layout {
    /// The tensor, its data a slice of the file whose data begins at `start`.
    fn slice(self, file: &Bytes, start: u64) -> Result<Tensor> {
        let begin = start.saturating_add(self.offset);
        let end = begin.saturating_add(self.len);
        if end > file.len() as u64 {
            return Err(self.truncated(start, file.len() as u64));
        }
        self.with_data(file.slice(begin as usize..end as usize))
    }

    /// The tensor over its bytes.
    pub fn with_data(self, data: Bytes) -> Result<Tensor> {
        Tensor::new(self.name, self.shape, self.dtype, data)
    }

    /// The error that a file of `len` bytes, whose data begins at `start`, ends before this tensor.
    pub fn truncated(&self, start: u64, len: u64) -> Error {
        let (what, offset) = (format!("tensor {:?}", self.name), start.saturating_add(self.offset));
        Error::Truncated { format: FORMAT, what, offset, needed: self.len, len }
    }
}

/// A place in the file; nothing is taken that is not there.
struct Cursor<'a> {
    file: &'a Bytes,
    offset: usize,
}

impl Cursor<'_> {
    fn remaining(&self) -> u64 {
        (self.file.len() - self.offset) as u64
    }

    fn truncated(&self, needed: u64, what: &str) -> Error {
        let (offset, len) = (self.offset as u64, self.file.len() as u64);
        Error::Truncated { format: FORMAT, what: what.to_owned(), offset, needed, len }
    }

    fn take(&mut self, len: u64, what: &str) -> Result<Bytes> {
        if len > self.remaining() {
            return Err(self.truncated(len, what));
        }
        let start = self.offset;
        self.offset += len as usize;
        Ok(self.file.slice(start..self.offset))
    }

    fn u32(&mut self, what: &str) -> Result<u32> {
        let bytes = self.take(4, what)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn u64(&mut self, what: &str) -> Result<u64> {
        let low = self.u32(what)?;
        Ok(u64::from(self.u32(what)?) << 32 | u64::from(low))
    }

    /// A count of things that take at least `size` bytes each, all of which have to follow.
    fn count(&mut self, size: u64, what: &str) -> Result<u64> {
        let count = self.u64(what)?;
        if count > self.remaining() / size {
            return Err(self.truncated(count.saturating_mul(size), what));
        }
        Ok(count)
    }

    /// A string, checked to be UTF-8.
    fn text(&mut self, what: &str) -> Result<Bytes> {
        let len = self.u64(what)?;
        let text = self.take(len, what)?;
        match std::str::from_utf8(&text) {
            Ok(_) => Ok(text),
            Err(_) => Err(malformed(format!("{what} is not UTF-8"))),
        }
    }

    fn string(&mut self, what: &str) -> Result<String> {
        Ok(String::from_utf8_lossy(&self.text(what)?).into_owned())
    }
}

fn unknown_kind(kind: u32, key: &str) -> Error {
    malformed(format!("the metadata key {key:?} has a value of type {kind}, which is unknown or nested"))
}

fn malformed(reason: String) -> Error {
    Error::Malformed { format: FORMAT, reason }
}
