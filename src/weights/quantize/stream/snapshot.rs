//! The saved state of a converter, from which an interrupted download resumes.

use sha2::{Digest, Sha256};

use super::Converter;
use crate::error::{Error, Result};

/// Begins every snapshot; another number where the form has changed.
const MAGIC: &[u8] = b"clip-wasm conversion 5\n";

/// The bytes of a SHA-256.
const HASH: usize = 32;

impl Converter {
    /// Everything there is to know of the conversion so far: some megabytes at most.
    ///
    /// # Errors
    /// `Malformed` if it cannot be written down, which a converter that has not failed can.
    pub fn snapshot(&self) -> Result<Vec<u8>> {
        let mut bytes =
            postcard::to_extend(self, MAGIC.to_vec()).map_err(|error| damaged(&error.to_string()))?;
        bytes.extend_from_slice(&Sha256::digest(&bytes));
        Ok(bytes)
    }

    /// Takes up a conversion where [`Converter::snapshot`] was called.
    ///
    /// # Errors
    /// `Malformed` for a snapshot that is damaged or of another version.
    pub fn resume(snapshot: &[u8]) -> Result<Self> {
        let (bytes, hash) =
            snapshot.split_at_checked(snapshot.len().saturating_sub(HASH)).unwrap_or_default();
        if Sha256::digest(bytes)[..] != *hash {
            return Err(damaged("its hash is wrong"));
        }
        let state = bytes.strip_prefix(MAGIC).ok_or_else(|| damaged("it is of another version"))?;
        postcard::from_bytes(state).map_err(|error| damaged(&error.to_string()))
    }
}

fn damaged(reason: &str) -> Error {
    Error::Malformed { format: "conversion snapshot", reason: reason.to_owned() }
}
