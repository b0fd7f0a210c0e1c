//! A folder with one subfolder of pictures per class, or with pictures that have no labels.

use std::fs;
use std::path::{Path, PathBuf};

use clip_wasm::{Error, Result};

use super::{Dataset, Item, PictureLocation, problem};
use crate::output;

/// Names of folders that are splits of one data set, not classes of it.
const SPLITS: [&str; 9] =
    ["train", "training", "val", "valid", "validation", "dev", "test", "testing", "eval"];
/// Folders in folders: more are a link in a circle.
const DEEPEST: usize = 16;

/// Reads the names in a folder. Underscores in a class's name become spaces; what is in subfolders of a class's folder
/// is of that class, as in torchvision's `ImageFolder`.
pub fn open(folder: &Path) -> Result<Dataset> {
    let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) =
        entries(folder)?.into_iter().partition(|path| path.is_dir());
    let mut dataset = Dataset::default();
    if folders.is_empty() {
        dataset.items = files.into_iter().map(|path| item(folder, path, None)).collect();
        return Ok(dataset);
    }
    refuse_what_is_around_classes(folder, &folders, &files)?;
    let (mut labels, mut empty) = (Vec::new(), Vec::new());
    for class in folders {
        let name = class.file_name().unwrap_or_default();
        let label = name.to_str().ok_or_else(|| {
            let name = output::readable(Path::new(name));
            problem(
                folder,
                format!("has the folder {name}, whose name is not UTF-8, so it cannot be a label"),
            )
        })?;
        let label = label.replace('_', " ").trim().to_owned();
        if labels.contains(&label) {
            return Err(problem(folder, format!("has two folders for the class {label:?}")));
        }
        labels.push(label.clone());
        let pictures = below(&class, 0)?;
        if pictures.is_empty() {
            empty.push(class);
            continue;
        }
        for path in pictures {
            dataset.items.push(item(folder, path, Some(label.clone())));
        }
        dataset.classes.push(label);
    }
    for class in empty {
        output::note(format!("the folder {} holds no pictures: it is no class", class.display()));
    }
    if let Some(first) = files.first() {
        let (count, s, are) = if files.len() == 1 { (1, "", "is") } else { (files.len(), "s", "are") };
        let first = output::readable(first.strip_prefix(folder).unwrap_or(first));
        output::note(format!("{count} file{s} beside the class folders {are} left out: {first}"));
    }
    Ok(dataset)
}

/// Splits of a data set, and a folder around its classes, are no classes: an error names what to open in their place.
fn refuse_what_is_around_classes(folder: &Path, folders: &[PathBuf], files: &[PathBuf]) -> Result<()> {
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let names: Vec<String> = folders.iter().map(name).collect();
    let mut nested = false;
    for inside in folders {
        nested |= entries(inside)?.iter().any(|path| path.is_dir());
    }
    // A lone one may be a class, unless it holds the classes.
    let are_splits = names.iter().all(|name| SPLITS.contains(&name.to_lowercase().as_str()));
    if are_splits && (nested || folders.len() > 1) {
        let last = folder.join(names.last().map_or("", String::as_str));
        let splits = names.join(" and ");
        let found = format!(
            "contains the splits {splits}, not classes: name one of them, such as {}",
            last.display()
        );
        return Err(problem(folder, found));
    }
    if let ([only], true, true) = (folders, nested, files.is_empty())
        && entries(only)?.iter().all(|path| path.is_dir())
    {
        let found = format!(
            "contains a single folder, which contains the class folders: name that one, {}",
            only.display()
        );
        return Err(problem(folder, found));
    }
    Ok(())
}

/// Every file below a folder, in the order of their paths.
fn below(folder: &Path, depth: usize) -> Result<Vec<PathBuf>> {
    if depth > DEEPEST {
        return Err(problem(
            folder,
            format!("is more than {DEEPEST} folders deep: its links may form a loop"),
        ));
    }
    let mut files = Vec::new();
    for path in entries(folder)? {
        if path.is_dir() {
            files.extend(below(&path, depth + 1)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn item(folder: &Path, path: PathBuf, label: Option<String>) -> Item {
    let inside = path.strip_prefix(folder).unwrap_or(&path);
    let parts: Vec<_> = inside.iter().map(|part| output::readable(Path::new(part))).collect();
    Item { name: parts.join("/"), label, place: PictureLocation::File(path) }
}

/// What is in a folder, sorted; names that begin with a dot, and notes beside the data, are left out.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |source| Error::File { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let hidden = path.file_name().unwrap_or_default().to_string_lossy().starts_with('.');
        let is_note = path.extension().is_some_and(|extension| {
            ["md", "txt", "csv", "tsv", "json"].iter().any(|known| extension == *known)
        });
        if !hidden && !is_note {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
