//! From what the user calls a model to a checkpoint.

use std::path::Path;

use bytes::Bytes;
use clip_wasm::session::Session;
use clip_wasm::weights::Checkpoint;
use clip_wasm::{Error, Result};

/// The record's id of the model inside this program.
pub const EMBEDDED: &str = "emoji-clip";
const EMBEDDED_GGUF: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/emoji-clip.gguf"));

/// The checkpoint that `name` stands for: a file, a folder, or a record's id.
pub fn checkpoint(name: &str) -> Result<Checkpoint> {
    let path = Path::new(name);
    let is_path = path.exists() || path.extension().is_some() || path.components().count() > 1;
    if !path.exists() && name == EMBEDDED {
        Checkpoint::from_gguf(Bytes::from_static(EMBEDDED_GGUF))
    } else if is_path {
        Checkpoint::open(path).map_err(|error| match error {
            Error::File { .. } => error,
            error => Error::InFile { path: path.to_owned(), error: Box::new(error) },
        })
    } else {
        Err(Error::UnknownModel { id: name.to_owned(), known: EMBEDDED.to_owned() })
    }
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
