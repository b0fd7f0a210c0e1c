//! A checkpoint out as GGUF: which tensor gets which type, and the writing, a few rows at a time.

use std::io::{self, Write};

use half::f16;
use sha2::{Digest, Sha256};

use super::blocks;
use super::checkpoint::{Checkpoint, hexadecimal};
use super::dtype::Dtype;
use super::gguf::{TensorLayout, Writer, keys};
use super::record::Record;
use super::tensor::Tensor;
use super::wide;
use crate::error::{Error, Result};

/// About how many values are unpacked at a time: 256 KiB of f32.
const VALUES_IN_FLIGHT: usize = 1 << 16;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    pub tensors: usize,
    pub bytes: u64,
    /// Of the file, in lower-case hexadecimal.
    pub sha256: String,
}

/// The type a tensor gets where `asked` was asked for.
///
/// The matrices of linear layers and the token table get it, or the next wider type whose blocks fill their
/// rows. The weights of wide channels are f16; so is the patch embedding, as clip.cpp demands, unless f32 was
/// asked for. All else is f32: it is small, and matters.
pub fn planned_dtype(name: &str, shape: &[usize], asked: Dtype) -> Dtype {
    if is_matrix(name, shape) {
        let mut dtype = if keeps_eight_bits(name, asked) { Dtype::Q8_0 } else { asked };
        while dtype.bytes_of(shape).is_none() && dtype.is_quantized() {
            dtype = if dtype == Dtype::Q6K { Dtype::Q8_0 } else { Dtype::F16 };
        }
        dtype
    } else if wide::is_wide(name) || (name == "v.patch_embd.weight" && asked != Dtype::F32) {
        Dtype::F16
    } else {
        Dtype::F32
    }
}

/// Whether a matrix that is asked for in fewer bits gets eight.
///
/// The errors of the two projections go into the embeddings as they are. In q6_k, whose point is fidelity, those
/// of the token table and of attention's values and output, which go into the residual stream, are spared too,
/// for 9 % of the file: `docs/CORRECTNESS.md` has what that gives.
fn keeps_eight_bits(name: &str, asked: Dtype) -> bool {
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| name.ends_with(suffix));
    match asked {
        Dtype::Q5_0 | Dtype::Q4_0 => ends(&["_projection.weight"]),
        Dtype::Q6K => ends(&["_projection.weight", "token_embd.weight", "attn_v.weight", "attn_out.weight"]),
        _ => false,
    }
}

fn is_matrix(name: &str, shape: &[usize]) -> bool {
    shape.len() == 2 && name.ends_with(".weight") && !name.ends_with("position_embd.weight")
}

/// Writes `checkpoint` to `out` as GGUF, its matrices in `dtype`. `progress` gets the bytes written and those
/// in all.
///
/// The bytes depend on the checkpoint and `dtype` alone, not on the machine. Measured fidelity is of the
/// source, so it is left out.
///
/// # Errors
/// `Write` if `out` refuses, `NonFiniteWeight` or `WeightRange` for values that cannot be stored, `Malformed` if
/// the record has another hash than the weights, `Tokenizer` or `Config` for companions that cannot be carried
/// over.
pub fn quantize(
    checkpoint: &Checkpoint,
    dtype: Dtype,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Summary> {
    let mut record = checkpoint.record.clone();
    record.fidelity.clear();
    let planned = |tensor: &Tensor| planned_dtype(&tensor.name, &tensor.shape, dtype);
    let wide = wide::collect(&checkpoint.tensors, |matrix| planned(matrix).is_quantized())?;
    let kept = |tensor: &&Tensor| dtype.is_quantized() || !wide::is_wide(&tensor.name);
    let tensors: Vec<&Tensor> = checkpoint.tensors.iter().filter(kept).chain(&wide).collect();
    write(checkpoint, record, &tensors, planned, out, progress)
}

/// Writes `checkpoint` to `out` as GGUF with its tensors as they are: for a record that has changed.
///
/// # Errors
/// As [`quantize`].
pub fn rewrite(
    checkpoint: &Checkpoint,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Summary> {
    let tensors: Vec<&Tensor> = checkpoint.tensors.iter().collect();
    write(checkpoint, checkpoint.record.clone(), &tensors, |tensor| tensor.dtype, out, progress)
}

fn write(
    checkpoint: &Checkpoint,
    mut record: Record,
    tensors: &[&Tensor],
    dtype_of: impl Fn(&Tensor) -> Dtype,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Summary> {
    record.source.sha256 = Some(checkpoint.published_sha256()?.to_owned());
    let layout =
        |tensor: &&Tensor| TensorLayout::new(tensor.name.clone(), tensor.shape.clone(), dtype_of(tensor));
    let layouts = tensors.iter().map(layout).collect::<Result<Vec<_>>>()?;
    let metadata = keys::describe(checkpoint, &record, file_type(&layouts))?;
    let mut out = Hashing { out, hash: Sha256::new() };
    let mut writer = Writer::new(&mut out, &metadata, &layouts)?;
    for (tensor, layout) in tensors.iter().zip(&layouts) {
        write_tensor(&mut writer, tensor, layout.dtype, progress)?;
    }
    let bytes = writer.total();
    writer.finish()?;
    Ok(Summary { tensors: layouts.len(), bytes, sha256: hexadecimal(&out.hash.finalize()) })
}

/// The type most matrices have.
fn file_type(layouts: &[TensorLayout]) -> Dtype {
    let matrices =
        || layouts.iter().filter(|layout| is_matrix(&layout.name, &layout.shape)).map(|layout| layout.dtype);
    matrices().max_by_key(|dtype| matrices().filter(|other| other == dtype).count()).unwrap_or(Dtype::F32)
}

/// Writes one tensor in `dtype`.
fn write_tensor(
    writer: &mut Writer,
    tensor: &Tensor,
    dtype: Dtype,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<()> {
    tensor.check_finite()?;
    let (rows, row_len) = (tensor.rows(), tensor.row_len());
    let rows_in_flight = (VALUES_IN_FLIGHT / row_len).max(1);
    let mut values = Vec::new();
    let mut bytes = Vec::new();
    for first in (0..rows).step_by(rows_in_flight) {
        let count = rows_in_flight.min(rows - first);
        bytes.clear();
        if dtype == tensor.dtype {
            bytes.extend_from_slice(tensor.row_bytes(first, count));
        } else {
            values.resize(count * row_len, 0.0);
            tensor.rows_f32(first, &mut values);
            check_range(&tensor.name, first * row_len, dtype, &values)?;
            blocks::encode(dtype, &values, &mut bytes)?;
        }
        writer.write(&bytes)?;
        progress(writer.position(), writer.total());
    }
    Ok(())
}

/// Whether the f16 that `dtype` is made of reaches as far as every value; they begin at element `start`.
fn check_range(name: &str, start: usize, dtype: Dtype, values: &[f32]) -> Result<()> {
    if matches!(dtype, Dtype::F32 | Dtype::Bf16) {
        return Ok(());
    }
    match values.iter().enumerate().find(|(_, value)| value.abs() > f16::MAX.to_f32()) {
        None => Ok(()),
        Some((index, &value)) => Err(Error::WeightRange {
            name: name.to_owned(),
            index: start + index,
            value,
            dtype: dtype.name(),
        }),
    }
}

/// Hashes what passes through.
struct Hashing<'a> {
    out: &'a mut dyn Write,
    hash: Sha256,
}

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
