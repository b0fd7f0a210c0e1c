//! Any bytes as a GGUF file: a checkpoint or an error.
#![no_main]

use bytes::Bytes;
use clip_wasm::weights::Checkpoint;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    if let Ok(checkpoint) = Checkpoint::from_gguf(Bytes::copy_from_slice(file)) {
        checkpoint.tensors.iter().for_each(|tensor| drop(tensor.to_f32()));
    }
});
