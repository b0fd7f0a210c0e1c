//! Any bytes as a safetensors file of published weights: tensors or an error.
#![no_main]

use bytes::Bytes;
use clip_wasm::weights::{Checkpoint, HuggingFaceFiles, MetadataFiles, Record};
use libfuzzer_sys::fuzz_target;

const CONFIG: &[u8] = include_bytes!("../../tests/golden/models/gelu/config.json");

fuzz_target!(|weights: &[u8]| {
    if weights.starts_with(b"PK") {
        return; // an archive, which the target `pytorch` reads
    }
    let checkpoint = Checkpoint::from_hugging_face(HuggingFaceFiles {
        companions: MetadataFiles {
            config: Bytes::from_static(CONFIG),
            preprocessor: Bytes::from_static(b"{}"),
            ..MetadataFiles::default()
        },
        weights: vec![Bytes::copy_from_slice(weights)],
        record: Record::default(),
    });
    if let Ok(checkpoint) = checkpoint {
        checkpoint.tensors.iter().for_each(|tensor| drop(tensor.to_f32()));
    }
});
