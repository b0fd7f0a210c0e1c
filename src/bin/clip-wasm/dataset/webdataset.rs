//! CLIP_benchmark's webdatasets: .tar archives of pictures and `.cls` files, with `classnames.txt` and
//! `zeroshot_classification_templates.txt` in the folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use clip_wasm::research::dataset::table;
use clip_wasm::research::dataset::webdataset::{Sample, class_names, samples};
use clip_wasm::{Error, Result};

use super::{Dataset, Item, PictureLocation, problem};
use crate::output;

pub const CLASS_NAMES: &str = "classnames.txt";
const TEMPLATES: &str = "zeroshot_classification_templates.txt";

/// Reads where everything is in an archive, or in all archives of a folder or of its `test` folder.
pub fn open(path: &Path) -> Result<Dataset> {
    let (folder, archives) = if path.is_dir() {
        (path, archives(path)?)
    } else {
        (path.parent().unwrap_or(Path::new("")), vec![path.to_owned()])
    };
    // An archive may lie in the folder of its split.
    let beside = [folder.to_owned(), folder.join("..")];
    let beside_it = |name: &str| beside.iter().map(|folder| folder.join(name)).find(|path| path.exists());
    let classes = match beside_it(CLASS_NAMES) {
        None => Vec::new(),
        Some(path) => class_names(output::read(&path)?)
            .map_err(|error| Error::InFile { path, error: Box::new(error) })?,
    };
    let templates = match beside_it(TEMPLATES) {
        None => Vec::new(),
        Some(path) => lines(&path)?,
    };
    if classes.is_empty() {
        return Err(problem(
            folder,
            format!("has no {CLASS_NAMES}, which names the classes of its archives"),
        ));
    }
    let templates = templates.iter().map(|template| template.replace("{c}", "{}")).collect();
    let mut dataset = Dataset { classes, templates, items: Vec::new() };
    for archive in archives {
        read_archive(&archive, &mut dataset)?;
    }
    Ok(dataset)
}

/// The lines of a text that are not blank.
fn lines(path: &Path) -> Result<Vec<String>> {
    let text = table::text(output::read(path)?);
    let text = text.map_err(|error| Error::InFile { path: path.to_owned(), error: Box::new(error) })?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

fn archives(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in [folder.join("test"), folder.to_owned()] {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let hidden =
            |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let is_archive = |path: &PathBuf| path.extension().is_some_and(|end| end == "tar") && !hidden(path);
        found.extend(paths.filter(is_archive));
        if !found.is_empty() {
            break;
        }
    }
    found.sort();
    if found.is_empty() {
        Err(problem(folder, "has no .tar archive, and neither has its folder test"))
    } else {
        Ok(found)
    }
}

fn read_archive(path: &Path, dataset: &mut Dataset) -> Result<()> {
    let file = File::open(path).map_err(|source| Error::File { path: path.to_owned(), source })?;
    let in_file = |error| Error::InFile { path: path.to_owned(), error: Box::new(error) };
    let shard = path.file_name().unwrap_or_default().to_string_lossy();
    for Sample { name, class, offset, length } in samples(file, dataset.classes.len()).map_err(in_file)? {
        dataset.items.push(Item {
            name: format!("{shard}/{name}"),
            label: class.map(|class| dataset.classes[class].clone()),
            place: PictureLocation::Part { archive: path.to_owned(), offset, length },
        });
    }
    Ok(())
}
