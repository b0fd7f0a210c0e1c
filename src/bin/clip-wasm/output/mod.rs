//! What commands print and write. Every byte is written through here, so that a failed write is an error.

mod signals;
mod target;

use std::fs;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use clip_wasm::{Error, Result};
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Serialize, Serializer};

pub use signals::{end_as_a_reader_left, guard, listen, release};
pub use target::Target;

/// Prints one line of text.
///
/// # Errors
/// `Write` if standard output does not take it.
pub fn line(text: impl std::fmt::Display) -> Result<()> {
    print(format!("{text}\n").as_bytes())
}

/// Prints a path as it is, in a line of its own.
///
/// # Errors
/// As [`line`].
pub fn path_line(path: &Path) -> Result<()> {
    print(&[path.as_os_str().as_encoded_bytes(), b"\n"].concat())
}

/// Prints a value as one line of JSON.
///
/// # Errors
/// As [`line`].
pub fn json(value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string(value)
        .map_err(|error| Error::Malformed { format: "JSON", reason: error.to_string() })?;
    line(text)
}

/// Prints bytes, at once: what is printed has arrived, or there is an error.
///
/// # Errors
/// As [`line`].
pub fn print(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|source| Error::Write { source })
}

/// Writes a line to standard error. If that fails, nothing can be reported.
pub fn note(text: impl std::fmt::Display) {
    let text: String = text.to_string().chars().flat_map(shown).collect();
    let _ = writeln!(io::stderr().lock(), "clip-wasm: {text}");
}

/// A character of a note: line breaks and what steers a terminal, which a file or a host may send, are spelled out.
fn shown(c: char) -> Box<dyn Iterator<Item = char>> {
    if c.is_control() { Box::new(c.escape_default()) } else { Box::new(std::iter::once(c)) }
}

/// Reads a whole file.
///
/// # Errors
/// `File`.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|source| Error::File { path: path.to_owned(), source })
}

/// Writes a whole file, as a [`Target`].
///
/// # Errors
/// `File`.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    Target::new(path)?.write(bytes)
}

/// Writes a small file aside, under a name of its own, and renames it: at every moment there is a whole one. For files
/// that no one else writes at the same time.
///
/// # Errors
/// `File`.
pub fn replace(path: &Path, parts: &[&[u8]]) -> Result<()> {
    let aside = replacement(path);
    let written =
        fs::File::create(&aside).and_then(|mut file| parts.iter().try_for_each(|part| file.write_all(part)));
    written.and_then(|()| fs::rename(&aside, path)).map_err(|source| {
        let _ = fs::remove_file(&aside);
        Error::File { path: path.to_owned(), source }
    })
}

/// Where [`replace`] writes, and leaves something if the program is killed.
pub fn replacement(path: &Path) -> PathBuf {
    path.with_added_extension("next")
}

/// Reads all of standard input.
///
/// # Errors
/// `File`, with `-` for its path.
pub fn read_stdin() -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().read_to_end(&mut bytes);
    read.map_err(|source| Error::File { path: PathBuf::from("-"), source })?;
    Ok(bytes)
}

/// A path as text: what is not UTF-8 is written `\xE9`, byte by byte, so that two files never read alike.
pub fn readable(path: &Path) -> String {
    let chunks = path.as_os_str().as_encoded_bytes().utf8_chunks();
    chunks.fold(String::new(), |mut text, chunk| {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02X}")));
        text
    })
}

/// The bytes of a path that is not UTF-8, so that a program can find the file.
pub fn bytes_of_odd(path: &Path) -> Option<Vec<u8>> {
    path.to_str().is_none().then(|| path.as_os_str().as_encoded_bytes().to_vec())
}

/// Serializes a path as [`readable`] writes it.
pub fn serialize_path<S: Serializer>(path: &Path, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(&readable(path))
}

/// A progress bar of pictures or steps on stderr; hidden where stderr is no terminal.
pub fn progress(total: u64, what: &str) -> ProgressBar {
    bar(total, what, "{msg} {wide_bar} {pos}/{len} {per_sec} {eta} left")
}

/// A progress bar of bytes on stderr, in MB; hidden where stderr is no terminal.
pub fn progress_of_bytes(total: u64, what: &str) -> ProgressBar {
    let template =
        "{msg} {wide_bar} {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left";
    bar(total, what, template)
}

fn bar(total: u64, what: &str, template: &str) -> ProgressBar {
    let bar = if io::stderr().is_terminal() { ProgressBar::new(total) } else { ProgressBar::hidden() };
    bar.set_length(total);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar
}

/// A byte count in readable form.
pub fn bytes(count: u64) -> String {
    format!("{:.1} MB", count as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn paths_that_are_not_utf_8_are_told_apart_as_text() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let path = |bytes: &'static [u8]| PathBuf::from(OsStr::from_bytes(bytes));
        assert_eq!(readable(&path(b"caf\xe9/\xff.png")), "caf\\xE9/\\xFF.png");
        assert_ne!(readable(&path(b"\xe9.png")), readable(&path(b"\xe8.png")));
        assert_eq!(readable(&path("café.png".as_bytes())), "café.png");
        assert_eq!(bytes_of_odd(&path(b"\xe9")), Some(vec![0xe9]));
        assert_eq!(bytes_of_odd(&path(b"e")), None);
    }
}
