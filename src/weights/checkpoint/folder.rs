//! Opens a checkpoint in a folder of Hugging Face's or OpenCLIP's files.

#![expect(unsafe_code, reason = "maps files")]

use std::fs::{self, DirEntry, File};
use std::io;
use std::path::Path;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::lfs_pointer;
use crate::weights::dialect::checkpoint_metadata::{HuggingFaceFiles, MetadataFiles};
use crate::weights::hub::{Repository, RepositoryFile};
use crate::weights::record::Record;

const WHOLE: &str = "model.safetensors";
const RECORD: &str = "record.json";
const INDEX: &str = "model.safetensors.index.json";

/// Reads the small files of `folder` and maps its weights. A `record.json` beside them, of the form of
/// [`Record`], is taken over; without a name in it, the folder's own serves.
///
/// # Errors
/// `MissingFile` for what is not there, `File` naming what cannot be read, `Malformed` for an index that is none.
pub fn read(folder: &Path) -> Result<HuggingFaceFiles> {
    let read = |name: &str| read_file(&folder.join(name)).map(Bytes::from);
    let read_one =
        |file: &Option<RepositoryFile>| file.as_ref().map_or(Ok(Bytes::new()), |file| read(&file.name));
    let mut names = names(folder)?;
    if let Some(archive) = lone_archive(&names) {
        return read_archive(&folder.join(archive));
    }
    let has = |name: &str| names.iter().any(|other| other == name);
    let shards = (has(INDEX) && !has(WHOLE)).then(|| shards(&read(INDEX)?)).transpose()?;
    names.extend(shards.iter().flatten().cloned());
    let plan = Repository::of_files(names).plan("", Record::default())?;
    let weights = shards.unwrap_or_else(|| plan.weights.into_iter().map(|file| file.name).collect());
    Ok(HuggingFaceFiles {
        companions: plan.companions.try_map(read_one)?,
        weights: weights.iter().map(|name| map(&folder.join(name))).collect::<Result<_>>()?,
        record: record(folder)?,
    })
}

/// Maps one of OpenAI's archives, or any PyTorch checkpoint under its names, which has no config; the tokenizer is
/// beside it.
///
/// # Errors
/// As [`read`].
pub fn read_archive(path: &Path) -> Result<HuggingFaceFiles> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let tokenizer =
        ["tokenizer.json", "vocab.json"].iter().map(|name| folder.join(name)).find(|file| file.exists());
    let tokenizer = tokenizer.ok_or_else(|| Error::MissingFile {
        expected: format!("tokenizer.json or vocab.json beside {}", path.display()),
    })?;
    let mut record = record(folder)?;
    if !folder.join(RECORD).exists() {
        record.name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
    }
    Ok(HuggingFaceFiles {
        companions: MetadataFiles { tokenizer: read_file(&tokenizer)?.into(), ..MetadataFiles::default() },
        weights: vec![map(path)?],
        record,
    })
}

/// The one `.pt` file of a folder without a config.
fn lone_archive(names: &[String]) -> Option<&str> {
    let mut archives = names.iter().filter(|name| name.ends_with(".pt"));
    let archive = archives.next().filter(|_| archives.next().is_none())?;
    let has_config =
        names.iter().any(|name| ["config.json", "open_clip_config.json"].contains(&name.as_str()));
    (!has_config).then_some(archive)
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let failed = |source| Error::File { path: folder.to_owned(), source };
    let name = |entry: io::Result<DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
    fs::read_dir(folder).and_then(|entries| entries.map(name).collect()).map_err(failed)
}

/// The file names in a safetensors index, sorted, each once.
///
/// # Errors
/// `Malformed` if it is no index, or names anything but `.safetensors` files of its own folder.
fn shards(index: &[u8]) -> Result<Vec<String>> {
    let malformed = |reason: String| Error::Malformed { format: INDEX, reason };
    let index: Value = serde_json::from_slice(index).map_err(|error| malformed(error.to_string()))?;
    let places = index.get("weight_map").and_then(Value::as_object).filter(|places| !places.is_empty());
    let places: &Map<_, _> =
        places.ok_or_else(|| malformed("it has no `weight_map`, or an empty one".into()))?;
    let mut shards = Vec::with_capacity(places.len());
    for (tensor, shard) in places {
        match shard.as_str() {
            Some(name) if is_plain_file_name(name) => shards.push(name.to_owned()),
            _ => {
                return Err(malformed(format!(
                    "tensor {tensor:?} is in {shard}, expected the name of a .safetensors file"
                )));
            }
        }
    }
    shards.sort();
    shards.dedup();
    Ok(shards)
}

fn is_plain_file_name(name: &str) -> bool {
    name.ends_with(".safetensors") && !name.contains(['/', '\\', ':', '\0'])
}

fn record(folder: &Path) -> Result<Record> {
    let path = folder.join(RECORD);
    let mut record = if path.exists() { Record::from_json(&read_file(&path)?)? } else { Record::default() };
    if record.name.is_none() {
        record.name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    }
    Ok(record)
}

/// The bytes of a small file.
fn read_file(path: &Path) -> Result<Vec<u8>> {
    let bytes = fs::read(path).map_err(|source| Error::File { path: path.to_owned(), source })?;
    refuse_pointer(path, &bytes)?;
    Ok(bytes)
}

/// Names the file that a Git LFS pointer stands in place of.
fn refuse_pointer(path: &Path, bytes: &[u8]) -> Result<()> {
    lfs_pointer::refuse(bytes, &path.display().to_string())
}

/// The bytes of a file, mapped: pages are read when they are looked at, and given back under pressure.
///
/// # Errors
/// `File` if it cannot be opened or mapped.
pub fn map(path: &Path) -> Result<Bytes> {
    let failed = |source| Error::File { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.len() == 0 {
        return Ok(Bytes::new());
    }
    // SAFETY: the map is only read; a checkpoint that another program rewrites meanwhile is outside what can
    // be promised.
    let map = unsafe { memmap2::Mmap::map(&file) }.map_err(failed)?;
    let bytes = Bytes::from_owner(map);
    refuse_pointer(path, &bytes)?;
    Ok(bytes)
}
