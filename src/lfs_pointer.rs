//! Git LFS pointers: the few lines that Git leaves in place of a large file, until `git lfs pull` fetches it.
//!
//! A repository that was cloned without Git LFS has one wherever weights, tokenizers or pictures should be, under the
//! file's own name. What reads a file of any format asks here first.

use crate::error::{Error, Result};

/// What every pointer begins with, of today's specification and of the one before it.
const FIRST_LINES: [&[u8]; 2] =
    [b"version https://git-lfs.github.com/spec/", b"version https://hawser.github.com/spec/"];
/// The longest pointer: the specification says that it has less than 1,024 bytes.
const LONGEST: usize = 1024;

/// Refuses a pointer. `what` names the file or its part, as in "the weights"; `beginning` are its first bytes.
///
/// # Errors
/// `LfsPointer` if it is one.
///
/// ```
/// let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 605247071\n";
/// let error = clip_wasm::lfs_pointer::refuse(pointer, "the weights").unwrap_err();
/// assert!(error.to_string().contains("the weights is a Git LFS pointer, not the file itself, which has 605247071 bytes"));
/// assert!(clip_wasm::lfs_pointer::refuse(b"\x89PNG", "the picture").is_ok());
/// ```
pub fn refuse(beginning: &[u8], what: &str) -> Result<()> {
    if !FIRST_LINES.iter().any(|line| beginning.starts_with(line)) {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&beginning[..beginning.len().min(LONGEST)]).into_owned();
    let bytes = text.lines().find_map(|line| line.strip_prefix("size ")?.trim().parse().ok());
    Err(Error::LfsPointer { what: what.to_owned(), bytes })
}
