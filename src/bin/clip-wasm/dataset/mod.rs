//! Opens a data set that the user names: a folder, a table or WebDataset archives.

mod folder;
mod listed;
mod webdataset;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use clip_wasm::{Error, Result};

use crate::output;

/// Pictures, their labels, and the labels that there are.
#[derive(Debug, Default)]
pub struct Dataset {
    /// The classes, in the data's own order.
    pub classes: Vec<String>,
    pub items: Vec<Item>,
    /// Templates that came with the data.
    pub templates: Vec<String>,
}

/// A picture that was not read yet.
#[derive(Debug)]
pub struct Item {
    /// Its path inside the data, parts joined by `/`.
    pub name: String,
    pub label: Option<String>,
    pub place: PictureLocation,
}

/// Where a picture's bytes are.
#[derive(Debug)]
pub enum PictureLocation {
    File(PathBuf),
    /// Some bytes of an archive.
    Part {
        archive: PathBuf,
        offset: u64,
        length: u64,
    },
}

impl Dataset {
    /// What is at `path`: a folder with a folder a class, a CSV or JSON of file and label, or a webdataset.
    ///
    /// # Errors
    /// `Dataset` where there is none, and what reading finds.
    pub fn open(path: &Path) -> Result<Self> {
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        let dataset = match extension.as_str() {
            _ if path.is_dir() && path.join(webdataset::CLASS_NAMES).is_file() => webdataset::open(path),
            _ if path.is_dir() => folder::open(path),
            "csv" | "tsv" | "json" => listed::open(path, &extension),
            "tar" => webdataset::open(path),
            _ if path.exists() => Err(problem(path, "is not a folder, .csv, .tsv, .json, .tar or .npy")),
            _ => Err(problem(path, "does not exist")),
        }?;
        if dataset.items.is_empty() {
            return Err(problem(path, "holds no pictures"));
        }
        Ok(dataset)
    }
}

impl PictureLocation {
    /// The picture's bytes.
    ///
    /// # Errors
    /// `File` if the system refuses them.
    pub fn read(&self) -> Result<Vec<u8>> {
        match self {
            Self::File(path) => output::read(path),
            Self::Part { archive, offset, length } => {
                let failed = |source| Error::File { path: archive.clone(), source };
                let mut file = File::open(archive).map_err(failed)?;
                file.seek(SeekFrom::Start(*offset)).map_err(failed)?;
                let mut bytes = Vec::new();
                file.take(*length).read_to_end(&mut bytes).map_err(failed)?;
                Ok(bytes)
            }
        }
    }
}

/// A folder or file that holds no data as it should.
fn problem(path: &Path, problem: impl Into<String>) -> Error {
    Error::Dataset { path: path.to_owned(), problem: problem.into() }
}
