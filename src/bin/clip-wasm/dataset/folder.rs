//! A folder that has one folder of pictures a class, or pictures without labels.

use std::fs;
use std::path::{Path, PathBuf};

use clip_wasm::{Error, Result};

use super::{Dataset, Item, Place, problem};

/// Reads the names in a folder. Underscores in a class's name read as spaces.
pub fn open(folder: &Path) -> Result<Dataset> {
    let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) =
        entries(folder)?.into_iter().partition(|path| path.is_dir());
    let mut dataset = Dataset::default();
    if folders.is_empty() {
        dataset.items = files.into_iter().map(|path| item(folder, path, None)).collect();
        return Ok(dataset);
    }
    for class in folders {
        let label = class.file_name().unwrap_or_default().to_string_lossy().replace('_', " ");
        if dataset.classes.contains(&label) {
            return Err(problem(folder, format!("has two folders that read as the class {label:?}")));
        }
        for path in entries(&class)?.into_iter().filter(|path| path.is_file()) {
            dataset.items.push(item(folder, path, Some(label.clone())));
        }
        dataset.classes.push(label);
    }
    Ok(dataset)
}

fn item(folder: &Path, path: PathBuf, label: Option<String>) -> Item {
    let inside = path.strip_prefix(folder).unwrap_or(&path);
    let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
    Item { name: parts.join("/"), label, place: Place::File(path) }
}

/// What is in a folder, sorted; names that begin with a dot, and notes beside the data, are left out.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |source| Error::File { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let hidden = path.file_name().unwrap_or_default().to_string_lossy().starts_with('.');
        let is_note = path
            .extension()
            .is_some_and(|extension| ["md", "txt", "csv", "json"].iter().any(|known| extension == *known));
        if !hidden && !is_note {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
