//! The small files beside the weights: which of them counts, as in transformers 5.23, and what is refused by name.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use clip_wasm::Error;
use clip_wasm::image::Preprocessing;
use clip_wasm::text::Tokenizer;
use clip_wasm::weights::{Checkpoint, CheckpointMetadata, Converter, Dtype, HuggingFaceFiles, MetadataFiles};
use serde_json::{Value, json};

use crate::support::tiny_clip::TinyClip;

fn golden(path: &str) -> Bytes {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(path)).unwrap().into()
}

/// The companions of one of the golden models, with these files beside its own.
fn of_model(
    model: &str,
    tokenizer_config: &Value,
    special_tokens: &Value,
) -> clip_wasm::Result<CheckpointMetadata> {
    let text = |value: &Value| if value.is_null() { Bytes::new() } else { value.to_string().into() };
    CheckpointMetadata::from_hugging_face(MetadataFiles {
        config: golden(&format!("models/{model}/config.json")),
        tokenizer: golden(&format!("models/{model}/tokenizer.json")),
        tokenizer_config: text(tokenizer_config),
        special_tokens: text(special_tokens),
        preprocessor: golden(&format!("models/{model}/preprocessor_config.json")),
        processor: Bytes::new(),
    })
}

#[test]
fn tokens_that_tokenizer_config_names_cut_and_fill_up_texts_as_in_transformers() {
    let cases: Value = serde_json::from_slice(&golden("tokenizer/config_ids.json")).unwrap();
    for case in cases["cases"].as_array().unwrap() {
        let model = case["model"].as_str().unwrap();
        let companions = of_model(model, &case["tokenizer_config"], &case["special_tokens_map"]).unwrap();
        let tokenizer = match model {
            "quick-gelu" => Tokenizer::from_json(&companions.tokenizer_json, 16),
            _ => Tokenizer::siglip(&companions.tokenizer_json, 16),
        };
        let tokenizer = tokenizer.unwrap();
        for (text, ids) in cases["texts"].as_array().unwrap().iter().zip(case["ids"].as_array().unwrap()) {
            let found = tokenizer.encode(text.as_str().unwrap()).unwrap();
            assert_eq!(json!(found), *ids, "{text} with {}", case["tokenizer_config"]);
        }
    }
}

#[test]
fn a_tokenizer_config_that_changes_nothing_leaves_the_tokenizer_as_it_is() {
    let cases: Value = serde_json::from_slice(&golden("tokenizer/config_ids.json")).unwrap();
    for (index, model) in [(0, "quick-gelu"), (9, "siglip"), (12, "siglip-2")] {
        let companions = of_model(model, &cases["cases"][index]["tokenizer_config"], &Value::Null).unwrap();
        assert_eq!(companions.tokenizer_json, golden(&format!("models/{model}/tokenizer.json")), "{model}");
    }
}

#[test]
fn what_of_a_tokenizer_config_is_not_followed_is_refused_by_its_key() {
    for (model, config, key) in [
        ("quick-gelu", json!({ "truncation_side": "left" }), "truncation_side"),
        ("quick-gelu", json!({ "model_max_length": 7 }), "model_max_length"),
        ("quick-gelu", json!({ "eos_token": "!" }), "eos_token"),
        ("quick-gelu", json!({ "tokenizer_class": "CLIPTokenizerFast", "bos_token": "!" }), "bos_token"),
        ("quick-gelu", json!({ "pad_token": 7 }), "pad_token"),
        ("quick-gelu", json!({ "additional_special_tokens": "!" }), "additional_special_tokens"),
        ("siglip", json!({ "padding_side": "left" }), "padding_side"),
        ("siglip-2", json!({ "tokenizer_class": "GemmaTokenizer" }), "padding_side"),
        ("siglip", json!({ "do_lower_case": false }), "do_lower_case"),
    ] {
        let error = of_model(model, &config, &Value::Null).unwrap_err();
        let named = |error: &Error| matches!(error, Error::Config { key: found, .. } if found == key);
        assert!(named(&error), "{config}: {error}");
    }
    // A class that takes tokenizer.json as it is puts its own tokens around a text.
    let config = json!({ "tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "!" });
    assert!(of_model("quick-gelu", &config, &Value::Null).is_ok());
}

#[test]
fn texts_that_a_tokenizer_cuts_or_fills_up_at_their_beginning_are_refused() {
    let changed = |model: &str, key: &str, value: Value| {
        let mut file: Value =
            serde_json::from_slice(&golden(&format!("models/{model}/tokenizer.json"))).unwrap();
        file[key] = value;
        file.to_string().into_bytes()
    };
    let left = json!({ "direction": "Left", "pad_id": 0, "max_length": 8 });
    let cut = Tokenizer::from_json(&changed("quick-gelu", "truncation", left.clone()), 16).unwrap_err();
    assert!(cut.to_string().contains("`truncation`"), "{cut}");
    let filled = Tokenizer::siglip(&changed("siglip", "padding", left.clone()), 16).unwrap_err();
    assert!(filled.to_string().contains("`padding`"), "{filled}");
    assert!(
        Tokenizer::from_json(&changed("quick-gelu", "padding", left), 16).is_ok(),
        "CLIP's are not filled up"
    );
}

/// A folder with both files, of which the first has the statistics `nested`, or no image processor.
fn preprocessing(processor: &Value, preprocessor: Option<&Value>) -> clip_wasm::Result<Preprocessing> {
    let folder = tempfile::tempdir().unwrap();
    TinyClip::seeded(1).write_folder(folder.path());
    fs::write(folder.path().join("processor_config.json"), processor.to_string()).unwrap();
    let flat = folder.path().join("preprocessor_config.json");
    match preprocessor {
        Some(preprocessor) => fs::write(flat, preprocessor.to_string()).unwrap(),
        None => fs::remove_file(flat).unwrap(),
    }
    Preprocessing::from_json(&Checkpoint::open(folder.path())?.preprocessing_json)
}

#[test]
fn the_image_processor_in_processor_config_comes_before_preprocessor_config() {
    let of = |mean: f64| json!({ "image_processor_type": "CLIPImageProcessor", "size": 16, "crop_size": 16, "image_mean": [mean, mean, mean] });
    let mean = |read: Preprocessing| read.normalize.unwrap().mean[0];
    let nested = json!({ "image_processor": of(0.25), "processor_class": "CLIPProcessor" });
    assert_eq!(mean(preprocessing(&nested, Some(&of(0.5))).unwrap()), 0.25);
    assert_eq!(mean(preprocessing(&nested, None).unwrap()), 0.25);
    // Files from before transformers 5 have none, or null.
    for old in [json!({ "processor_class": "CLIPProcessor" }), json!({ "image_processor": null })] {
        assert_eq!(mean(preprocessing(&old, Some(&of(0.5))).unwrap()), 0.5);
        let error = preprocessing(&old, None).unwrap_err();
        assert!(matches!(error, Error::MissingFile { .. }), "{error}");
    }
    let error = preprocessing(&json!({ "image_processor": 3 }), Some(&of(0.5))).unwrap_err();
    assert!(error.to_string().contains("processor_config.json: `image_processor` is 3"), "{error}");
}

#[test]
fn use_square_size_takes_the_size_of_clips_class_whatever_size_says() {
    let sides =
        |json: Value| Preprocessing::from_json(json.to_string().as_bytes()).unwrap().resize.unwrap().0;
    let clip = |square: bool| json!({ "image_processor_type": "CLIPImageProcessor", "size": 336, "use_square_size": square });
    assert_eq!(format!("{:?}", sides(clip(true))), "Exact { height: 224, width: 224 }");
    assert_eq!(format!("{:?}", sides(clip(false))), "ShortestEdge(336)");
    // SigLIP's class knows no such key.
    let siglip = json!({ "image_processor_type": "SiglipImageProcessor", "size": [256, 256], "use_square_size": true });
    assert_eq!(format!("{:?}", sides(siglip)), "Exact { height: 256, width: 256 }");
}

/// As Git leaves it in a clone without Git LFS.
const POINTER: &[u8] =
    b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 605247071\n";

#[test]
fn a_git_lfs_pointer_in_place_of_any_file_is_told_by_its_name_and_what_to_do() {
    for name in
        ["config.json", "tokenizer.json", "preprocessor_config.json", "model.safetensors", "record.json"]
    {
        let folder = tempfile::tempdir().unwrap();
        TinyClip::seeded(1).write_folder(folder.path());
        fs::write(folder.path().join(name), POINTER).unwrap();
        let error = Checkpoint::open(folder.path()).unwrap_err();
        let message = error.to_string();
        assert_eq!(error.code(), "lfs-pointer", "{name}: {message}");
        assert!(message.contains(name) && message.contains("git lfs pull"), "{message}");
        assert!(message.contains("605247071 bytes"), "{message}");
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("model.gguf"), POINTER).unwrap();
    assert_eq!(Checkpoint::open(&folder.path().join("model.gguf")).unwrap_err().code(), "lfs-pointer");
}

#[test]
fn a_git_lfs_pointer_is_told_in_files_that_are_given_or_arrive() {
    assert_eq!(Checkpoint::from_gguf(Bytes::from_static(POINTER)).unwrap_err().code(), "lfs-pointer");
    let clip = TinyClip::seeded(1).files();
    let weights = HuggingFaceFiles { weights: vec![Bytes::from_static(POINTER)], ..clip.clone() };
    assert_eq!(Checkpoint::from_hugging_face(weights).unwrap_err().code(), "lfs-pointer");
    for chunk in [1, 7, 200] {
        let mut converter = Converter::new(Dtype::Q8_0);
        let error = POINTER.chunks(chunk).find_map(|bytes| converter.push(bytes, &mut Vec::new()).err());
        assert_eq!(error.unwrap().code(), "lfs-pointer", "{chunk}");
    }
    let companions = MetadataFiles { tokenizer: Bytes::from_static(POINTER), ..clip.companions };
    assert_eq!(CheckpointMetadata::from_hugging_face(companions).unwrap_err().code(), "lfs-pointer");
}
