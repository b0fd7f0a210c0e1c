//! `quantize`: converts a checkpoint to a GGUF file.

use std::ffi::OsStr;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clip_wasm::image::Backend;
use clip_wasm::session::preprocessor_of;
use clip_wasm::weights::{Checkpoint, Dtype, Record, Summary, quantize, rewrite};
use clip_wasm::{Error, Result};
use serde_json::json;

use crate::args::Quantize;
use crate::hub::Hub;
use crate::output::Target;
use crate::{model, output};

pub fn run(args: &Quantize, json: bool) -> Result<()> {
    let dtype = Dtype::parse(&args.dtype)?;
    let pixels = args.preprocessor.map(Backend::from);
    let wanted = model::on_hub(&args.source)?;
    let target = args.output.clone();
    let target = target.unwrap_or_else(|| default_target(&args.source, wanted.is_some(), dtype));
    let target = Target::new(&target)?;
    let record = args.record.as_deref().map(|path| Record::from_json(&output::read(path)?)).transpose()?;
    let summary = match wanted {
        Some(wanted) => {
            let wanted = match record {
                Some(record) => wanted.with_record(record),
                None => wanted,
            };
            let wanted = wanted.with_preprocessor(pixels);
            Hub::from_environment()?.quantize(wanted, dtype, &target)?
        }
        None => write(model::checkpoint(&args.source)?, record, pixels, dtype, &target)?,
    };
    if json {
        let (tensors, bytes, sha256) = (summary.tensors, summary.bytes, &summary.sha256);
        return output::json(&json!({
            "output": output::readable(target.path()), "dtype": dtype.name(), "tensors": tensors, "bytes": bytes, "sha256": sha256,
        }));
    }
    output::line(format!(
        "{}: {} tensors in {}, {}, sha256 {}",
        target.path().display(),
        summary.tensors,
        dtype.name(),
        output::bytes(summary.bytes),
        summary.sha256
    ))
}

/// Writes a checkpoint that is on this machine.
fn write(
    mut checkpoint: Checkpoint,
    record: Option<Record>,
    pixels: Option<Backend>,
    dtype: Dtype,
    target: &Target,
) -> Result<Summary> {
    // What was measured of the file holds for a copy of it, not for another type.
    let copies = checkpoint.main_dtype() == dtype && (record.is_some() || pixels.is_some());
    let has_own_record = record.is_none();
    let before = preprocessor_of(&checkpoint.preprocessing_json, &checkpoint.record).ok();
    if let Some(mut record) = record {
        record.preprocessor = record.preprocessor.or(checkpoint.record.preprocessor);
        checkpoint.record = record;
    }
    let mut checkpoint = model::with_preprocessor(checkpoint, pixels)?;
    if has_own_record && pixels.is_some_and(|pixels| before != Some(pixels)) {
        // It was measured with other pixels.
        checkpoint.record.fidelity.clear();
        checkpoint.record.neutral_cosine = None;
    }
    let failed = |source| Error::File { path: target.path().to_owned(), source };
    let bar = output::progress_of_bytes(0, "quantizing");
    let mut progress = |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let summary = target.write_with(|file| {
        let mut file = BufWriter::new(file);
        let summary = if copies {
            rewrite(&checkpoint, &mut file, &mut progress)
        } else {
            quantize(&checkpoint, dtype, &mut file, &mut progress)
        };
        file.flush().map_err(failed)?;
        summary
    });
    bar.finish_and_clear();
    // It is not standard output that refused.
    summary.map_err(|error| if let Error::Write { source } = error { failed(source) } else { error })
}

/// SOURCE's name with the type, in the working directory.
fn default_target(source: &OsStr, is_repository: bool, dtype: Dtype) -> PathBuf {
    let path = Path::new(source);
    let whole = if path.is_dir() { path.canonicalize().ok() } else { None };
    let whole = whole.as_deref().unwrap_or(path);
    let name = if is_repository || whole.is_dir() { whole.file_name() } else { whole.file_stem() };
    let mut name = name.unwrap_or(OsStr::new("model")).to_owned();
    name.push(format!("-{}.gguf", dtype.name()));
    PathBuf::from(name)
}
