//! Pictures against Pillow and Hugging Face, byte for byte, and against files that mean harm.
//!
//! The goldens, and the formula that makes the pictures they are about, are `tests/golden/images/make.py`'s.

mod corpora;
mod corrupt;
mod damaged;
mod decode;
mod hostile;
mod preprocessing;
mod resize;
mod survey;

use std::path::PathBuf;

use clip_wasm::image::Rgb8;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A file or folder of the golden data.
fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/images").join(name)
}

/// The records of a golden file.
fn records(name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(golden(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Every golden image: its name and its bytes.
fn files() -> impl Iterator<Item = (String, Vec<u8>)> {
    records("files.json").into_iter().map(|record| {
        let name = record["name"].as_str().unwrap().to_owned();
        let bytes = std::fs::read(golden("files").join(&name)).unwrap();
        (name, bytes)
    })
}

/// Every damaged image: its name and its bytes.
fn damaged() -> impl Iterator<Item = (String, Vec<u8>)> {
    records("damaged.json").into_iter().map(|record| {
        let name = record["name"].as_str().unwrap().to_owned();
        let bytes = std::fs::read(golden("damaged").join(&name)).unwrap();
        (name, bytes)
    })
}

/// A pair of lengths.
fn sides(value: &Value) -> (usize, usize) {
    (value[0].as_u64().unwrap() as usize, value[1].as_u64().unwrap() as usize)
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hash of values as little-endian bytes.
fn sha256_f32(values: &[f32]) -> String {
    sha256(&values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
}

/// The picture of `formula` in `make.py`.
fn formula(width: usize, height: usize) -> Rgb8 {
    let row_len = (width * 3) as u64;
    let sample = |i: u64| {
        let noise = match (i * 2_654_435_761 % (1 << 32)) >> 11 & 255 {
            0..32 => 0,
            224.. => 255,
            noise => noise,
        };
        let smooth = (i % row_len * 255 / row_len + i / row_len) & 255;
        (if (i / row_len).is_multiple_of(2) { smooth } else { noise }) as u8
    };
    Rgb8::new(width, height, (0..row_len * height as u64).map(sample).collect()).unwrap()
}
