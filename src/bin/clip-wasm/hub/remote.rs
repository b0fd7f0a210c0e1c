//! A file on a host, and the error for when the host does not send it.

use clip_wasm::Error;

/// A file on a host.
#[derive(Clone, Debug)]
pub struct Remote {
    pub url: String,
    /// What to call it in messages: an address that people can open.
    pub shown: String,
    /// 0 if unknown.
    pub bytes: u64,
    /// Whether its hash is known, which is looked at in the end: otherwise what comes in parts has to be of one ETag.
    pub is_hashed: bool,
}

/// The host did not give the file.
pub fn failed(file: &Remote, problem: String) -> Error {
    Error::Download { url: file.shown.clone(), problem }
}
