//! Any bytes through the converter: the chunking, which the first byte chooses, changes nothing.
#![no_main]

use clip_wasm::Error;
use clip_wasm::weights::{Converter, Dtype};
use libfuzzer_sys::fuzz_target;

fn converted(file: &[u8], chunk: usize, resumes: bool) -> Result<(Vec<u8>, String), Error> {
    let (mut converter, mut data) = (Converter::new(Dtype::Q8_0), Vec::new());
    for bytes in file.chunks(chunk) {
        converter.push(bytes, &mut data)?;
        if resumes {
            converter = Converter::resume(&converter.snapshot()?)?;
        }
    }
    let hash = converter.end_file()?;
    Ok((data, hash))
}

fuzz_target!(|input: &[u8]| {
    let Some((&chunk, file)) = input.split_first() else { return };
    let whole = converted(file, usize::MAX, false);
    let parts = converted(file, 1 + usize::from(chunk), chunk % 2 == 0);
    assert_eq!(whole.ok(), parts.ok());
});
