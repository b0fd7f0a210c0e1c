//! Quantizes an open checkpoint to a GGUF file, a few rows at a time.

use std::io::Write;

use super::data_writer::DataWriter;
use super::outlier_weights;
use super::tensor_types::{Plan, file_type};
use crate::error::{Error, Result};
use crate::weights::checkpoint::Checkpoint;
use crate::weights::container::gguf::{TensorLayout, write};
use crate::weights::container::tensor::Tensor;
use crate::weights::dialect::checkpoint_metadata::CheckpointMetadata;
use crate::weights::dialect::clip_cpp;
use crate::weights::hashed::Hashed;
use crate::weights::outliers::Outliers;
use crate::weights::quantize::blocks::dtype::Dtype;
use crate::weights::record::Record;

/// About how many bytes of a tensor are converted at a time.
const BYTES_IN_FLIGHT: usize = 1 << 18;

/// Facts about the file that was written.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    pub tensors: usize,
    pub bytes: u64,
    /// SHA-256 of the file, in lower-case hexadecimal.
    pub sha256: String,
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
    let kept = |tensor: &&Tensor| dtype.is_quantized() || !outlier_weights::is_outlier_weights(&tensor.name);
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
    let (mut body, layouts) = announce(tensors, checkpoint.tensors.outliers(), plan)?;
    let header = file_header(&checkpoint.metadata(), &record, &body.outliers(&layouts), &layouts)?;
    let total = header.len() as u64 + write::data_len(&layouts);
    let failed = |source| Error::Write { source };
    let mut out = Hashed::new(out);
    out.write_all(&header).map_err(failed)?;
    let mut data = Vec::new();
    for tensor in tensors {
        body.begin(tensor.name.clone(), tensor.shape.clone(), tensor.dtype, has_outliers(tensors, tensor))?;
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
fn announce(tensors: &[&Tensor], outliers: &Outliers, plan: Plan) -> Result<(DataWriter, Vec<TensorLayout>)> {
    let mut body = DataWriter::new(plan);
    body.list(outliers);
    for tensor in tensors.iter().filter(|tensor| outlier_weights::is_norm(&tensor.name, &tensor.shape)) {
        body.learn(&tensor.name, &tensor.to_f32()?);
    }
    let layout = |tensor: &&Tensor| {
        let dtype = plan.dtype(&tensor.name, &tensor.shape, tensor.dtype);
        TensorLayout::new(tensor.name.clone(), tensor.shape.clone(), dtype)
    };
    let mut layouts = tensors.iter().map(layout).collect::<Result<Vec<_>>>()?;
    for index in 0..tensors.len() {
        if !has_outliers(tensors, tensors[index]) {
            layouts.extend(body.companion(&layouts[index])?);
        }
    }
    Ok((body, layouts))
}

/// Whether the weights of a matrix's outlier channels are among the tensors.
fn has_outliers(tensors: &[&Tensor], matrix: &Tensor) -> bool {
    let name = outlier_weights::outlier_weights_name(&matrix.name);
    tensors.iter().any(|tensor| tensor.name == name)
}

/// What stands before the data of a file of these tensors.
pub(in crate::weights) fn file_header(
    companions: &CheckpointMetadata,
    record: &Record,
    outliers: &Outliers,
    layouts: &[TensorLayout],
) -> Result<Vec<u8>> {
    let metadata = clip_cpp::describe(companions, record, outliers, file_type(layouts))?;
    Ok(write::header(&metadata, layouts).into())
}

/// The record of a file made from weights of this hash; what was measured of them does not hold for it.
///
/// # Errors
/// `WrongHash` if it names another.
pub(in crate::weights) fn with_source_hash(record: &Record, sha256: &str) -> Result<Record> {
    let mut record = record.clone();
    match record.source.sha256.replace(sha256.to_owned()) {
        Some(expected) if expected != sha256 => {
            Err(Error::WrongHash { what: "the weights", found: sha256.to_owned(), expected })
        }
        _ => Ok(record),
    }
}
