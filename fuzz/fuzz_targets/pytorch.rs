//! Any bytes as a PyTorch archive, or as the pickle in one: tensors or an error.
#![no_main]

use bytes::Bytes;
use clip_wasm::weights::{Checkpoint, HuggingFaceFiles, MetadataFiles, Record};
use libfuzzer_sys::fuzz_target;

const CONFIG: &[u8] = include_bytes!("../../tests/golden/models/gelu/config.json");

/// Bytes of each storage that goes with a pickle.
const STORAGE: usize = 64;

fuzz_target!(|input: &[u8]| {
    let Some((&kind, rest)) = input.split_first() else { return };
    let archive = if kind % 2 == 0 { archive_of(rest) } else { [b"PK\x03\x04", rest].concat() };
    let checkpoint = Checkpoint::from_hugging_face(HuggingFaceFiles {
        companions: MetadataFiles {
            config: Bytes::from_static(CONFIG),
            preprocessor: Bytes::from_static(b"{}"),
            ..MetadataFiles::default()
        },
        weights: vec![archive.into()],
        record: Record::default(),
    });
    if let Ok(checkpoint) = checkpoint {
        checkpoint.tensors.iter().for_each(|tensor| drop(tensor.to_f32()));
    }
});

/// An archive with this pickle and storages under the keys that small ones have.
fn archive_of(pickle: &[u8]) -> Vec<u8> {
    let mut archive = Vec::new();
    entry(&mut archive, "archive/data.pkl", pickle);
    for key in 0..4 {
        entry(&mut archive, &format!("archive/data/{key}"), &[0x3c; STORAGE]);
    }
    archive.extend_from_slice(b"PK\x01\x02");
    archive
}

/// An entry that is not compressed and says at its head how long it is.
fn entry(archive: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    let len = (bytes.len() as u32).to_le_bytes();
    archive.extend_from_slice(b"PK\x03\x04");
    archive.extend_from_slice(&[0; 14]);
    archive.extend_from_slice(&len);
    archive.extend_from_slice(&len);
    archive.extend_from_slice(&(name.len() as u16).to_le_bytes());
    archive.extend_from_slice(&[0; 2]);
    archive.extend_from_slice(name.as_bytes());
    archive.extend_from_slice(bytes);
}
