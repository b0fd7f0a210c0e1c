//! The GGUF file of a checkpoint: made of the whole one, and while its weights arrive.

use bytes::Bytes;
use clip_wasm::weights::{Checkpoint, CheckpointMetadata, Converter, Dtype, Record, quantize};

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
