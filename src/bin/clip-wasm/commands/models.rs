//! `models`: lists known models, and models that were downloaded.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use clip_wasm::Result;
use clip_wasm::weights::Source;
use serde::Serialize;

use crate::hub::stored_models::{self, Slot};
use crate::records::{self, Listed};
use crate::{model, output};

#[derive(Serialize)]
struct Report {
    /// The models inside this program, the one that is run where none is named first.
    embedded: Vec<Embedded>,
    records: Vec<Listed>,
    /// Where kept models are.
    #[serde(serialize_with = "serialize_folder")]
    folder: PathBuf,
    kept: Vec<StoredModel>,
}

#[derive(Serialize)]
struct Embedded {
    id: &'static str,
    bytes: usize,
}

/// A file in the folder of kept models.
#[derive(Serialize)]
struct StoredModel {
    /// A record's id, or a repository.
    name: String,
    dtype: Option<String>,
    bytes: u64,
    path: String,
    sha256: Option<String>,
    hub: Option<String>,
    source: Option<Source>,
    /// Whether it has not come as a whole yet.
    partial: bool,
}

#[allow(clippy::ptr_arg, reason = "serde hands over the field as it is")]
fn serialize_folder<S: serde::Serializer>(
    folder: &PathBuf,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    output::serialize_path(folder, serializer)
}

pub fn run(json: bool) -> Result<()> {
    let folder = stored_models::folder()?;
    let report = Report {
        embedded: model::inside().map(|(id, bytes)| Embedded { id, bytes }).collect(),
        records: records::all()?,
        kept: in_folder(&folder),
        folder,
    };
    if json { output::json(&report) } else { print(&report) }
}

/// The models in a folder, which need not be there, sorted by name.
fn in_folder(folder: &Path) -> Vec<StoredModel> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths.iter().filter_map(|path| kept_at(path)).collect()
}

fn kept_at(path: &Path) -> Option<StoredModel> {
    let end = path.extension()?;
    let partial = end == "data" && path.file_stem().map(Path::new)?.extension() == Some(OsStr::new("gguf"));
    if end != "gguf" && !partial {
        return None;
    }
    let file = if partial { path.with_extension("") } else { path.to_owned() };
    let record = Slot { path: file.clone() }.record().filter(|_| !partial);
    let stem = output::readable(Path::new(file.file_stem()?));
    Some(StoredModel {
        name: record.as_ref().map_or(stem, |record| record.name.clone()),
        dtype: record.as_ref().map(|record| record.dtype.clone()),
        bytes: fs::metadata(path).ok()?.len(),
        path: output::readable(path),
        sha256: record.as_ref().map(|record| record.sha256.clone()),
        hub: record.as_ref().map(|record| record.hub.clone()),
        source: record.map(|record| Source {
            repo: record.asked.split('@').next().map(str::to_owned),
            revision: Some(record.revision),
            ..Source::default()
        }),
        partial,
    })
}

fn print(report: &Report) -> Result<()> {
    let row = |id: &str, fetched: &str, size: &str, rest: &str| {
        output::line(format!("{id:<22} {fetched:>10}  {size:>10}  {rest}"))
    };
    row("id", "download", "q8_0", "")?;
    for Embedded { id, bytes } in &report.embedded {
        row(id, "", "", &format!("embedded, {}", output::bytes(*bytes as u64)))?;
    }
    let q8 = |sizes: &BTreeMap<String, u64>| {
        sizes.get("q8_0").map_or(String::new(), |bytes| output::bytes(*bytes))
    };
    for record in &report.records {
        let fetched = record.bytes.map_or(String::new(), output::bytes);
        row(&record.id, &fetched, &q8(&record.sizes), &record.name)?;
    }
    output::line(format!("\nstored in {}", report.folder.display()))?;
    for kept in &report.kept {
        let what = match (&kept.dtype, kept.partial) {
            (_, true) => "partial; the next download resumes".to_owned(),
            (Some(dtype), _) => dtype.clone(),
            (None, _) => "no recorded hash: not used by name".to_owned(),
        };
        let size = output::bytes(kept.bytes);
        output::line(format!("{:<34} {size:>10}  {what}  {}", kept.name, kept.path))?;
    }
    if report.kept.is_empty() { output::line("nothing yet") } else { Ok(()) }
}
