//! Any bytes through the converter: neither the chunking, which the first byte chooses, nor being put aside on the
//! way changes anything.
#![no_main]

use clip_wasm::Error;
use clip_wasm::weights::{Converter, Dtype};
use libfuzzer_sys::fuzz_target;

/// So many chunks go by between two snapshots that are taken up.
const PUT_ASIDE: usize = 16;

fn converted(file: &[u8], chunk: usize) -> Result<(Vec<u8>, String), Error> {
    let (mut converter, mut data) = (Converter::new(Dtype::Q8_0), Vec::new());
    for (index, bytes) in file.chunks(chunk).enumerate() {
        converter.push(bytes, &mut data)?;
        if index % PUT_ASIDE == 1 {
            converter = Converter::resume(&converter.snapshot()?)?;
        }
    }
    let hash = converter.end_file()?;
    Ok((data, hash))
}

fuzz_target!(|input: &[u8]| {
    let Some((&chunk, file)) = input.split_first() else { return };
    let whole = converted(file, usize::MAX);
    let parts = converted(file, 1 + usize::from(chunk));
    assert_eq!(whole.ok(), parts.ok());
});
