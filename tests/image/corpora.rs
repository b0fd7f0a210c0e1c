//! Image files of other projects, compared with what `tests/golden/images/corpora.py` wrote beside them.
//!
//! Not part of the daily run: the files are not in the repository, and the script needs Pillow and transformers.

use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::path::PathBuf;

use clip_wasm::image::decode;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What decoding one picture may take, in kilobytes.
const MOST_MEMORY: u64 = 1 << 20;

#[test]
#[ignore = "needs a folder that tests/golden/images/corpora.py has looked at in CLIP_WASM_CORPORA"]
fn the_public_corpora_have_pillows_pixels() {
    let folder =
        PathBuf::from(std::env::var("CLIP_WASM_CORPORA").expect("CLIP_WASM_CORPORA names the folder"));
    let results = std::fs::read_to_string(folder.join("pillow.json")).unwrap();
    let results: BTreeMap<String, Value> = serde_json::from_str(&results).unwrap();
    let mut kinds: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut largest = (0, String::new());
    for (name, theirs) in &results {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        let before = peak();
        let ours = catch_unwind(|| decode(&bytes));
        largest = largest.max((peak().saturating_sub(before), name.clone()));
        let Ok(ours) = ours else {
            kinds.entry("panics").or_default().push(name.clone());
            continue;
        };
        let (kind, said) = match (&ours, theirs["sha256"].as_str()) {
            _ if !theirs["other"].is_null() => {
                ("of formats that are not decoded here", theirs["other"].to_string())
            }
            (Ok(ours), Some(sha256)) => {
                let image = &ours.image;
                let size = [image.width() as u64, image.height() as u64];
                let same = [&theirs["width"], &theirs["height"]].map(Value::as_u64) == size.map(Some)
                    && base16ct::lower::encode_string(&Sha256::digest(image.data())) == sha256;
                (if same { "identical" } else { "different pixels" }, String::new())
            }
            (Ok(_), None) => ("decoded here, refused by Pillow", theirs["error"].to_string()),
            (Err(error), Some(_)) => ("refused here, decoded by Pillow", error.to_string()),
            (Err(_), None) => ("refused by both", String::new()),
        };
        kinds.entry(kind).or_default().push(format!("{name}: {said}"));
    }
    for (kind, files) in &kinds {
        println!("{kind}: {}", files.len());
        if kind.contains("here") || ["panics", "different pixels"].contains(kind) {
            files.iter().for_each(|file| println!("    {file}"));
        }
    }
    println!("{} files; the most memory: {} KB more for {}", results.len(), largest.0, largest.1);
    assert!(!kinds.contains_key("panics") && !kinds.contains_key("different pixels"));
    assert!(largest.0 <= MOST_MEMORY);
}

/// The most memory of this process since it was last forgotten, in kilobytes; 0 where the system does not say it.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0)
}
