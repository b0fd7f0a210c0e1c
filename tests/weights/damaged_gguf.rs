//! GGUF files that are cut, altered, or made to harm.

use bytes::Bytes;
use clip_wasm::Error;
use clip_wasm::weights::gguf::{Gguf, TensorLayout, Value};
use clip_wasm::weights::{Checkpoint, Dtype};

use crate::support::conversion::file_of;
use crate::support::gguf::gguf_file;
use crate::support::tiny_clip::TinyClip;

/// A file as its parts are given, valid or not.
struct Raw(Vec<u8>);

impl Raw {
    fn new(version: u32, tensors: u64, entries: u64) -> Self {
        Self(b"GGUF".to_vec()).u32(version).u64(tensors).u64(entries)
    }

    fn u32(self, value: u32) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    fn u64(self, value: u64) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    fn string(self, text: &str) -> Self {
        self.u64(text.len() as u64).bytes(text.as_bytes())
    }

    /// A tensor of one axis.
    fn tensor(self, name: &str, len: u64, dtype: u32, offset: u64) -> Self {
        self.string(name).u32(1).u64(len).u32(dtype).u64(offset)
    }

    /// Pads to the alignment and adds `data` bytes.
    fn data(mut self, data: usize) -> Self {
        self.0.resize(self.0.len().next_multiple_of(32) + data, 0);
        self
    }

    fn read(&self) -> clip_wasm::Result<Gguf> {
        Gguf::read(&self.0.clone().into())
    }

    fn is_malformed(&self) -> bool {
        matches!(self.read(), Err(Error::Malformed { format: "GGUF", .. }))
    }

    fn is_truncated(&self) -> bool {
        matches!(self.read(), Err(Error::Truncated { format: "GGUF", .. }))
    }
}

const U32: u32 = 4;
const BOOL: u32 = 7;
const STRING: u32 = 8;
const ARRAY: u32 = 9;
const F32: u32 = 0;
const Q8_0: u32 = 8;

/// A small file with a value of each size, a list, and two tensors.
fn small_file() -> Bytes {
    let metadata = [
        ("a.number".to_owned(), Value::Unsigned(1)),
        ("a.string".to_owned(), Value::string("text")),
        ("a.list".to_owned(), Value::Array(clip_wasm::weights::gguf::Array::strings(["x", "yz"]))),
    ];
    let tensors = [
        (TensorLayout::new("first".into(), vec![2, 32], Dtype::Q8_0).unwrap(), vec![0; 68].into()),
        (TensorLayout::new("second".into(), vec![8], Dtype::F32).unwrap(), vec![0; 32].into()),
    ];
    gguf_file(&metadata, &tensors)
}

#[test]
fn a_file_cut_anywhere_is_truncated() {
    let file = small_file();
    assert_eq!(Gguf::read(&file).unwrap().tensors.len(), 2);
    for len in 0..file.len() {
        let error = Gguf::read(&file.slice(..len)).unwrap_err();
        assert!(matches!(error, Error::Truncated { format: "GGUF", .. }), "{len}: {error}");
    }
}

#[test]
fn a_file_with_any_byte_altered_is_read_or_refused_but_never_panics() {
    let file = small_file();
    for place in 0..file.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut altered = file.to_vec();
            altered[place] ^= flip;
            let _ = Checkpoint::from_gguf(altered.into());
        }
    }
}

#[test]
fn a_checkpoint_cut_anywhere_is_refused() {
    let file = file_of(&TinyClip::seeded(3).checkpoint(), Dtype::Q4_0);
    for len in (0..file.len()).step_by(4099) {
        let error = Checkpoint::from_gguf(file.slice(..len)).unwrap_err();
        assert!(matches!(error, Error::Truncated { .. }), "{len}: {error}");
    }
}

#[test]
fn another_format_is_malformed() {
    for start in [&b"PK\x03\x04"[..], b"<!DO", b"\x80\x02ck", b"ggml", b"FUGG"] {
        assert!(Raw(start.to_vec()).bytes(&[0; 64]).is_malformed());
    }
}

#[test]
fn only_versions_two_and_three_are_read() {
    assert!(Raw::new(2, 0, 0).read().is_ok());
    assert!(Raw::new(3, 0, 0).read().is_ok());
    for version in [0, 1, 4, 3u32.swap_bytes()] {
        assert!(Raw::new(version, 0, 0).is_malformed(), "{version}");
    }
}

#[test]
fn counts_beyond_the_file_are_not_believed() {
    assert!(Raw::new(3, u64::MAX, 0).is_truncated());
    assert!(Raw::new(3, 0, u64::MAX).is_truncated());
    assert!(Raw::new(3, 1 << 32, 1 << 32).is_truncated());
    let key = || Raw::new(3, 0, 1).string("key");
    assert!(Raw::new(3, 0, 1).u64(u64::MAX).bytes(&[0; 32]).is_truncated());
    assert!(key().u32(STRING).u64(u64::MAX).bytes(&[0; 32]).is_truncated());
    assert!(key().u32(ARRAY).u32(U32).u64(u64::MAX / 2).bytes(&[0; 32]).is_truncated());
    assert!(key().u32(ARRAY).u32(STRING).u64(u64::MAX).bytes(&[0; 32]).is_truncated());
}

#[test]
fn metadata_that_breaks_the_format_is_malformed() {
    let key = || Raw::new(3, 0, 1).string("key");
    assert!(key().u32(13).bytes(&[0; 32]).is_malformed(), "an unknown type");
    assert!(key().u32(ARRAY).u32(ARRAY).u64(1).bytes(&[0; 32]).is_malformed(), "a list of lists");
    assert!(key().u32(ARRAY).u32(99).u64(1).bytes(&[0; 32]).is_malformed(), "a list of an unknown type");
    assert!(key().u32(BOOL).bytes(&[2]).is_malformed(), "a boolean of 2");
    assert!(key().u32(STRING).u64(2).bytes(&[0xc3, 0x28]).is_malformed(), "a string that is no UTF-8");
    assert!(
        Raw::new(3, 0, 1).u64(1).bytes(&[0xff]).u32(BOOL).bytes(&[1]).is_malformed(),
        "a key that is no UTF-8"
    );
    let twice = Raw::new(3, 0, 2).string("key").u32(BOOL).bytes(&[1]).string("key").u32(BOOL).bytes(&[1]);
    assert!(twice.is_malformed(), "a key that occurs twice");
}

#[test]
fn an_alignment_that_is_no_power_of_two_is_malformed() {
    for alignment in [0, 3, 33, 1 << 17, u32::MAX] {
        assert!(
            Raw::new(3, 0, 1).string("general.alignment").u32(U32).u32(alignment).is_malformed(),
            "{alignment}"
        );
    }
    assert!(Raw::new(3, 0, 1).string("general.alignment").u32(BOOL).bytes(&[1]).is_malformed());
    let file = Raw::new(3, 1, 1).string("general.alignment").u32(U32).u32(64).tensor("t", 1, F32, 0);
    let start = file.0.len().next_multiple_of(64);
    let mut file = file.0;
    file.resize(start, 0);
    file.extend(2.5f32.to_le_bytes());
    assert_eq!(Gguf::read(&file.into()).unwrap().tensors[0].to_f32().unwrap(), [2.5]);
}

#[test]
fn tensors_that_lie_about_their_place_are_refused() {
    assert!(Raw::new(3, 1, 0).tensor("t", 8, F32, 0).data(32).read().is_ok());
    assert!(Raw::new(3, 1, 0).tensor("t", 8, F32, 32).data(32).is_truncated(), "beyond the end");
    assert!(Raw::new(3, 1, 0).tensor("t", 8, F32, 8).data(64).is_malformed(), "not aligned");
    assert!(
        Raw::new(3, 1, 0).tensor("t", 8, F32, u64::MAX - 63).data(64).is_truncated(),
        "at the end of all numbers"
    );
    assert!(
        Raw::new(3, 1, 0).tensor("t", 8, F32, u64::MAX - 31).data(64).is_malformed(),
        "beyond all numbers"
    );
    assert!(
        Raw::new(3, 2, 0).tensor("t", 16, F32, 0).tensor("u", 8, F32, 32).data(64).is_malformed(),
        "overlapping"
    );
    assert!(
        Raw::new(3, 2, 0).tensor("t", 8, F32, 0).tensor("t", 8, F32, 32).data(64).is_malformed(),
        "twice"
    );
}

#[test]
fn tensors_of_impossible_shapes_are_refused() {
    assert!(Raw::new(3, 1, 0).tensor("t", u64::MAX, F32, 0).data(64).is_malformed(), "a size that overflows");
    assert!(Raw::new(3, 1, 0).tensor("t", 33, Q8_0, 0).data(64).is_malformed(), "a row of no whole blocks");
    assert!(Raw::new(3, 1, 0).string("t").u32(5).bytes(&[0; 64]).is_malformed(), "five axes");
    let square = Raw::new(3, 1, 0).string("t").u32(2).u64(1 << 40).u64(1 << 40).u32(F32).u64(0).data(64);
    assert!(square.is_malformed(), "a product that overflows");
}

#[test]
fn types_that_are_not_read_are_named() {
    for (id, name) in
        [(3, "q4_1"), (7, "q5_1"), (12, "q4_k"), (13, "q5_k"), (26, "i32"), (1000, "ggml type 1000")]
    {
        let error = Raw::new(3, 1, 0).tensor("t", 256, id, 0).data(256).read().unwrap_err();
        assert!(matches!(&error, Error::TensorType { found, .. } if found == name), "{error}");
    }
}

#[test]
fn a_scale_that_is_no_number_is_found() {
    for (id, block_bytes, scale) in [(8, 34, 0), (6, 22, 0), (2, 18, 0), (1, 2, 0), (14, 210, 208)] {
        let len = if id == 1 { 2 } else { 512 };
        let blocks = 2 * (if id == 14 || id == 1 { 1 } else { 8 });
        let mut file = Raw::new(3, 1, 0).tensor("t", len, id, 0).data(blocks * block_bytes).0;
        let last = file.len() - block_bytes + scale;
        file[last..last + 2].copy_from_slice(&0x7c00u16.to_le_bytes());
        let tensor = Gguf::read(&file.into()).unwrap().tensors.remove(0);
        let index = tensor.elements() - tensor.dtype.block_len();
        let error = tensor.to_f32().unwrap_err();
        assert!(matches!(error, Error::NonFiniteWeight { index: found, .. } if found == index), "{error}");
    }
}
