//! CLIP_benchmark's webdatasets: .tar archives of pictures and `.cls` files, with `classnames.txt` and
//! `zeroshot_classification_templates.txt` in the folder.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use clip_wasm::{Error, Result};
use tar::Archive;

use super::{Dataset, Item, Place, problem};
use crate::output;

pub const CLASS_NAMES: &str = "classnames.txt";
const TEMPLATES: &str = "zeroshot_classification_templates.txt";
/// Digits of a class's index: what is longer is none.
const CLASS_FILE_MOST: u64 = 32;
const PICTURES: [&str; 6] = ["jpg", "jpeg", "png", "webp", "gif", "bmp"];

/// Reads where everything is in an archive, or in all archives of a folder or of its `test` folder.
pub fn open(path: &Path) -> Result<Dataset> {
    let (folder, archives) = if path.is_dir() {
        (path, archives(path)?)
    } else {
        (path.parent().unwrap_or(Path::new("")), vec![path.to_owned()])
    };
    // An archive may lie in the folder of its split.
    let beside = [folder.to_owned(), folder.join("..")];
    let text = |name: &str| beside.iter().find_map(|folder| output::read(&folder.join(name)).ok());
    let classes = text(CLASS_NAMES).map(|bytes| lines(&bytes)).unwrap_or_default();
    let templates = text(TEMPLATES).map(|bytes| lines(&bytes)).unwrap_or_default();
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

fn lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn archives(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in [folder.join("test"), folder.to_owned()] {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        found.extend(paths.filter(|path| path.extension().is_some_and(|extension| extension == "tar")));
        if !found.is_empty() {
            break;
        }
    }
    found.sort();
    if found.is_empty() {
        Err(problem(folder, "has no .tar archive, nor has its folder test"))
    } else {
        Ok(found)
    }
}

/// A sample in the making: its picture's place, and its class.
type Sample = (Option<(String, u64, u64)>, Option<usize>);

fn read_archive(path: &Path, dataset: &mut Dataset) -> Result<()> {
    let failed = |source| Error::File { path: path.to_owned(), source };
    let mut archive = Archive::new(File::open(path).map_err(failed)?);
    let mut samples: BTreeMap<String, Sample> = BTreeMap::new();
    for entry in archive.entries_with_seek().map_err(failed)? {
        let mut entry = entry.map_err(failed)?;
        let name = entry.path().map_err(failed)?.to_string_lossy().into_owned();
        let Some((key, extension)) = name.rsplit_once('.') else { continue };
        let extension = extension.to_lowercase();
        let sample = samples.entry(key.to_owned()).or_default();
        if PICTURES.contains(&extension.as_str()) {
            let (offset, length) = (entry.raw_file_position(), entry.size());
            sample.0 = Some((name, offset, length));
        } else if extension == "cls" {
            let mut text = String::new();
            entry.by_ref().take(CLASS_FILE_MOST).read_to_string(&mut text).map_err(failed)?;
            let class = text.trim().parse().ok().filter(|class| *class < dataset.classes.len());
            let known = format!("one of 0 to {}", dataset.classes.len() - 1);
            sample.1 =
                Some(class.ok_or_else(|| problem(path, format!("{name} holds {text:?}, expected {known}")))?);
        }
    }
    let shard = path.file_name().unwrap_or_default().to_string_lossy();
    let item = |((name, offset, length), class): ((String, u64, u64), Option<usize>)| Item {
        name: format!("{shard}/{name}"),
        label: class.map(|class| dataset.classes[class].clone()),
        place: Place::Part { archive: path.to_owned(), offset, length },
    };
    let items: Vec<Item> =
        samples.into_values().filter_map(|(picture, class)| Some(item((picture?, class)))).collect();
    dataset.items.extend(items);
    Ok(())
}
