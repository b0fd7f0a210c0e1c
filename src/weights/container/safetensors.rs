//! Reads tensors from a safetensors file, with the header parser of the `safetensors` crate.

use bytes::Bytes;
use safetensors::tensor::{Metadata, TensorInfo};

use crate::error::{Error, Result};
use crate::lfs_pointer;
use crate::weights::container::tensor::Tensor;
use crate::weights::quantize::blocks::dtype::Dtype;

pub(in crate::weights) const FORMAT: &str = "safetensors";

/// The bytes before the header: its length as a little-endian u64.
const PREFIX: usize = 8;

/// How a Git LFS pointer begins.
const POINTER: &[u8; PREFIX] = b"version ";
const WEIGHTS: &str = "the weights file";

/// The longest header accepted, as in the format's own library.
const MAX_HEADER: u64 = 100_000_000;

/// The tensors of a whole file in the order of their bytes, each a slice of `file`. Those that `skip` names
/// are left out.
///
/// # Errors
/// `Truncated` or `Malformed` for a damaged file, `TensorType` for types that are no f32, f16 or bf16.
pub fn read(file: &Bytes, skip: impl Fn(&str) -> bool) -> Result<Vec<Tensor>> {
    let len = file.len() as u64;
    let truncated = |what: &str, start: usize, needed: u64| Error::Truncated {
        format: FORMAT,
        what: what.into(),
        offset: start as u64,
        needed,
        len,
    };
    let end = header_end(file)?;
    if end == PREFIX && file.len() < PREFIX {
        return Err(truncated("the header's length", 0, PREFIX as u64));
    }
    let header = file.get(..end).ok_or_else(|| truncated("the header", PREFIX, (end - PREFIX) as u64))?;
    let tensors = announced(header)?;
    let needed = tensors.last().map_or(0, |(_, info)| info.data_offsets.1 as u64);
    let present = len - end as u64;
    if needed > present {
        return Err(truncated("tensor data", end, needed));
    }
    if needed < present {
        return Err(malformed(format!(
            "{} bytes after the last tensor do not belong to any",
            present - needed
        )));
    }
    let data = file.slice(end..);
    let tensor = |(name, info): (String, TensorInfo)| {
        let dtype = dtype(&name, info.dtype)?;
        Tensor::new(name, info.shape, dtype, data.slice(info.data_offsets.0..info.data_offsets.1))
    };
    tensors.into_iter().filter(|(name, _)| !skip(name)).map(tensor).collect()
}

/// Where the header ends, as far as the beginning of a file tells: after the prefix, while that is not whole.
///
/// # Errors
/// `Malformed` if the header claims to be longer than is accepted, `LfsPointer` for what is none.
pub fn header_end(file: &[u8]) -> Result<usize> {
    let Some(prefix) = file.first_chunk::<PREFIX>() else { return Ok(PREFIX) };
    if prefix == POINTER {
        // As a length it would be two exabytes. Of a file that arrives, no more than this may be here yet.
        lfs_pointer::refuse(file, WEIGHTS)?;
        return Err(Error::LfsPointer { what: WEIGHTS.to_owned(), bytes: None });
    }
    let header_len = u64::from_le_bytes(*prefix);
    if header_len > MAX_HEADER {
        return Err(malformed(format!(
            "the header claims {header_len} bytes, at most {MAX_HEADER} are accepted"
        )));
    }
    Ok(PREFIX + header_len as usize)
}

/// The tensors that a whole header with its prefix announces, in the order of their bytes, which follow each
/// other without a gap.
///
/// # Errors
/// `Malformed` for a header that is none.
pub fn announced(header: &[u8]) -> Result<Vec<(String, TensorInfo)>> {
    let json = header.get(PREFIX..).unwrap_or_default();
    let header: Metadata =
        serde_json::from_slice(json).map_err(|error| malformed(format!("header: {error}")))?;
    let named = |name: String| header.info(&name).cloned().map(|info| (name, info));
    Ok(header.offset_keys().into_iter().filter_map(named).collect())
}

/// The element type of a tensor.
///
/// # Errors
/// `TensorType` for one that is no f32, f16 or bf16.
pub fn dtype(name: &str, dtype: safetensors::Dtype) -> Result<Dtype> {
    match dtype {
        safetensors::Dtype::F32 => Ok(Dtype::F32),
        safetensors::Dtype::F16 => Ok(Dtype::F16),
        safetensors::Dtype::BF16 => Ok(Dtype::Bf16),
        other => Err(Error::TensorType {
            name: name.to_owned(),
            found: other.to_string().to_lowercase(),
            expected: "f32, f16 or bf16",
        }),
    }
}

fn malformed(reason: String) -> Error {
    Error::Malformed { format: FORMAT, reason }
}
