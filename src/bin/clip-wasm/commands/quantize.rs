//! `quantize`: a checkpoint to one GGUF file.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use clip_wasm::weights::{Dtype, Record, quantize, rewrite};
use clip_wasm::{Error, Result};
use serde_json::json;

use crate::args::Quantize;
use crate::{model, output};

pub fn run(args: &Quantize, json: bool) -> Result<()> {
    let dtype = Dtype::parse(&args.dtype)?;
    let mut checkpoint = model::checkpoint(&args.source)?;
    if let Some(path) = &args.record {
        checkpoint.record = record(path)?;
    }
    let target = args.output.clone().unwrap_or_else(|| default_target(&args.source, dtype));
    let aside = target.with_added_extension("part");
    let failed = |source| Error::File { path: target.clone(), source };
    let mut file = BufWriter::new(File::create(&aside).map_err(failed)?);
    let bar = output::progress(0, "quantizing");
    let mut progress = |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    };
    // What was measured of the file holds for a copy of it, not for another type.
    let summary = if checkpoint.main_dtype() == dtype && args.record.is_some() {
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
    fs::rename(&aside, &target).map_err(failed)?;
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

fn record(path: &Path) -> Result<Record> {
    serde_json::from_slice(&output::read(path)?)
        .map_err(|error| Error::Malformed { format: "model record", reason: error.to_string() })
}

/// SOURCE's name with the type, in the working directory.
fn default_target(source: &str, dtype: Dtype) -> PathBuf {
    let stem = Path::new(source).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    PathBuf::from(format!("{stem}-{}.gguf", dtype.name()))
}
