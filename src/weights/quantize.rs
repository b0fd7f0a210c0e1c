//! A checkpoint out as GGUF: which tensor gets which type, and the writing, a few rows at a time.

use std::io::Write;

use super::body::{Body, Plan};
use super::checkpoint::Checkpoint;
use super::companions::Companions;
use super::dtype::Dtype;
use super::gguf::{TensorLayout, keys, write};
use super::hashed::Hashed;
use super::record::Record;
use super::tensor::Tensor;
use super::wide;
use crate::error::{Error, Result};

/// About how many bytes of a tensor are converted at a time.
const BYTES_IN_FLIGHT: usize = 1 << 18;

/// What the tensors of a FastViT begin with.
const TRUNK: &str = "v.trunk.";

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
/// rows. The weights of wide channels are f16; so is the patch embedding, as clip.cpp demands, and a convolutional
/// trunk's kernels and layers, unless f32 was asked for. All else is f32: it is small, and matters.
pub fn planned_dtype(name: &str, shape: &[usize], asked: Dtype) -> Dtype {
    if name.starts_with(TRUNK) {
        return if shape.len() > 1 && asked != Dtype::F32 { Dtype::F16 } else { Dtype::F32 };
    }
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
/// The errors of the two projections, and of SigLIP's pooling head, go into the embeddings as they are. In q6_k, whose point is fidelity, those
/// of the token table and of attention's values and output, which go into the residual stream, are spared too,
/// for 9 % of the file: `docs/CORRECTNESS.md` has what that gives.
fn keeps_eight_bits(name: &str, asked: Dtype) -> bool {
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| name.ends_with(suffix));
    match asked {
        Dtype::Q6K | Dtype::Q5_0 | Dtype::Q4_0 if name.starts_with("v.head.") => true,
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
/// `Write` if `out` refuses, `NonFiniteWeight` or `WeightRange` for values that cannot be stored, `WrongHash` if
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
    let kept = |tensor: &&Tensor| dtype.is_quantized() || !wide::is_wide(&tensor.name);
    let tensors: Vec<&Tensor> = checkpoint.tensors.iter().filter(kept).collect();
    write_file(checkpoint, &record, &tensors, Plan::Quantize(dtype), out, progress)
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
    write_file(checkpoint, &checkpoint.record, &tensors, Plan::Keep, out, progress)
}

fn write_file(
    checkpoint: &Checkpoint,
    record: &Record,
    tensors: &[&Tensor],
    plan: Plan,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Summary> {
    let record = with_source_hash(record, checkpoint.published_sha256())?;
    let (mut body, layouts) = announce(tensors, plan)?;
    let header = file_header(&checkpoint.companions(), &record, &layouts)?;
    let total = header.len() as u64 + write::data_len(&layouts);
    let failed = |source| Error::Write { source };
    let mut out = Hashed::new(out);
    out.write_all(&header).map_err(failed)?;
    let mut data = Vec::new();
    for tensor in tensors {
        body.begin(tensor.name.clone(), tensor.shape.clone(), tensor.dtype, has_wide(tensors, tensor))?;
        for bytes in tensor.data.chunks(BYTES_IN_FLIGHT) {
            data.clear();
            body.push(bytes, &mut data)?;
            out.write_all(&data).map_err(failed)?;
            progress(out.written(), total);
        }
    }
    data.clear();
    body.finish(&mut data)?;
    if !data.is_empty() {
        out.write_all(&data).map_err(failed)?;
        progress(out.written(), total);
    }
    out.flush().map_err(failed)?;
    let (_, sha256) = out.finish();
    Ok(Summary { tensors: layouts.len(), bytes: total, sha256 })
}

/// The layouts of a file of these tensors, and its data, not yet begun, which knows the norms already.
fn announce(tensors: &[&Tensor], plan: Plan) -> Result<(Body, Vec<TensorLayout>)> {
    let mut body = Body::new(plan);
    for tensor in tensors.iter().filter(|tensor| wide::is_norm(&tensor.name, &tensor.shape)) {
        body.learn(&tensor.name, &tensor.to_f32()?);
    }
    let layout = |tensor: &&Tensor| {
        let dtype = plan.dtype(&tensor.name, &tensor.shape, tensor.dtype);
        TensorLayout::new(tensor.name.clone(), tensor.shape.clone(), dtype)
    };
    let mut layouts = tensors.iter().map(layout).collect::<Result<Vec<_>>>()?;
    for index in 0..tensors.len() {
        if !has_wide(tensors, tensors[index]) {
            layouts.extend(body.companion(&layouts[index])?);
        }
    }
    Ok((body, layouts))
}

/// Whether the weights of a matrix's wide channels are among the tensors.
fn has_wide(tensors: &[&Tensor], matrix: &Tensor) -> bool {
    let name = wide::wide_name(&matrix.name);
    tensors.iter().any(|tensor| tensor.name == name)
}

/// What stands before the data of a file of these tensors.
pub(super) fn file_header(
    companions: &Companions,
    record: &Record,
    layouts: &[TensorLayout],
) -> Result<Vec<u8>> {
    let metadata = keys::describe(companions, record, file_type(layouts))?;
    Ok(write::header(&metadata, layouts).into())
}

/// The record of a file made from weights of this hash; what was measured of them does not hold for it.
///
/// # Errors
/// `WrongHash` if it names another.
pub(super) fn with_source_hash(record: &Record, sha256: &str) -> Result<Record> {
    let mut record = record.clone();
    match record.source.sha256.replace(sha256.to_owned()) {
        Some(expected) if expected != sha256 => {
            Err(Error::WrongHash { what: "the weights", found: sha256.to_owned(), expected })
        }
        _ => Ok(record),
    }
}

/// The type most matrices have.
fn file_type(layouts: &[TensorLayout]) -> Dtype {
    let matrices =
        || layouts.iter().filter(|layout| is_matrix(&layout.name, &layout.shape)).map(|layout| layout.dtype);
    matrices().max_by_key(|dtype| matrices().filter(|other| other == dtype).count()).unwrap_or(Dtype::F32)
}
