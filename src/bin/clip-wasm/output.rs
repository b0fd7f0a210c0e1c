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

/// Values of `shape` as a NumPy .npy file, format version 1.0.
pub fn npy(values: &[f32], shape: &[usize]) -> Vec<u8> {
    let shape: String = shape.iter().map(|length| format!("{length}, ")).collect();
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}", shape.trim_end());
    // The data starts at a multiple of 64; ten bytes go before the header, a newline ends it.
    let padded = (10 + header.len() + 1).next_multiple_of(64) - 10;
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((padded as u16).to_le_bytes());
    file.extend(format!("{header:<width$}\n", width = padded - 1).bytes());
    file.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    file
}

/// A progress bar on stderr; hidden where stderr is no terminal.
pub fn progress(total: u64, what: &str) -> ProgressBar {
    let bar = ProgressBar::new(total);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {percent}% {eta}") {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar
}

/// A byte count for people.
pub fn bytes(count: u64) -> String {
    format!("{:.1} MB", count as f64 / 1e6)
}
