//! The order of the modules: each uses only the floors below its own.

use std::fs;
use std::path::{Path, PathBuf};

/// The floor of each top module, as in `docs/ARCHITECTURE.md`.
const FLOORS: [(&str, u32); 10] = [
    ("error", 0),
    ("kernels", 1),
    ("lfs_pointer", 1),
    ("weights", 2),
    ("text", 2),
    ("image", 2),
    ("model", 3),
    ("task", 4),
    ("session", 5),
    ("web", 6),
];

fn floor(module: &str) -> Option<u32> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|(_, floor)| *floor)
}

/// Every Rust file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The top modules that a source text names as `crate::module`.
fn used(source: &str) -> impl Iterator<Item = &str> {
    source.split("crate::").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

#[test]
fn a_module_uses_only_the_floors_below_its_own() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for path in files(&source) {
        let inside = path.strip_prefix(&source).unwrap();
        let top = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        let own = top.trim_end_matches(".rs");
        let Some(level) = floor(own) else {
            assert!(["lib", "bin"].contains(&own), "{own} has no floor");
            continue;
        };
        for other in used(&fs::read_to_string(&path).unwrap()) {
            if other != own && floor(other).is_some_and(|other| other >= level) {
                wrong.push(format!("{} uses {other}", inside.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_file_outgrows_five_hundred_lines() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in files(&source) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 500, "{} has {lines} lines", path.display());
    }
}
