//! `quantize`: a checkpoint to one GGUF file.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use clip_wasm::weights::{Checkpoint, Dtype, Record, Summary, quantize, rewrite};
use clip_wasm::{Error, Result};
use serde_json::json;

use crate::args::Quantize;
use crate::hub::Hub;
use crate::{model, output};

pub fn run(args: &Quantize, json: bool) -> Result<()> {
    let dtype = Dtype::parse(&args.dtype)?;
    let target = args.output.clone().unwrap_or_else(|| default_target(&args.source, dtype));
    let record = args.record.as_deref().map(|path| Record::from_json(&output::read(path)?)).transpose()?;
    let summary = match model::on_hub(&args.source)? {
        Some(wanted) => {
            let wanted = match record {
                Some(record) => wanted.with_record(record),
                None => wanted,
            };
            Hub::from_environment().quantize(&wanted, dtype, &target)?
        }
        None => write(model::checkpoint(&args.source)?, record, dtype, &target)?,
    };
    if json {
        let (tensors, bytes, sha256) = (summary.tensors, summary.bytes, &summary.sha256);
        return output::json(&json!({
            "output": target, "dtype": dtype.name(), "tensors": tensors, "bytes": bytes, "sha256": sha256,
        }));
    }
    output::line(format!(
        "{}: {} tensors in {}, {}, sha256 {}",
        target.display(),
        summary.tensors,
        dtype.name(),
        output::bytes(summary.bytes),
        summary.sha256
    ));
    Ok(())
}

/// Writes a checkpoint that is on this machine, aside first.
fn write(mut checkpoint: Checkpoint, record: Option<Record>, dtype: Dtype, target: &Path) -> Result<Summary> {
    // What was measured of the file holds for a copy of it, not for another type.
    let copies = checkpoint.main_dtype() == dtype && record.is_some();
    if let Some(record) = record {
        checkpoint.record = record;
    }
    let aside = target.with_added_extension("part");
    let failed = |source| Error::File { path: target.to_owned(), source };
    let mut file = BufWriter::new(File::create(&aside).map_err(failed)?);
    let bar = output::progress(0, "quantizing");
    let mut progress = |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let summary = if copies {
        rewrite(&checkpoint, &mut file, &mut progress)
    } else {
        quantize(&checkpoint, dtype, &mut file, &mut progress)
    };
    bar.finish_and_clear();
    let summary = match summary {
        Ok(summary) => summary,
        Err(error) => {
            // The error at hand matters more than a file that cannot be removed.
            let _ = fs::remove_file(&aside);
            return Err(error);
        }
    };
    file.into_inner().map_err(|error| failed(error.into_error()))?.sync_all().map_err(failed)?;
    fs::rename(&aside, target).map_err(failed)?;
    Ok(summary)
}

/// SOURCE's name with the type, in the working directory.
fn default_target(source: &str, dtype: Dtype) -> PathBuf {
    let stem = Path::new(source).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    PathBuf::from(format!("{stem}-{}.gguf", dtype.name()))
}
