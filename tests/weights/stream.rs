//! The converter: the bytes of `quantize` in any chunking, resumed anywhere, and nothing else accepted.

use bytes::Bytes;
use clip_wasm::Error;
use clip_wasm::weights::{CheckpointMetadata, Converter, Dtype, Ending, HuggingFaceFiles};

use sha2::{Digest, Sha256};

use crate::support::conversion::file_of;
use crate::support::tiny_clip::TinyClip;

const DTYPES: [Dtype; 6] = [Dtype::F32, Dtype::F16, Dtype::Q8_0, Dtype::Q6K, Dtype::Q5_0, Dtype::Q4_0];

fn companions(files: &HuggingFaceFiles) -> CheckpointMetadata {
    CheckpointMetadata::from_hugging_face(files.companions.clone()).unwrap()
}

/// Lengths that have nothing to do with any row, the same for the same seed.
struct Chunks(u64);

impl Chunks {
    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let random = (self.0 >> 33) as usize;
        if random.is_multiple_of(7) { 1 + random % 7 } else { 1 + random % 40_000 }
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn assembled(data: Vec<u8>, ending: Ending) -> Bytes {
    [ending.header, data, ending.tail].concat().into()
}

/// The file that the converter makes of all files, pushed in chunks of the lengths `next` gives.
fn converted(files: &HuggingFaceFiles, dtype: Dtype, mut next: impl FnMut() -> usize) -> Bytes {
    let (mut converter, mut data) = (Converter::new(dtype), Vec::new());
    for file in &files.weights {
        let mut rest = &file[..];
        while !rest.is_empty() {
            let (chunk, tail) = rest.split_at(next().min(rest.len()));
            converter.push(chunk, &mut data).unwrap();
            rest = tail;
        }
        assert_eq!(converter.end_file().unwrap(), sha256(file));
    }
    assembled(data, converter.finish(&companions(files), &files.record).unwrap())
}

/// A checkpoint with outlier channels in both towers.
fn with_outlier_channels() -> TinyClip {
    let mut clip = TinyClip::seeded(6);
    for norm in [
        "vision_model.encoder.layers.0.layer_norm1.weight",
        "vision_model.post_layernorm.weight",
        "text_model.encoder.layers.1.layer_norm2.weight",
    ] {
        let gains = &mut clip.tensor(norm).values;
        (gains[3], gains[40]) = (15.0, -12.0);
    }
    clip
}

#[test]
fn the_file_is_that_of_the_whole_checkpoint_in_every_type_and_chunking() {
    let clip = with_outlier_channels();
    for dtype in DTYPES {
        let expected = file_of(&clip.checkpoint(), dtype);
        for seed in 0..8 {
            let mut chunks = Chunks(seed);
            assert!(converted(&clip.files(), dtype, || chunks.next()) == expected, "{dtype}, chunks {seed}");
        }
        assert!(converted(&clip.files(), dtype, || usize::MAX) == expected, "{dtype}, at once");
    }
}

#[test]
fn half_precision_sources_give_the_same_file_too() {
    for stored in [safetensors::Dtype::F16, safetensors::Dtype::BF16] {
        let clip = TinyClip { dtype: stored, ..with_outlier_channels() };
        let mut chunks = Chunks(1);
        let file = converted(&clip.files(), Dtype::Q8_0, || chunks.next());
        assert!(file == file_of(&clip.checkpoint(), Dtype::Q8_0), "{stored}");
    }
}

#[test]
fn one_byte_at_a_time_gives_the_same_file() {
    let clip = with_outlier_channels();
    assert!(converted(&clip.files(), Dtype::Q4_0, || 1) == file_of(&clip.checkpoint(), Dtype::Q4_0));
}

#[test]
fn shards_follow_each_other() {
    let clip = with_outlier_channels();
    let is_vision = |name: &str| name.starts_with("vision_model.");
    let mut files = clip.files();
    files.weights = vec![clip.weights_of(|name| !is_vision(name)), clip.weights_of(is_vision)];
    let whole = clip_wasm::weights::Checkpoint::from_hugging_face(files.clone()).unwrap();
    let mut chunks = Chunks(2);
    assert!(converted(&files, Dtype::Q8_0, || chunks.next()) == file_of(&whole, Dtype::Q8_0));
}

#[test]
fn a_snapshot_taken_anywhere_goes_on_to_the_same_file() {
    let clip = with_outlier_channels();
    let files = clip.files();
    let expected = file_of(&clip.checkpoint(), Dtype::Q8_0);
    let (mut converter, mut data, mut chunks) = (Converter::new(Dtype::Q8_0), Vec::new(), Chunks(3));
    let mut rest = &files.weights[0][..];
    while !rest.is_empty() {
        let (chunk, tail) = rest.split_at(chunks.next().min(rest.len()));
        converter.push(chunk, &mut data).unwrap();
        rest = tail;
        converter = Converter::resume(&converter.snapshot().unwrap()).unwrap();
        assert_eq!(converter.position() as usize, files.weights[0].len() - rest.len());
        assert_eq!(converter.written() as usize, data.len());
    }
    converter.end_file().unwrap();
    assert!(assembled(data, converter.finish(&companions(&files), &files.record).unwrap()) == expected);
}

#[test]
fn a_damaged_snapshot_is_refused() {
    let (mut converter, mut data) = (Converter::new(Dtype::Q8_0), Vec::new());
    converter.push(&TinyClip::seeded(1).weights()[..100_000], &mut data).unwrap();
    let snapshot = converter.snapshot().unwrap();
    for place in [0, 30, snapshot.len() / 2, snapshot.len() - 1] {
        let mut damaged = snapshot.clone();
        damaged[place] ^= 1;
        assert!(matches!(Converter::resume(&damaged), Err(Error::Malformed { .. })), "byte {place}");
    }
    for len in [0, 10, 31, 32, snapshot.len() - 1] {
        assert!(matches!(Converter::resume(&snapshot[..len]), Err(Error::Malformed { .. })), "length {len}");
    }
}

#[test]
fn an_incomplete_file_is_no_model() {
    let clip = TinyClip::seeded(1);
    let (weights, files) = (clip.weights(), clip.files());
    for len in [0, 4, 8, 200, 50_000, weights.len() - 1] {
        let mut converter = Converter::new(Dtype::Q8_0);
        converter.push(&weights[..len], &mut Vec::new()).unwrap();
        assert!(converter.end_file().is_err(), "{len} bytes");
        if len > 0 {
            assert!(converter.finish(&companions(&files), &files.record).is_err(), "{len} bytes");
        }
    }
}

#[test]
fn bytes_after_the_last_tensor_are_refused() {
    let mut converter = Converter::new(Dtype::Q8_0);
    converter.push(&TinyClip::seeded(1).weights(), &mut Vec::new()).unwrap();
    assert!(matches!(converter.push(&[0], &mut Vec::new()), Err(Error::Malformed { .. })));
}

#[test]
fn other_weights_than_the_record_names_are_refused() {
    let mut clip = TinyClip::seeded(1);
    clip.record.source.sha256 = Some("00".into());
    let (files, mut converter) = (clip.files(), Converter::new(Dtype::Q8_0));
    converter.push(&files.weights[0], &mut Vec::new()).unwrap();
    converter.end_file().unwrap();
    let error = converter.finish(&companions(&files), &files.record).unwrap_err();
    assert!(matches!(error, Error::WrongHash { .. }), "{error}");
}

#[test]
fn a_header_that_claims_too_much_is_refused_before_it_comes() {
    let mut converter = Converter::new(Dtype::Q8_0);
    let error = converter.push(&u64::MAX.to_le_bytes(), &mut Vec::new()).unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
}

#[test]
fn open_clip_weights_whose_norms_come_late_give_the_same_file_too() {
    let clip = with_outlier_channels().in_open_clip_names();
    for dtype in DTYPES {
        let mut chunks = Chunks(4);
        let file = converted(&clip.files(), dtype, || chunks.next());
        assert!(file == file_of(&clip.checkpoint(), dtype), "{dtype}");
    }
}

#[test]
fn a_snapshot_knows_whether_the_file_has_been_ended() {
    let clip = TinyClip::seeded(1);
    let (files, mut data) = (clip.files(), Vec::new());
    let mut converter = Converter::new(Dtype::Q8_0);
    converter.push(&files.weights[0], &mut data).unwrap();
    let mut resumed = Converter::resume(&converter.snapshot().unwrap()).unwrap();
    assert_eq!(resumed.files(), 0);
    resumed.end_file().unwrap();
    let resumed = Converter::resume(&resumed.snapshot().unwrap()).unwrap();
    assert_eq!(resumed.files(), 1);
    let file = assembled(data, resumed.finish(&companions(&files), &files.record).unwrap());
    assert!(file == file_of(&clip.checkpoint(), Dtype::Q8_0));
}
