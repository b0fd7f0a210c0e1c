//! Hugging Face folders: whole, sharded, incomplete, damaged.

use std::fs;
use std::sync::LazyLock;

use bytes::Bytes;
use clip_wasm::Error;
use clip_wasm::session::Session;
use clip_wasm::weights::{Checkpoint, ClipConfig, HuggingFaceFiles, Measure};
use safetensors::Dtype;
use serde_json::json;

use crate::support::tiny_clip::{NamedTensor, TinyClip};

/// The checkpoint with these weights files instead of its own.
fn with_weights(weights: Vec<Bytes>) -> clip_wasm::Result<Checkpoint> {
    static FILES: LazyLock<HuggingFaceFiles> = LazyLock::new(|| TinyClip::seeded(1).files());
    Checkpoint::from_hugging_face(HuggingFaceFiles { weights, ..FILES.clone() })
}

/// A safetensors file: the header as it is given, and that many bytes after it.
fn safetensors_file(header: &str, data: usize) -> Bytes {
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.resize(file.len() + data, 0);
    file.into()
}

#[test]
fn a_folder_gives_its_files_and_every_tensor() {
    let folder = tempfile::tempdir().unwrap();
    let clip = TinyClip::seeded(1);
    clip.write_folder(folder.path());
    let mut checkpoint = Checkpoint::open(folder.path()).unwrap();
    assert_eq!(checkpoint.tokenizer_json, clip.files().companions.tokenizer);
    assert_eq!(checkpoint.preprocessing_json, clip.files().companions.preprocessor);
    assert_eq!(checkpoint.record.name.as_deref(), folder.path().file_name().and_then(|name| name.to_str()));
    assert_eq!(checkpoint.tensors.iter().count(), clip.tensors.len());
    for mut tensor in clip.tensors {
        if tensor.shape.is_empty() {
            tensor.shape.push(1);
        }
        let name = clip_wasm::weights::tensor_names::from_hugging_face(&tensor.name).unwrap();
        let read = checkpoint.tensors.take(&name, &tensor.shape).unwrap();
        assert_eq!(read.to_f32().unwrap(), tensor.values, "{name}");
    }
    checkpoint.tensors.finish().unwrap();
}

#[test]
fn half_precision_weights_are_read() {
    for (dtype, step) in [(Dtype::F16, 1.0 / 1024.0), (Dtype::BF16, 1.0 / 128.0)] {
        let mut clip = TinyClip::seeded(1);
        clip.dtype = dtype;
        let mut checkpoint = clip.checkpoint();
        let read = checkpoint.tensors.take("visual_projection.weight", &[64, 256]).unwrap().to_f32().unwrap();
        for (read, exact) in read.iter().zip(&clip.tensor("visual_projection.weight").values) {
            assert!((read - exact).abs() <= step * exact.abs() + 1e-7, "{dtype}: {read} for {exact}");
        }
    }
}

#[test]
fn shards_make_the_same_checkpoint_as_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let clip = TinyClip::seeded(1);
    clip.write_folder(folder.path());
    let is_first = |name: &str| name.starts_with("vision_model");
    let (first, second) = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors");
    let place = |name: &str| if is_first(name) { first } else { second };
    let weight_map: serde_json::Map<_, _> =
        clip.tensors.iter().map(|tensor| (tensor.name.clone(), json!(place(&tensor.name)))).collect();
    fs::remove_file(folder.path().join("model.safetensors")).unwrap();
    fs::write(folder.path().join(first), clip.weights_of(is_first)).unwrap();
    fs::write(folder.path().join(second), clip.weights_of(|name| !is_first(name))).unwrap();
    let index = json!({ "metadata": {}, "weight_map": weight_map }).to_string();
    fs::write(folder.path().join("model.safetensors.index.json"), index).unwrap();

    let (sharded, whole) = (Checkpoint::open(folder.path()).unwrap(), clip.checkpoint());
    assert_eq!(sharded.tensors.iter().count(), clip.tensors.len());
    let mut tensors = sharded.tensors;
    for tensor in whole.tensors.iter() {
        assert_eq!(tensors.take(&tensor.name, &tensor.shape).unwrap().data, tensor.data);
    }
}

#[test]
fn an_index_cannot_name_files_outside_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    TinyClip::seeded(1).write_folder(folder.path());
    fs::remove_file(folder.path().join("model.safetensors")).unwrap();
    let shards = [
        json!("../model.safetensors"),
        json!("/etc/model.safetensors"),
        json!("a\\b.safetensors"),
        json!("c:model.safetensors"),
        json!("passwd"),
        json!(1),
    ];
    for shard in shards {
        let index = json!({ "weight_map": { "logit_scale": shard } }).to_string();
        fs::write(folder.path().join("model.safetensors.index.json"), index).unwrap();
        let error = Checkpoint::open(folder.path()).unwrap_err();
        assert!(
            matches!(error, Error::Malformed { format: "model.safetensors.index.json", .. }),
            "{shard}: {error}"
        );
    }
    for index in ["", "{}", "[]", r#"{"weight_map": {}}"#, r#"{"weight_map": 1}"#] {
        fs::write(folder.path().join("model.safetensors.index.json"), index).unwrap();
        assert!(matches!(Checkpoint::open(folder.path()), Err(Error::Malformed { .. })), "{index}");
    }
}

#[test]
fn a_missing_file_is_named() {
    for name in ["config.json", "tokenizer.json", "preprocessor_config.json", "model.safetensors"] {
        let folder = tempfile::tempdir().unwrap();
        TinyClip::seeded(1).write_folder(folder.path());
        fs::remove_file(folder.path().join(name)).unwrap();
        let error = Checkpoint::open(folder.path()).unwrap_err();
        assert!(matches!(&error, Error::MissingFile { expected } if expected.contains(name)), "{error}");
    }
}

/// As `CLIPProcessor.save_pretrained` of transformers 5 writes it.
#[test]
fn the_preprocessing_may_be_part_of_a_whole_processor() {
    let folder = tempfile::tempdir().unwrap();
    let clip = TinyClip::seeded(1);
    clip.write_folder(folder.path());
    fs::remove_file(folder.path().join("preprocessor_config.json")).unwrap();
    let processor = json!({ "image_processor": clip.preprocessor, "processor_class": "CLIPProcessor" });
    fs::write(folder.path().join("processor_config.json"), processor.to_string()).unwrap();
    let checkpoint = Checkpoint::open(folder.path()).unwrap();
    let read: serde_json::Value = serde_json::from_slice(&checkpoint.preprocessing_json).unwrap();
    assert_eq!(read, clip.preprocessor);
}

#[test]
fn preprocessing_that_is_no_json_is_malformed() {
    let mut files = TinyClip::seeded(1).files();
    files.companions.preprocessor = Bytes::from_static(b"<html>");
    let error = Checkpoint::from_hugging_face(files).unwrap_err();
    assert!(matches!(error, Error::Malformed { format: "preprocessor_config.json", .. }), "{error}");
}

#[test]
fn a_record_beside_the_weights_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    TinyClip::seeded(1).write_folder(folder.path());
    let record = json!({
        "name": "tiny CLIP", "license": "MIT", "templates": ["a {}", "the {}"],
        "source": { "repo": "someone/tiny" }, "fidelity": { "cosine": 0.5, "against": "torch" },
    });
    fs::write(folder.path().join("record.json"), record.to_string()).unwrap();
    let record = Checkpoint::open(folder.path()).unwrap().record;
    assert_eq!(record.name.as_deref(), Some("tiny CLIP"));
    assert_eq!(record.templates, ["a {}", "the {}"]);
    assert_eq!(record.source.repo.as_deref(), Some("someone/tiny"));
    assert_eq!(record.fidelity["cosine"], Measure::Number(0.5));
    assert_eq!(record.fidelity["against"], Measure::Text("torch".into()));
}

#[test]
fn position_ids_are_ignored_and_other_strangers_are_not() {
    let mut clip = TinyClip::seeded(1);
    let stranger = |name: &str| NamedTensor { name: name.into(), shape: vec![2], values: vec![0.0, 1.0] };
    clip.tensors.push(stranger("text_model.embeddings.position_ids"));
    let mut tensors = clip.checkpoint().tensors;
    assert!(tensors.iter().all(|tensor| !tensor.name.contains("position_ids")));
    assert!(tensors.take_optional("t.position_ids", &[2]).unwrap().is_none());

    clip.tensors = vec![stranger("adapter.b"), stranger("adapter.a")];
    let error = clip.checkpoint().tensors.finish().unwrap_err();
    assert!(matches!(error, Error::UnknownTensors { count: 2, .. }), "{error}");
}

#[test]
fn a_tensor_can_be_taken_once_and_only_in_its_own_shape() {
    let mut tensors = TinyClip::seeded(1).checkpoint().tensors;
    let error = tensors.take("logit_scale", &[2]).unwrap_err();
    assert!(matches!(error, Error::TensorShape { found, expected, .. } if found == [1] && expected == [2]));
    tensors.take("visual_projection.weight", &[64, 256]).unwrap();
    let error = tensors.take("visual_projection.weight", &[64, 256]).unwrap_err();
    assert!(
        matches!(&error, Error::MissingTensor { name, shape } if name == "visual_projection.weight" && shape == &[64, 256])
    );
}

#[test]
fn the_same_tensor_in_two_shards_is_refused() {
    let weights = TinyClip::seeded(1).weights();
    let error = with_weights(vec![weights.clone(), weights]).unwrap_err();
    assert!(matches!(error, Error::Malformed { format: "checkpoint", .. }), "{error}");
}

#[test]
fn integer_weights_are_refused_with_their_type() {
    let header = r#"{"logit_scale":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#;
    let error = with_weights(vec![safetensors_file(header, 8)]).unwrap_err();
    assert!(
        matches!(&error, Error::TensorType { name, found, .. } if name == "logit_scale" && found == "i64"),
        "{error}"
    );
}

#[test]
fn a_weight_that_is_no_number_is_found() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut clip = TinyClip::seeded(1);
        clip.tensor("visual_projection.weight").values[300] = value;
        let tensor = clip.checkpoint().tensors.take("visual_projection.weight", &[64, 256]).unwrap();
        assert!(matches!(tensor.to_f32(), Err(Error::NonFiniteWeight { index: 300, .. })));
        assert!(matches!(tensor.check_finite(), Err(Error::NonFiniteWeight { index: 300, .. })));
    }
}

#[test]
fn safetensors_cut_anywhere_are_truncated() {
    let header = r#"{"logit_scale":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#;
    let file = safetensors_file(header, 16);
    assert!(with_weights(vec![file.clone()]).is_ok());
    for len in 0..file.len() {
        let error = with_weights(vec![file.slice(..len)]).unwrap_err();
        assert!(matches!(error, Error::Truncated { format: "safetensors", .. }), "{len}: {error}");
    }
}

#[test]
fn safetensors_that_break_their_format_are_malformed() {
    let endless = |shape: &str| format!(r#"{{"a":{{"dtype":"F32","shape":{shape},"data_offsets":[0,4]}}}}"#);
    let headers = [
        ("no JSON", "{".to_owned(), 0),
        ("no object", "[]".to_owned(), 0),
        ("not UTF-8 sized", endless("[2]"), 4),
        ("a size that overflows", endless("[9223372036854775807, 9223372036854775807]"), 4),
        ("a negative axis", endless("[-1]"), 4),
        ("bytes nobody owns", endless("[1]"), 8),
        ("an unknown type", r#"{"a":{"dtype":"Q4","shape":[1],"data_offsets":[0,4]}}"#.to_owned(), 4),
        ("a hole", r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#.to_owned(), 8),
        ("offsets backwards", r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#.to_owned(), 4),
        (
            "an overlap",
            r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#.to_owned(),
            4,
        ),
    ];
    for (what, header, data) in headers {
        let error = with_weights(vec![safetensors_file(&header, data)]).unwrap_err();
        assert!(matches!(error, Error::Malformed { format: "safetensors", .. }), "{what}: {error}");
    }
    let mut boundless = u64::MAX.to_le_bytes().to_vec();
    boundless.extend(b"{}");
    assert!(matches!(with_weights(vec![boundless.into()]), Err(Error::Malformed { .. })));
}

#[test]
fn the_hash_is_that_of_the_weights_file() {
    use sha2::{Digest, Sha256};
    let clip = TinyClip::seeded(1);
    let expected: String = Sha256::digest(clip.weights()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(clip.checkpoint().sha256(), expected);
}

#[test]
fn other_families_of_transformers_are_refused_with_the_model_that_the_docs_name() {
    const SMALL: &str = "timm/PE-Core-S-16-384";
    const LANGUAGES: &str = "google/siglip2-base-patch16-224";
    for (model_type, instead) in [
        ("metaclip_2", LANGUAGES),
        ("chinese_clip", LANGUAGES),
        ("altclip", LANGUAGES),
        ("clip_vision_model", SMALL),
        ("blip", SMALL),
    ] {
        let config = json!({ "model_type": model_type }).to_string();
        let error = ClipConfig::from_hugging_face(config.as_bytes()).unwrap_err();
        assert!(matches!(error, Error::UnsupportedArchitecture { .. }), "{error}");
        let told = error.to_string();
        assert!(told.contains(model_type) && told.ends_with(&format!("; use {instead} instead")), "{told}");
    }
}

#[test]
fn a_clip_model_of_248_positions_reads_long_prompts_unless_its_tokenizer_would_cut_them() {
    const LONG: usize = 248;
    let mut clip = TinyClip::seeded(9);
    clip.config["text_config"]["max_position_embeddings"] = json!(LONG);
    let positions = clip.tensor("text_model.embeddings.position_embedding.weight");
    let width = positions.shape[1];
    positions.shape[0] = LONG;
    positions.values = (0..LONG * width).map(|index| (index % 97) as f32 / 97.0 - 0.5).collect();
    let session = Session::new(clip.checkpoint()).unwrap();
    assert_eq!(session.tokenize(&"a photo of a dog ".repeat(100)).unwrap().len(), LONG);
    let prompts = [30, 35].map(|times| "a photo of a dog ".repeat(times));
    let embeddings = session.embed_texts(&prompts).unwrap();
    assert_ne!(embeddings[0], embeddings[1], "what is beyond 77 tokens counts");
    let mut files = clip.files();
    files.companions.tokenizer_config = json!({ "model_max_length": 77 }).to_string().into();
    let error = Checkpoint::from_hugging_face(files).unwrap_err().to_string();
    assert!(error.contains("model_max_length"), "{error}");
}
