//! Tensors out of a safetensors file, over the format's own header reader.

use bytes::Bytes;
use safetensors::tensor::{Metadata, TensorInfo};

use super::dtype::Dtype;
use super::tensor::Tensor;
use crate::error::{Error, Result};

const FORMAT: &str = "safetensors";

/// The bytes before the header: its length as a little-endian u64.
const PREFIX: usize = 8;

/// The longest header accepted, as in the format's own library.
const MAX_HEADER: u64 = 100_000_000;

/// The tensors of a whole file in the order of their bytes, each a slice of `file`. Those that `skip` names
/// are left out.
///
/// # Errors
/// `Truncated` or `Malformed` for a damaged file, `TensorType` for types that are no f32, f16 or bf16.
pub fn read(file: &Bytes, skip: impl Fn(&str) -> bool) -> Result<Vec<Tensor>> {
    let (header, start) = header(file)?;
    let len = file.len() as u64;
    let needed = header.data_len() as u64;
    let present = len - start as u64;
    if needed > present {
        return Err(Error::Truncated {
            format: FORMAT,
            what: "tensor data".into(),
            offset: start as u64,
            needed,
            len,
        });
    }
    if needed < present {
        return Err(malformed(format!("{} bytes after the last tensor belong to none", present - needed)));
    }
    let data = file.slice(start..);
    let names = header.offset_keys().into_iter().filter(|name| !skip(name));
    names
        .filter_map(|name| header.info(&name).map(|info| (name.clone(), info)))
        .map(|(name, info)| tensor(name, info, &data))
        .collect()
}

/// The parsed header, and where the data begins.
fn header(file: &Bytes) -> Result<(Metadata, usize)> {
    let len = file.len() as u64;
    let truncated = |what: &str, offset: u64, needed: u64| Error::Truncated {
        format: FORMAT,
        what: what.into(),
        offset,
        needed,
        len,
    };
    let prefix =
        file.first_chunk::<PREFIX>().ok_or_else(|| truncated("the header's length", 0, PREFIX as u64))?;
    let header_len = u64::from_le_bytes(*prefix);
    if header_len > MAX_HEADER {
        return Err(malformed(format!(
            "the header claims {header_len} bytes, at most {MAX_HEADER} are accepted"
        )));
    }
    let start = PREFIX + header_len as usize;
    let json = file.get(PREFIX..start).ok_or_else(|| truncated("the header", PREFIX as u64, header_len))?;
    let header = serde_json::from_slice(json).map_err(|error| malformed(format!("header: {error}")))?;
    Ok((header, start))
}

fn tensor(name: String, info: &TensorInfo, data: &Bytes) -> Result<Tensor> {
    let dtype = match info.dtype {
        safetensors::Dtype::F32 => Dtype::F32,
        safetensors::Dtype::F16 => Dtype::F16,
        safetensors::Dtype::BF16 => Dtype::Bf16,
        other => {
            return Err(Error::TensorType {
                name,
                found: other.to_string().to_lowercase(),
                expected: "f32, f16 or bf16",
            });
        }
    };
    let (start, end) = info.data_offsets;
    Tensor::new(name, info.shape.clone(), dtype, data.slice(start..end))
}

fn malformed(reason: String) -> Error {
    Error::Malformed { format: FORMAT, reason }
}
