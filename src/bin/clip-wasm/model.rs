//! From what the user calls a model to a checkpoint.

use std::path::Path;

use bytes::Bytes;
use clip_wasm::session::Session;
use clip_wasm::weights::{Checkpoint, Dtype};
use clip_wasm::{Error, Result};

use crate::hub::{Hub, Wanted};
use crate::records;

/// The record's id of the model inside this program.
pub const EMBEDDED: &str = "emoji-clip";
const EMBEDDED_GGUF: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/emoji-clip.gguf"));

/// What published weights are run in where a model is named without a type.
const KEPT_DTYPE: Dtype = Dtype::Q8_0;

/// The checkpoint that `name` stands for: a file, a folder, a record's id, or a repository, which is fetched
/// at its first use and kept.
pub fn checkpoint(name: &str) -> Result<Checkpoint> {
    let path = Path::new(name);
    if !path.exists() && name == EMBEDDED {
        return Checkpoint::from_gguf(Bytes::from_static(EMBEDDED_GGUF));
    }
    match on_hub(name)? {
        Some(wanted) => open(&Hub::from_environment().kept(name, &wanted, KEPT_DTYPE)?),
        None if path.exists() || path.extension().is_some() || path.components().count() > 1 => open(path),
        None => {
            let known = format!("{EMBEDDED}, {}", records::ids());
            Err(Error::UnknownModel { id: name.to_owned(), known })
        }
    }
}

/// The repository that `name` stands for, if it is neither a file nor anything that looks like one.
pub fn on_hub(name: &str) -> Result<Option<Wanted>> {
    let path = Path::new(name);
    let is_file = path.exists() || path.extension().is_some_and(|end| end == "gguf" || end == "safetensors");
    if is_file { Ok(None) } else { Wanted::parse(name) }
}

fn open(path: &Path) -> Result<Checkpoint> {
    Checkpoint::open(path).map_err(|error| match error {
        Error::File { .. } => error,
        error => Error::InFile { path: path.to_owned(), error: Box::new(error) },
    })
}

/// The model that `name` stands for, ready to run, and the hash of its weights.
pub fn hashed_session(name: &str) -> Result<(Session, String)> {
    let checkpoint = checkpoint(name)?;
    let sha256 = checkpoint.sha256().to_owned();
    Ok((Session::new(checkpoint)?, sha256))
}

/// The model that `name` stands for, ready to run.
pub fn session(name: &str) -> Result<Session> {
    Session::new(checkpoint(name)?)
}
