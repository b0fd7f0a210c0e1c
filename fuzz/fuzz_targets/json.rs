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

const CONFIG: &[u8] = include_bytes!("../../tests/golden/models/gelu/config.json");

fuzz_target!(|input: &[u8]| {
    let Some((&kind, json)) = input.split_first() else { return };
    match kind % 6 {
        0 => {
            let companions = Companions::from_hugging_face(json, Bytes::new(), Bytes::from_static(b"{}"));
            drop(companions.map(|companions| sizes::by_dtype(&companions.config)));
            // An OpenCLIP config says its preprocessing too.
            let (tokenizer, json) = (Bytes::new(), Bytes::copy_from_slice(json));
            drop(Companions::from_hugging_face(CONFIG, tokenizer, json));
        }
        1 => drop(Preprocessing::from_json(json)),
        2 => drop(Tokenizer::from_json(json, 77).map(|tokenizer| tokenizer.encode("a photo of a cat"))),
        3 => drop(Repository::parse(json).and_then(|found| found.plan("a/b", Record::default()))),
        4 => {
            let mut snapshot = [b"clip-wasm conversion 1\n", json].concat();
            snapshot.extend_from_slice(&Sha256::digest(&snapshot));
            drop(Converter::resume(&snapshot));
        }
        _ => {
            let vocabulary = Bytes::copy_from_slice(json);
            drop(Companions::from_hugging_face(CONFIG, vocabulary, Bytes::from_static(b"{}")));
        }
    }
});
