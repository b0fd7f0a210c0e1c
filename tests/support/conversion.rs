//! The GGUF file of a checkpoint: made of the whole one, and while its weights arrive.

use std::path::Path;

use bytes::Bytes;
use clip_wasm::weights::{Checkpoint, CheckpointMetadata, Converter, Dtype, MetadataFiles, Record, quantize};

/// What the other files of a folder say: its config, its tokenizer and its preprocessing.
pub fn metadata_of(folder: &Path, config: &str, preprocessor: &str) -> CheckpointMetadata {
    let read = |file: &str| std::fs::read(folder.join(file)).unwrap().into();
    let files = MetadataFiles {
        config: read(config),
        tokenizer: read("tokenizer.json"),
        preprocessor: read(preprocessor),
        ..MetadataFiles::default()
    };
    CheckpointMetadata::from_hugging_face(files).unwrap()
}

pub fn file_of(checkpoint: &Checkpoint, dtype: Dtype) -> Bytes {
    let mut file = Vec::new();
    quantize(checkpoint, dtype, &mut file, &mut |_, _| {}).unwrap();
    file.into()
}

/// The file that is made while `weights` arrive, in chunks that fit no tensor.
pub fn file_of_arriving(
    weights: &[u8],
    dtype: Dtype,
    metadata: &CheckpointMetadata,
    record: &Record,
) -> Vec<u8> {
    let (mut converter, mut data) = (Converter::new(dtype), Vec::new());
    weights.chunks(977).for_each(|chunk| converter.push(chunk, &mut data).unwrap());
    converter.end_file().unwrap();
    let ending = converter.finish(metadata, record).unwrap();
    [ending.header, data, ending.tail].concat()
}
