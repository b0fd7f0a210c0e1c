//! GIF files behind their first bytes, from those to upright RGB.
#![no_main]

mod decoded;

libfuzzer_sys::fuzz_target!(|input: &[u8]| decoded::decoded(&[b"GIF89a", input].concat()));
