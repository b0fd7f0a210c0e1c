//! WebP files behind their header, which has the right size, from it to upright RGB.
#![no_main]

mod decoded;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let size = (input.len() as u32 + 4).to_le_bytes();
    decoded::decoded(&[b"RIFF", size.as_slice(), b"WEBP", input].concat());
});
