//! The folder of models that were downloaded by name: each is a GGUF file with a record of its hash.

use std::fs::{self, File, Metadata};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use clip_wasm::weights::{Dtype, hexadecimal};
use clip_wasm::{Error, Result};
use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::partial_download::digest;
use crate::output;

/// The record of a downloaded model, in `FILE.json` beside it. It is written before the file gets its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredRecord {
    /// What the user called it: a record's id, or a repository.
    pub name: String,
    /// `owner/name@revision`, as asked for.
    pub asked: String,
    pub hub: String,
    /// The commit.
    pub revision: String,
    /// The plan's list of weights files.
    pub weights: serde_json::Value,
    pub dtype: String,
    pub bytes: u64,
    pub sha256: String,
    /// What the system said of the file when its hash was last looked at; another answer, another look.
    pub seen: Option<Seen>,
}

/// What changes when a file does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    bytes: u64,
    modified: u64,
    changed: i64,
    inode: u64,
}

/// What is there of a kept model.
pub enum State {
    /// There is no file.
    Missing,
    /// The very file that was made; `is_new` where it was read from end to end to know that.
    Good { record: Box<StoredRecord>, is_new: bool },
    /// A file, but not what was made; why.
    Bad(String),
}

/// One place in the folder.
#[derive(Debug)]
pub struct Slot {
    pub path: PathBuf,
}

impl Slot {
    /// The place of a model in a type.
    pub fn of(folder: &Path, name: &str, dtype: Dtype) -> Self {
        let mut stem = name.replace(['/', '\\'], "--");
        if name.contains("--") {
            // Two names would meet in one.
            stem = format!("{stem}-{}", &hexadecimal(&Sha256::digest(name))[..8]);
        }
        Self { path: folder.join(format!("{stem}-{}.gguf", dtype.name())) }
    }

    fn record_path(&self) -> PathBuf {
        self.path.with_added_extension("json")
    }

    /// The record, if there is one.
    pub fn record(&self) -> Option<StoredRecord> {
        serde_json::from_slice(&fs::read(self.record_path()).ok()?).ok()
    }

    /// What is there. A file that the system says was touched since is read from end to end.
    ///
    /// # Errors
    /// `File`.
    pub fn state(&self) -> Result<State> {
        let failed = |source| Error::File { path: self.path.clone(), source };
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(State::Missing),
            Err(error) => return Err(failed(error)),
        };
        let Some(mut record) = self.record() else {
            return Ok(State::Bad("its hash was not recorded".to_owned()));
        };
        let seen = Seen::of(&file.metadata().map_err(failed)?);
        if record.seen.as_ref() == Some(&seen) {
            return Ok(State::Good { record: Box::new(record), is_new: false });
        }
        let found = digest(file).map_err(failed)?;
        if found != record.sha256 {
            return Ok(State::Bad(format!(
                "it has the SHA-256 {found}, but was saved with {}",
                record.sha256
            )));
        }
        record.seen = Some(seen);
        Ok(State::Good { record: Box::new(record), is_new: true })
    }

    /// Notes that the file was looked at, beside other processes that may do the same. Where that cannot be written,
    /// the next use reads the file again.
    pub fn seen(&self, record: &StoredRecord) {
        let _ = output::write(&self.record_path(), json!(record).to_string().as_bytes());
    }

    /// Notes what is about to get its name, and gives it that.
    ///
    /// # Errors
    /// `File`.
    pub fn finish(&self, finished: &Path, mut record: StoredRecord) -> Result<()> {
        self.write(&record)?;
        fs::rename(finished, &self.path).map_err(|source| Error::File { path: self.path.clone(), source })?;
        record.seen = fs::metadata(&self.path).ok().map(|file| Seen::of(&file));
        self.write(&record)
    }

    /// Writes the record, for the one process that works here.
    ///
    /// # Errors
    /// `File`.
    pub fn write(&self, record: &StoredRecord) -> Result<()> {
        output::replace(&self.record_path(), &[json!(record).to_string().as_bytes()])
    }

    /// Removes a file that is not what was made. One that is held fast is replaced later.
    pub fn remove(&self) {
        let _ = fs::remove_file(&self.path);
    }
}

impl Seen {
    fn of(file: &Metadata) -> Self {
        let modified = file.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        #[cfg(unix)]
        let (changed, inode) = {
            use std::os::unix::fs::MetadataExt;
            (file.ctime().wrapping_mul(1_000_000_000).wrapping_add(file.ctime_nsec()), file.ino())
        };
        #[cfg(not(unix))]
        let (changed, inode) = (0, 0);
        Self {
            bytes: file.len(),
            modified: modified.map_or(0, |time| time.as_nanos() as u64),
            changed,
            inode,
        }
    }
}

/// The folder: CLIP_WASM_MODELS, or one in the user's cache.
///
/// # Errors
/// `File` where the environment names neither.
pub fn folder() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("CLIP_WASM_MODELS").filter(|folder| !folder.is_empty()) {
        return Ok(folder.into());
    }
    let user = etcetera::choose_base_strategy().map_err(|_| Error::File {
        path: PathBuf::from("CLIP_WASM_MODELS"),
        source: std::io::Error::new(
            std::io::ErrorKind::NotFound,
            "this variable is not set, and the user has no home folder, so there is no folder to keep models in",
        ),
    })?;
    Ok(user.cache_dir().join("clip-wasm"))
}
