//! The command line over copies of the bundled drawings.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

pub const DRAWINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/datasets/drawings");

/// Runs the command in `folder`.
pub fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_clip-wasm"))
        .args(args)
        .current_dir(folder)
        .output()
        .expect("the program")
}

/// What a command prints as JSON.
pub fn json(folder: &Path, args: &[&str]) -> Value {
    let output = run(folder, &[args, &["--json"]].concat());
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// What a command that fails prints on standard error.
pub fn complaint(folder: &Path, args: &[&str]) -> String {
    let output = run(folder, args);
    assert_eq!(output.status.code(), Some(1), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stderr).expect("text")
}

/// Copies a drawing into `folder` under another name.
pub fn copy(folder: &Path, drawing: &str, to: &str) {
    let target = folder.join(to);
    fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
    fs::copy(Path::new(DRAWINGS).join(drawing), target).expect("a drawing");
}
