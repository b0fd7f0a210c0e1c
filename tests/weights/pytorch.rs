//! `pytorch_model.bin`, as torch 2.15 wrote it, against the safetensors of the same weights.

use bytes::Bytes;
use clip_wasm::Error;
use clip_wasm::weights::{
    Checkpoint, CheckpointMetadata, Converter, Dtype, HuggingFaceFiles, MetadataFiles, Record,
};

use crate::support::conversion::file_of;

const FOLDER: &str = "tests/golden/models/gelu";

fn read(name: &str) -> Bytes {
    std::fs::read(format!("{FOLDER}/{name}")).unwrap().into()
}

fn files(weights: Bytes) -> HuggingFaceFiles {
    HuggingFaceFiles {
        companions: MetadataFiles {
            config: read("config.json"),
            tokenizer: read("tokenizer.json"),
            preprocessor: read("preprocessor_config.json"),
            ..MetadataFiles::default()
        },
        weights: vec![weights],
        record: Record::default(),
    }
}

fn pickled() -> Bytes {
    read("pytorch_model.bin")
}

/// What the converter makes of the first bytes of an archive, in chunks of `len`.
fn converted(archive: &[u8], dtype: Dtype, len: usize) -> Result<(Converter, Vec<u8>), Error> {
    let (mut converter, mut data) = (Converter::new(dtype), Vec::new());
    for chunk in archive.chunks(len) {
        converter.push(chunk, &mut data)?;
    }
    converter.end_file()?;
    Ok((converter, data))
}

#[test]
fn pickled_tensors_are_those_of_safetensors() {
    let theirs = Checkpoint::from_hugging_face(files(read("model.safetensors"))).unwrap();
    let ours = Checkpoint::from_hugging_face(files(pickled())).unwrap();
    assert_eq!(ours.tensors.iter().count(), theirs.tensors.iter().count());
    for tensor in theirs.tensors.iter() {
        let twin = ours.tensors.iter().find(|twin| twin.name == tensor.name).expect(&tensor.name);
        assert_eq!((&twin.shape, twin.dtype, &twin.data), (&tensor.shape, tensor.dtype, &tensor.data));
    }
}

#[test]
fn an_archive_in_any_chunking_gives_the_file_of_the_whole_one() {
    let files = files(pickled());
    let companions = CheckpointMetadata::from_hugging_face(files.companions.clone()).unwrap();
    let whole = Checkpoint::from_hugging_face(files.clone()).unwrap();
    for dtype in [Dtype::F32, Dtype::Q8_0] {
        let expected = file_of(&whole, dtype);
        for len in [1, 7, 1000, 65_536, usize::MAX] {
            let (converter, data) = converted(&files.weights[0], dtype, len).unwrap();
            let ending = converter.finish(&companions, &files.record).unwrap();
            assert!([ending.header, data, ending.tail].concat() == expected, "{dtype}, chunks of {len}");
        }
    }
}

#[test]
fn a_snapshot_within_an_archive_goes_on() {
    let archive = pickled();
    let (mut converter, mut data) = (Converter::new(Dtype::Q8_0), Vec::new());
    for chunk in archive.chunks(40_001) {
        converter.push(chunk, &mut data).unwrap();
        converter = Converter::resume(&converter.snapshot().unwrap()).unwrap();
    }
    converter.end_file().unwrap();
    assert_eq!(data, converted(&archive, Dtype::Q8_0, usize::MAX).unwrap().1);
}

#[test]
fn an_archive_cut_anywhere_is_no_model() {
    let archive = pickled();
    // What follows the storages is the zip archive's directory, which is not needed.
    let directory = archive.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    for len in (0..directory).step_by(2_003) {
        assert!(converted(&archive[..len], Dtype::Q8_0, usize::MAX).is_err(), "{len} bytes");
        assert!(Checkpoint::from_hugging_face(files(archive.slice(..len))).is_err(), "{len} bytes");
    }
}

#[test]
fn no_changed_byte_of_the_pickle_makes_the_reader_panic() {
    let archive = pickled();
    let beginning = &archive[..12_000];
    for place in (0..beginning.len()).step_by(3) {
        let mut damaged = beginning.to_vec();
        damaged[place] ^= [0x01, 0x80, 0xff][place / 3 % 3];
        // An error or none: either is an answer.
        let _ = converted(&damaged, Dtype::Q8_0, usize::MAX);
    }
}

#[test]
fn other_archives_are_refused_in_words() {
    for (archive, said) in [
        (&b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0a"[..], "compressed"),
        (
            &b"PK\x03\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0a\0\0\0x/data.pkl\x80\x02\x94"[..],
            "0x94",
        ),
        (
            &b"PK\x03\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0a\0\0\0x/data.pkl\x80\x02}."[..],
            "no tensors",
        ),
    ] {
        let error = converted(archive, Dtype::Q8_0, usize::MAX).unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }) && error.to_string().contains(said), "{error}");
    }
}
