//! `config.json`: every field counts, and every bad value is named.

use clip_wasm::Error;
use clip_wasm::weights::{Activation, ClipConfig, EndToken};
use serde_json::{Value, json};

use crate::support::tiny_clip::TinyClip;

fn read(config: &Value) -> clip_wasm::Result<ClipConfig> {
    ClipConfig::from_hugging_face(config.to_string().as_bytes())
}

/// The tiny config with one value replaced.
fn with(pointer: &str, value: Value) -> Value {
    let mut config = TinyClip::seeded(0).config;
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    config.pointer_mut(parent).expect("an object")[key] = value;
    config
}

#[test]
fn every_field_changes_the_config() {
    let unchanged = read(&TinyClip::seeded(0).config).unwrap();
    let changes = [
        ("/projection_dim", json!(32)),
        ("/vision_config/hidden_size", json!(128)),
        ("/vision_config/intermediate_size", json!(640)),
        ("/vision_config/num_hidden_layers", json!(3)),
        ("/vision_config/num_attention_heads", json!(2)),
        ("/vision_config/image_size", json!(64)),
        ("/vision_config/patch_size", json!(4)),
        ("/vision_config/hidden_act", json!("gelu")),
        ("/vision_config/layer_norm_eps", json!(1e-6)),
        ("/text_config/hidden_size", json!(32)),
        ("/text_config/intermediate_size", json!(96)),
        ("/text_config/num_hidden_layers", json!(1)),
        ("/text_config/num_attention_heads", json!(4)),
        ("/text_config/vocab_size", json!(700)),
        ("/text_config/max_position_embeddings", json!(12)),
        ("/text_config/hidden_act", json!("gelu_pytorch_tanh")),
        ("/text_config/layer_norm_eps", json!(1e-4)),
        ("/text_config/eos_token_id", json!(2)),
    ];
    for (pointer, value) in changes {
        assert_ne!(read(&with(pointer, value)).unwrap(), unchanged, "{pointer}");
    }
}

#[test]
fn a_value_that_cannot_be_used_is_an_error_that_names_its_key() {
    let bad = [
        ("/projection_dim", json!(null)),
        ("/projection_dim", json!(0)),
        ("/vision_config/hidden_size", json!(-256)),
        ("/vision_config/hidden_size", json!(u64::MAX)),
        ("/vision_config/intermediate_size", json!(512.5)),
        ("/vision_config/num_hidden_layers", json!(1_000_000)),
        ("/vision_config/num_attention_heads", json!(3)),
        ("/vision_config/num_attention_heads", json!(0)),
        ("/vision_config/num_channels", json!(1)),
        ("/vision_config/image_size", json!([224, 224])),
        ("/vision_config/patch_size", json!(15)),
        ("/vision_config/patch_size", json!(0)),
        ("/vision_config/hidden_act", json!("relu")),
        ("/vision_config/hidden_act", json!(7)),
        ("/vision_config/layer_norm_eps", json!("small")),
        ("/vision_config/layer_norm_eps", json!(0)),
        ("/text_config/layer_norm_eps", json!(-1e-5)),
        ("/text_config/vocab_size", json!(1u64 << 40)),
        ("/text_config/max_position_embeddings", json!(1)),
        ("/text_config/eos_token_id", json!(600)),
        ("/text_config/eos_token_id", json!([2, 3])),
        ("/text_config", json!([])),
        ("/model_type", json!(3)),
    ];
    for (pointer, value) in bad {
        match read(&with(pointer, value.clone())) {
            Err(Error::Config { file: "config.json", key, .. }) => {
                assert_eq!(key, pointer[1..].replace('/', "."))
            }
            other => panic!("{pointer} = {value}: {other:?}"),
        }
    }
}

#[test]
fn sizes_that_are_too_large_together_are_refused() {
    let mut patches = with("/vision_config/patch_size", json!(1));
    patches["vision_config"]["image_size"] = json!(2048);
    let mut table = with("/text_config/vocab_size", json!(1 << 20));
    table["text_config"]["hidden_size"] = json!(8192);
    for (config, named) in [(patches, "vision_config.patch_size"), (table, "text_config.vocab_size")] {
        assert!(matches!(read(&config), Err(Error::Config { key, .. }) if key == named));
    }
}

#[test]
fn what_is_absent_has_the_default_of_transformers() {
    let config = read(&json!({ "model_type": "clip" })).unwrap();
    let vision = (config.vision.width, config.vision.mlp_width, config.vision.layers, config.vision.heads);
    let text = (config.text.width, config.text.mlp_width, config.text.layers, config.text.heads);
    assert_eq!(vision, (768, 3072, 12, 12));
    assert_eq!(text, (512, 2048, 12, 8));
    assert_eq!((config.image_size, config.patch_size, config.channels, config.patches()), (224, 32, 3, 49));
    assert_eq!((config.vocab_size, config.context_length, config.projection_dim), (49408, 77, 512));
    assert_eq!(config.end_token, EndToken::FirstId(49407));
    for tower in [config.vision, config.text] {
        assert_eq!((tower.activation, tower.layer_norm_eps), (Activation::QuickGelu, 1e-5));
    }
}

/// What transformers 5.23 does with `CLIPConfig(text_config={"eos_token_id": 2, "hidden_size": 256},
/// text_config_dict={"hidden_size": 128, "num_attention_heads": 2})`: hidden_size 128, eos_token_id 49407.
#[test]
fn the_dictionary_of_early_files_counts_alone() {
    let mut config =
        json!({ "model_type": "clip", "text_config": { "eos_token_id": 2, "hidden_size": 256 } });
    config["text_config_dict"] = json!({ "hidden_size": 128, "num_attention_heads": 2 });
    let read_config = read(&config).unwrap();
    assert_eq!((read_config.text.width, read_config.text.heads), (128, 2));
    assert_eq!(read_config.end_token, EndToken::FirstId(49407));

    config["text_config_dict"] = Value::Null;
    let read_config = read(&config).unwrap();
    assert_eq!(read_config.text.width, 256);
    assert_eq!(read_config.end_token, EndToken::HighestId);
}

#[test]
fn another_architecture_is_named() {
    let error = read(&with("/model_type", json!("blip"))).unwrap_err();
    assert!(matches!(&error, Error::UnsupportedArchitecture { found, .. } if found == "blip"), "{error}");
    assert!(matches!(read(&json!({})), Err(Error::Config { key, .. }) if key == "model_type"));
}

#[test]
fn what_is_no_json_object_is_malformed() {
    for text in ["", "{", "[]", "\"clip\"", "\u{0}", &"[".repeat(100_000)] {
        let error = ClipConfig::from_hugging_face(text.as_bytes()).unwrap_err();
        assert!(matches!(error, Error::Malformed { format: "config.json", .. }), "{error}");
    }
}
