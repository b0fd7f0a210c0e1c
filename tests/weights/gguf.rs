//! Our GGUF files: read back, by candle, and by clip.cpp's rules.

use std::collections::BTreeMap;
use std::io::Cursor;

use bytes::Bytes;
use candle_core::Device;
use candle_core::quantized::gguf_file;
use clip_wasm::Error;
use clip_wasm::weights::gguf::{Array, Gguf, TensorLayout, Value};
use clip_wasm::weights::{Activation, Checkpoint, Dtype, EndToken, Measure, quantize, rewrite};
use serde_json::json;

use crate::support::conversion::file_of;
use crate::support::gguf::gguf_file;
use crate::support::tiny_clip::TinyClip;

/// A file of this metadata and no tensors.
fn metadata_alone(metadata: BTreeMap<String, Value>) -> Bytes {
    let entries: Vec<_> = metadata.into_iter().collect();
    gguf_file(&entries, &[])
}

fn metadata_of(file: &Bytes) -> BTreeMap<String, Value> {
    Gguf::read(file).unwrap().metadata
}

#[test]
fn a_file_says_all_that_the_folder_said() {
    let mut clip = TinyClip::seeded(2);
    clip.config["text_config"]["eos_token_id"] = json!(2);
    clip.config["text_config"]["hidden_act"] = json!("gelu_pytorch_tanh");
    clip.config["vision_config"]["layer_norm_eps"] = json!(1e-6);
    clip.record.license = Some("MIT".into());
    clip.record.description = Some("a tiny one".into());
    clip.record.default_template = Some("a photo of {}.".into());
    clip.record.templates = vec!["a {}".into(), "the {}".into()];
    clip.record.neutral_cosine = Some(0.19);
    clip.record.source.repo = Some("someone/tiny".into());
    clip.record.source.revision = Some("0123abc".into());
    clip.record.source.file = Some("model.safetensors".into());
    let folder = clip.checkpoint();
    let file = Checkpoint::from_gguf(file_of(&folder, Dtype::F32)).unwrap();

    assert_eq!(file.config, folder.config);
    assert_eq!(file.config.end_token, EndToken::HighestId);
    assert_eq!(file.config.text.activation, Activation::GeluTanh);
    assert_eq!(file.tokenizer_json, folder.tokenizer_json);
    assert_eq!(file.preprocessing_json, folder.preprocessing_json);
    let mut record = folder.record.clone();
    record.source.sha256 = Some(folder.sha256().to_owned());
    assert_eq!(file.record, record);
    for (read, written) in file.tensors.iter().zip(folder.tensors.iter()) {
        assert_eq!((&read.name, &read.shape, read.dtype), (&written.name, &written.shape, written.dtype));
        assert_eq!(read.data, written.data);
    }
}

#[test]
fn the_hash_of_a_file_is_that_of_its_bytes() {
    let mut file = Vec::new();
    let summary =
        quantize(&TinyClip::seeded(2).checkpoint(), Dtype::Q8_0, &mut file, &mut |_, _| {}).unwrap();
    assert_eq!(summary.bytes, file.len() as u64);
    assert_eq!(Checkpoint::from_gguf(file.into()).unwrap().sha256(), summary.sha256);
}

#[test]
fn candle_reads_our_files_and_unpacks_the_same_values() {
    for dtype in [Dtype::F32, Dtype::F16, Dtype::Q8_0, Dtype::Q6K, Dtype::Q5_0, Dtype::Q4_0] {
        let file = file_of(&TinyClip::seeded(2).checkpoint(), dtype);
        let mut reader = Cursor::new(file.clone());
        let content = gguf_file::Content::read(&mut reader).unwrap();
        assert_eq!(content.metadata["general.architecture"].to_string().unwrap(), "clip");
        let tensors = Checkpoint::from_gguf(file).unwrap().tensors;
        assert_eq!(content.tensor_infos.len(), tensors.iter().count());
        for tensor in tensors.iter() {
            let theirs = content.tensor(&mut reader, &tensor.name, &Device::Cpu).unwrap();
            assert_eq!(
                (theirs.shape().dims(), theirs.dtype()),
                (&tensor.shape[..], tensor.dtype.to_candle())
            );
            let theirs = theirs.dequantize(&Device::Cpu).unwrap().flatten_all().unwrap();
            assert_eq!(
                theirs.to_vec1::<f32>().unwrap(),
                tensor.to_f32().unwrap(),
                "{} in {dtype}",
                tensor.name
            );
        }
    }
}

/// What `clip_model_load` of clip.cpp at 57f00e2 asks for, and with which getter.
#[test]
fn clip_cpp_finds_every_key_it_needs() {
    let metadata = metadata_of(&file_of(&TinyClip::seeded(2).checkpoint(), Dtype::Q8_0));
    for key in ["clip.has_text_encoder", "clip.has_vision_encoder", "clip.use_gelu"] {
        assert!(matches!(metadata[key], Value::Bool(_)), "{key}");
    }
    for tower in ["text", "vision"] {
        for key in [
            "embedding_length",
            "attention.head_count",
            "feed_forward_length",
            "block_count",
            "projection_dim",
        ] {
            assert!(matches!(metadata[&format!("clip.{tower}.{key}")], Value::Unsigned(_)), "{tower} {key}");
        }
    }
    for key in
        ["clip.text.context_length", "clip.vision.image_size", "clip.vision.patch_size", "general.file_type"]
    {
        assert!(matches!(metadata[key], Value::Unsigned(_)), "{key}");
    }
    for key in ["clip.vision.image_mean", "clip.vision.image_std"] {
        assert!(
            matches!(&metadata[key], Value::Array(list) if list.to_floats().unwrap().len() == 3),
            "{key}"
        );
    }
    let Value::Array(tokens) = &metadata["tokenizer.ggml.tokens"] else { panic!("no tokens") };
    let tokens = tokens.to_strings().unwrap();
    assert_eq!(
        (tokens.len(), tokens[598].as_str(), tokens[599].as_str()),
        (600, "<|startoftext|>", "<|endoftext|>")
    );
}

/// `get_ftype` of clip.cpp takes `general.file_type` for a ggml type, and its convolution takes f16 kernels
/// only.
#[test]
fn types_are_what_clip_cpp_takes() {
    for (dtype, file_type) in [(Dtype::F16, 1), (Dtype::Q4_0, 2), (Dtype::Q5_0, 6), (Dtype::Q8_0, 8)] {
        let file = file_of(&TinyClip::seeded(2).checkpoint(), dtype);
        assert_eq!(metadata_of(&file)["general.file_type"], Value::Unsigned(file_type));
        let mut tensors = Checkpoint::from_gguf(file).unwrap().tensors;
        assert_eq!(tensors.take("v.patch_embd.weight", &[256, 3, 8, 8]).unwrap().dtype, Dtype::F16);
    }
}

#[test]
fn a_file_of_clip_cpp_says_its_activation_by_use_gelu() {
    let mut metadata = metadata_of(&file_of(&TinyClip::seeded(2).checkpoint(), Dtype::F16));
    for key in [
        "clip.text.activation",
        "clip.vision.activation",
        "clip.text.vocab_size",
        "clip.text.eos_token_id",
        "clip.vision.channels",
    ] {
        metadata.remove(key).unwrap();
    }
    for (use_gelu, activation) in [(true, Activation::Gelu), (false, Activation::QuickGelu)] {
        metadata.insert("clip.use_gelu".into(), Value::Bool(use_gelu));
        let config = Checkpoint::from_gguf(metadata_alone(metadata.clone())).unwrap().config;
        assert_eq!((config.vision.activation, config.text.activation), (activation, activation));
        assert_eq!((config.vocab_size, config.end_token, config.channels), (600, EndToken::HighestId, 3));
    }
}

#[test]
fn a_missing_or_bad_key_is_named() {
    let complete = metadata_of(&file_of(&TinyClip::seeded(2).checkpoint(), Dtype::F16));
    let needed = [
        "general.architecture",
        "clip.text.embedding_length",
        "clip.text.attention.layer_norm_epsilon",
        "clip.vision.block_count",
        "clip.vision.patch_size",
        "tokenizer.huggingface.json",
        "clip.preprocessor.huggingface.json",
    ];
    for key in needed {
        for replacement in [None, Some(Value::Bool(true))] {
            if replacement.is_none() && key.ends_with(".huggingface.json") {
                continue; // made from what clip.cpp has instead
            }
            let mut metadata = complete.clone();
            metadata.remove(key).unwrap();
            metadata.extend(replacement.map(|value| (key.to_owned(), value)));
            let error = Checkpoint::from_gguf(metadata_alone(metadata)).unwrap_err();
            assert!(matches!(&error, Error::Config { key: named, .. } if named == key), "{key}: {error}");
        }
    }
    let mut metadata = complete;
    metadata.insert("clip.vision.projection_dim".into(), Value::Unsigned(1));
    let error = Checkpoint::from_gguf(metadata_alone(metadata)).unwrap_err();
    assert!(matches!(&error, Error::Config { key, .. } if key == "clip.vision.projection_dim"), "{error}");
}

#[test]
fn a_file_of_another_model_or_of_one_tower_is_refused() {
    let complete = metadata_of(&file_of(&TinyClip::seeded(2).checkpoint(), Dtype::F16));
    let changes = [
        ("general.architecture", Value::string("llama"), "llama"),
        ("clip.has_text_encoder", Value::Bool(false), "clip without its text tower"),
        ("clip.has_vision_encoder", Value::Bool(false), "clip without its vision tower"),
    ];
    for (key, value, named) in changes {
        let mut metadata = complete.clone();
        metadata.insert(key.into(), value);
        let error = Checkpoint::from_gguf(metadata_alone(metadata)).unwrap_err();
        assert!(matches!(&error, Error::UnsupportedArchitecture { found, .. } if found == named), "{error}");
    }
}

#[test]
fn a_changed_record_is_rewritten_without_touching_the_tensors() {
    let file = file_of(&TinyClip::seeded(2).checkpoint(), Dtype::Q6K);
    let mut checkpoint = Checkpoint::from_gguf(file).unwrap();
    checkpoint.record.fidelity.insert("vision.cosine".into(), Measure::Number(0.999));
    checkpoint.record.fidelity.insert("against".into(), Measure::Text("transformers 5.23".into()));
    let mut rewritten = Vec::new();
    rewrite(&checkpoint, &mut rewritten, &mut |_, _| {}).unwrap();
    let rewritten = Checkpoint::from_gguf(rewritten.into()).unwrap();
    assert_eq!(rewritten.record, checkpoint.record);
    for (new, old) in rewritten.tensors.iter().zip(checkpoint.tensors.iter()) {
        assert_eq!((&new.name, &new.data), (&old.name, &old.data));
    }
    let requantized = Checkpoint::from_gguf(file_of(&rewritten, Dtype::Q4_0)).unwrap();
    assert!(requantized.record.fidelity.is_empty(), "what was measured of one type says nothing of another");
}

#[test]
fn metadata_of_every_kind_survives() {
    let values = [
        Value::Unsigned(7),
        Value::Unsigned(1 << 40),
        Value::Signed(-7),
        Value::F32(0.1),
        Value::F64(0.1),
        Value::Bool(true),
        Value::string("é</w>"),
        Value::Array(Array::floats(&[1.0, -2.5])),
        Value::Array(Array::strings(["", "a", "é"])),
        Value::Array(Array::strings::<&str>([])),
    ];
    let metadata: BTreeMap<_, _> =
        values.into_iter().enumerate().map(|(i, value)| (i.to_string(), value)).collect();
    assert_eq!(metadata_of(&metadata_alone(metadata.clone())), metadata);
}

#[test]
fn tensors_are_padded_to_the_alignment() {
    let tensors = [1usize, 8, 9].map(|len| {
        let layout = TensorLayout::new(format!("t{len}"), vec![len], Dtype::F32).unwrap();
        (layout, Bytes::from(vec![len as u8; len * 4]))
    });
    let file = gguf_file(&[], &tensors);
    assert_eq!(file.len() % 32, 0);
    let read = Gguf::read(&file).unwrap().tensors;
    for (tensor, len) in read.iter().zip([1usize, 8, 9]) {
        assert_eq!(tensor.data, vec![len as u8; len * 4]);
    }
}
