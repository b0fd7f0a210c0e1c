//! Any bytes as each of the JSON files that come with a checkpoint, as a hub's answer, and as the state in a
//! snapshot whose hash is right.
#![no_main]

use bytes::Bytes;
use clip_wasm::image::Preprocessing;
use clip_wasm::text::Tokenizer;
use clip_wasm::weights::hub::Repository;
use clip_wasm::weights::{Companions, Converter, Record, sizes};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

fuzz_target!(|input: &[u8]| {
    let Some((&kind, json)) = input.split_first() else { return };
    match kind % 5 {
        0 => {
            let companions = Companions::from_hugging_face(json, Bytes::new(), Bytes::from_static(b"{}"));
            drop(companions.map(|companions| sizes::by_dtype(&companions.config)));
        }
        1 => drop(Preprocessing::from_json(json)),
        2 => drop(Tokenizer::from_json(json, 77).map(|tokenizer| tokenizer.encode("a photo of a cat"))),
        3 => drop(Repository::parse(json).and_then(|found| found.plan("a/b", Record::default()))),
        _ => {
            let mut snapshot = [b"clip-wasm conversion 1\n", json].concat();
            snapshot.extend_from_slice(&Sha256::digest(&snapshot));
            drop(Converter::resume(&snapshot));
        }
    }
});
