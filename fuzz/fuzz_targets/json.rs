//! Any bytes as each of the JSON files that come with a checkpoint, as a hub's answer, and as the state in a
//! snapshot whose hash is right.
#![no_main]

use bytes::Bytes;
use clip_wasm::image::Preprocessing;
use clip_wasm::text::Tokenizer;
use clip_wasm::weights::hub::Repository;
use clip_wasm::weights::{CheckpointMetadata, Converter, MetadataFiles, Record, sizes};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

const CONFIG: &[u8] = include_bytes!("../../tests/golden/models/gelu/config.json");
const TOKENIZER: &[u8] = include_bytes!("../../tests/golden/tokenizer/tokenizer.json");

/// The files of a checkpoint, of which each may be any bytes.
fn files() -> MetadataFiles {
    MetadataFiles {
        config: Bytes::from_static(CONFIG),
        tokenizer: Bytes::from_static(TOKENIZER),
        preprocessor: Bytes::from_static(b"{}"),
        ..MetadataFiles::default()
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((&kind, json)) = input.split_first() else { return };
    let bytes = Bytes::copy_from_slice(json);
    match kind % 7 {
        0 => {
            let companions =
                CheckpointMetadata::from_hugging_face(MetadataFiles { config: bytes.clone(), ..files() });
            drop(companions.map(|companions| sizes::by_dtype(&companions.config)));
            // An OpenCLIP config says its preprocessing too, and a whole processor's file has one in it.
            drop(CheckpointMetadata::from_hugging_face(MetadataFiles {
                preprocessor: bytes.clone(),
                ..files()
            }));
            drop(CheckpointMetadata::from_hugging_face(MetadataFiles { processor: bytes, ..files() }));
        }
        1 => drop(Preprocessing::from_json(json)),
        2 => drop(Tokenizer::from_json(json, 77).map(|tokenizer| tokenizer.encode("a photo of a cat"))),
        3 => drop(Repository::parse(json).and_then(|found| found.plan("a/b", Record::default()))),
        4 => {
            let mut snapshot = [b"clip-wasm conversion 3\n", json].concat();
            snapshot.extend_from_slice(&Sha256::digest(&snapshot));
            drop(Converter::resume(&snapshot));
        }
        5 => drop(CheckpointMetadata::from_hugging_face(MetadataFiles { tokenizer: bytes, ..files() })),
        _ => {
            let tokenizer_config = MetadataFiles { tokenizer_config: bytes.clone(), ..files() };
            for files in [tokenizer_config, MetadataFiles { special_tokens: bytes, ..files() }] {
                let Ok(companions) = CheckpointMetadata::from_hugging_face(files) else { continue };
                drop(
                    Tokenizer::from_json(&companions.tokenizer_json, 77)
                        .map(|tokenizer| tokenizer.encode("a!")),
                );
            }
        }
    }
});
