//! What commands print and write.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use clip_wasm::{Error, Result};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

/// Prints one line of text. A reader that went away is no failure.
pub fn line(text: impl std::fmt::Display) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// Prints a value as one line of JSON.
pub fn json(value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string(value)
        .map_err(|error| Error::Malformed { format: "JSON", reason: error.to_string() })?;
    line(text);
    Ok(())
}

/// Reads a whole file.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|source| Error::File { path: path.to_owned(), source })
}

/// Writes a whole file, aside first, so that a failure leaves no half of it.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let aside = path.with_added_extension("part");
    let failed = |source| Error::File { path: path.to_owned(), source };
    fs::write(&aside, bytes).and_then(|()| fs::rename(&aside, path)).map_err(failed)
}

/// A progress bar on stderr; hidden where stderr is no terminal.
pub fn progress(total: u64, what: &str) -> ProgressBar {
    let bar = ProgressBar::new(total);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {per_sec} {eta}") {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar
}

/// A byte count for people.
pub fn bytes(count: u64) -> String {
    format!("{:.1} MB", count as f64 / 1e6)
}
