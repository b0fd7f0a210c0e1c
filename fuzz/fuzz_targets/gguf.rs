//! Any bytes as a GGUF file: a checkpoint or an error, the same whether it is here or arrives in chunks.
#![no_main]

use bytes::Bytes;
use clip_wasm::Error;
use clip_wasm::weights::gguf::GgufStream;
use clip_wasm::weights::{Checkpoint, Loader, Tensors};
use libfuzzer_sys::fuzz_target;

fn arrived(file: &[u8], chunk: usize) -> Result<Checkpoint, Error> {
    let mut stream = GgufStream::new(0);
    file.chunks(chunk).try_for_each(|bytes| stream.push(bytes))?;
    let gguf = stream.finish()?;
    Checkpoint::from_parts(&gguf.metadata, Tensors::new(gguf.tensors)?)
}

fn packed(file: &[u8], chunk: usize) -> Result<Checkpoint, Error> {
    let mut loader = Loader::new(0);
    file.chunks(chunk).try_for_each(|bytes| loader.push(bytes))?;
    loader.finish()
}

/// What is compared: every value, or where the first that is none stands.
fn values(checkpoint: &Checkpoint) -> Vec<Result<Vec<u32>, String>> {
    let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect();
    let tensors = checkpoint.tensors.iter();
    tensors.map(|tensor| tensor.to_f32().map(bits).map_err(|error| error.to_string())).collect()
}

fuzz_target!(|input: &[u8]| {
    let Some((&chunk, file)) = input.split_first() else { return };
    let whole = Checkpoint::from_gguf(Bytes::copy_from_slice(file));
    let chunk = 1 + 16 * usize::from(chunk);
    let parts = arrived(file, chunk);
    if let Err(error) = packed(file, chunk) {
        assert!(whole.is_err() || matches!(error, Error::NonFiniteWeight { .. }), "{error}");
    }
    assert_eq!(whole.is_ok(), parts.is_ok(), "{:?} {:?}", whole.err(), parts.err());
    if let (Ok(whole), Ok(parts)) = (whole, parts) {
        let mut values = [values(&whole), values(&parts)];
        // A file may keep its tensors in any order, and they arrive in that of their data.
        values.iter_mut().for_each(|values| values.sort());
        assert_eq!(values[0], values[1]);
    }
});
