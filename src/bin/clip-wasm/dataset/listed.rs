//! A table of files and labels, with the pictures beside it.

use std::collections::HashSet;
use std::path::Path;

use clip_wasm::research::dataset::table;
use clip_wasm::{Error, Result};

use super::{Dataset, Item, PictureLocation};
use crate::output;

/// Reads a .csv, .tsv or .json; files are relative to its folder.
pub fn open(path: &Path, extension: &str) -> Result<Dataset> {
    let read =
        |text: String| if extension == "json" { table::read_json(&text) } else { table::read_csv(&text) };
    let lines = table::text(output::read(path)?).and_then(read);
    let lines = lines.map_err(|error| Error::InFile { path: path.to_owned(), error: Box::new(error) })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut classes: Vec<String> = lines.iter().filter_map(|line| line.label.clone()).collect();
    classes.sort();
    classes.dedup();
    let mut seen = HashSet::new();
    let (lines, doubles): (Vec<_>, Vec<_>) =
        lines.into_iter().partition(|line| seen.insert(line.file.clone()));
    if let Some(double) = doubles.first() {
        output::note(format!("files that are listed more than once count once, such as {}", double.file));
    }
    let item = |line: table::Line| Item {
        place: PictureLocation::File(folder.join(&line.file)),
        name: line.file,
        label: line.label,
    };
    Ok(Dataset { classes, items: lines.into_iter().map(item).collect(), templates: Vec::new() })
}
