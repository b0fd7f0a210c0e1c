//! A Hugging Face checkpoint's files out of a folder.

use std::fs::{self, File};
use std::path::Path;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::checkpoint::HuggingFaceFiles;
use super::record::Record;
use crate::error::{Error, Result};

/// The weights as one file, the better form first.
const WEIGHTS: [&str; 4] =
    ["model.safetensors", "open_clip_model.safetensors", "pytorch_model.bin", "open_clip_pytorch_model.bin"];
const PREPROCESSOR: &str = "preprocessor_config.json";
const PROCESSOR: &str = "processor_config.json";
const INDEX: &str = "model.safetensors.index.json";

/// Reads the small files of `folder` and maps its weights. A `record.json` beside them, of the form of
/// [`Record`], is taken over; without a name in it, the folder's own serves.
///
/// # Errors
/// `File` naming what cannot be read, `Malformed` for an index that is none.
pub fn read(folder: &Path) -> Result<HuggingFaceFiles> {
    let read = |name: &str| read_file(&folder.join(name)).map(Bytes::from);
    let weights = if folder.join(INDEX).exists() && !folder.join(WEIGHTS[0]).exists() {
        let shards = shards(&read(INDEX)?)?;
        shards.iter().map(|shard| map(&folder.join(shard))).collect::<Result<_>>()?
    } else {
        let found = WEIGHTS.iter().find(|name| folder.join(name).exists()).unwrap_or(&WEIGHTS[0]);
        vec![map(&folder.join(found))?]
    };
    let has_processor = !folder.join(PREPROCESSOR).exists() && folder.join(PROCESSOR).exists();
    let preprocessor = if has_processor { PROCESSOR } else { PREPROCESSOR };
    Ok(HuggingFaceFiles {
        config: read("config.json")?,
        tokenizer: read("tokenizer.json")?,
        preprocessor: read(preprocessor)?,
        weights,
        record: record(folder)?,
    })
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
    let path = folder.join("record.json");
    let mut record = if path.exists() {
        serde_json::from_slice(&read_file(&path)?)
            .map_err(|error| Error::Malformed { format: "record.json", reason: error.to_string() })?
    } else {
        Record::default()
    };
    if record.name.is_none() {
        record.name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    }
    Ok(record)
}

fn read_file(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|source| Error::File { path: path.to_owned(), source })
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
    Ok(Bytes::from_owner(map))
}
