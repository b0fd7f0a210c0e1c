//! Checkpoints with an `open_clip_config.json`: as OpenCLIP itself saved one, and what is not run here.

use std::fs;
use std::path::Path;

use clip_wasm::Error;
use clip_wasm::image::Preprocessing;
use clip_wasm::session::Session;
use clip_wasm::weights::{Activation, Checkpoint, CheckpointMetadata, ClipConfig, EndToken, MetadataFiles};
use serde_json::{Value, json};

use crate::support::tiny_clip::TinyClip;

/// The config of the small checkpoint, as OpenCLIP would write it.
fn config() -> Value {
    json!({
        "model_cfg": {
            "embed_dim": 64,
            "quick_gelu": true,
            "vision_cfg": { "image_size": 16, "layers": 1, "width": 256, "patch_size": 8, "mlp_ratio": 1.0 },
            "text_cfg": {
                "context_length": 16, "vocab_size": 600, "width": 64, "heads": 2, "layers": 2, "mlp_ratio": 2.0,
            },
        },
        "preprocess_cfg": { "mean": [0.48145466, 0.4578275, 0.40821073], "std": [0.26862954, 0.26130258, 0.27577711] },
    })
}

fn read(config: &Value) -> clip_wasm::Result<CheckpointMetadata> {
    let json = config.to_string();
    let (config, preprocessor) = (json.clone().into(), json.into());
    CheckpointMetadata::from_hugging_face(MetadataFiles { config, preprocessor, ..MetadataFiles::default() })
}

/// The small checkpoint as an OpenCLIP folder, its text tower's names begun with `prefix`.
fn write_folder(folder: &Path, prefix: &str) {
    let mut clip = TinyClip::seeded(5).in_open_clip_names();
    for tensor in &mut clip.tensors {
        if !tensor.name.starts_with("visual.") && tensor.name != "logit_scale" {
            tensor.name.insert_str(0, prefix);
        }
    }
    clip.write_folder(folder);
    fs::rename(folder.join("model.safetensors"), folder.join("open_clip_model.safetensors")).unwrap();
    for name in ["config.json", "preprocessor_config.json"] {
        fs::remove_file(folder.join(name)).unwrap();
    }
    fs::write(folder.join("open_clip_config.json"), config().to_string()).unwrap();
}

fn embeddings(checkpoint: Checkpoint) -> [Vec<f32>; 2] {
    let session = Session::new(checkpoint).unwrap();
    let picture = fs::read("tests/browser/pictures/scene.png").unwrap();
    let text = session.embed_texts(&["a photo of a cat.".to_owned()]).unwrap().remove(0);
    [session.embed_image(&picture).unwrap().embedding, text]
}

#[test]
fn a_folder_of_open_clip_gives_the_embeddings_of_its_twin() {
    let expected = embeddings(TinyClip::seeded(5).checkpoint());
    for prefix in ["", "text."] {
        let folder = tempfile::tempdir().unwrap();
        write_folder(folder.path(), prefix);
        assert_eq!(embeddings(Checkpoint::open(folder.path()).unwrap()), expected, "{prefix:?}");
    }
}

#[test]
fn a_vocabulary_serves_for_a_tokenizer() {
    let folder = tempfile::tempdir().unwrap();
    write_folder(folder.path(), "");
    let expected = embeddings(Checkpoint::open(folder.path()).unwrap());
    let tokenizer: Value = serde_json::from_slice(crate::support::tiny_clip::TOKENIZER).unwrap();
    fs::write(folder.path().join("vocab.json"), tokenizer["model"]["vocab"].to_string()).unwrap();
    fs::remove_file(folder.path().join("tokenizer.json")).unwrap();
    assert_eq!(embeddings(Checkpoint::open(folder.path()).unwrap()), expected);
    fs::remove_file(folder.path().join("vocab.json")).unwrap();
    let error = Checkpoint::open(folder.path()).unwrap_err();
    assert_eq!(error.to_string(), "there is no tokenizer.json or vocab.json");
}

#[test]
fn what_a_config_leaves_out_is_what_open_clip_assumes() {
    let companions =
        read(&json!({ "model_cfg": { "embed_dim": 512, "vision_cfg": {}, "text_cfg": {} } })).unwrap();
    let config = companions.config;
    assert_eq!(
        (config.image_size, config.patch_size, config.vocab_size, config.context_length),
        (224, 16, 49408, 77)
    );
    assert_eq!(
        (config.vision.width, config.vision.heads, config.vision.layers, config.vision.mlp_width),
        (768, 12, 12, 3072)
    );
    assert_eq!(
        (config.text.width, config.text.heads, config.text.layers, config.text.mlp_width),
        (512, 8, 12, 2048)
    );
    assert_eq!((config.vision.activation, config.text.activation), (Activation::Gelu, Activation::Gelu));
    assert_eq!(config.end_token, EndToken::HighestId);
    assert_eq!(Preprocessing::from_json(&companions.preprocessing_json).unwrap(), Preprocessing::default());
}

#[test]
fn every_key_counts() {
    let original = read(&config()).unwrap();
    let changes = [
        ("/model_cfg/embed_dim", json!(32)),
        ("/model_cfg/quick_gelu", json!(false)),
        ("/model_cfg/vision_cfg/image_size", json!([32, 32])),
        ("/model_cfg/vision_cfg/layers", json!(2)),
        ("/model_cfg/vision_cfg/width", json!(128)),
        ("/model_cfg/vision_cfg/patch_size", json!(16)),
        ("/model_cfg/vision_cfg/mlp_ratio", json!(4.3637)),
        ("/model_cfg/vision_cfg/head_width", json!(32)),
        ("/model_cfg/vision_cfg/norm_kwargs", json!({ "eps": 1e-6 })),
        ("/model_cfg/text_cfg/context_length", json!(77)),
        ("/model_cfg/text_cfg/vocab_size", json!(49408)),
        ("/model_cfg/text_cfg/width", json!(128)),
        ("/model_cfg/text_cfg/heads", json!(1)),
        ("/model_cfg/text_cfg/layers", json!(3)),
        ("/preprocess_cfg/mean", json!([0.5, 0.5, 0.5])),
        ("/preprocess_cfg/std", json!([0.5, 0.5, 0.5])),
        ("/preprocess_cfg/interpolation", json!("bilinear")),
        ("/preprocess_cfg/resize_mode", json!("squash")),
    ];
    for (place, value) in changes {
        let mut changed = config();
        let (object, key) = place.rsplit_once('/').unwrap();
        changed.pointer_mut(object).unwrap()[key] = value;
        let found = read(&changed).unwrap();
        let differs =
            found.config != original.config || found.preprocessing_json != original.preprocessing_json;
        assert!(differs, "{place}");
    }
}

#[test]
fn other_models_of_open_clip_are_refused_by_name_with_the_model_that_the_docs_name() {
    const SMALL: &str = "timm/PE-Core-S-16-384";
    const BASE: &str = "timm/PE-Core-B-16";
    const LARGE: &str = "timm/PE-Core-L-14-336";
    const LANGUAGES: &str = "google/siglip2-base-patch16-224";
    for (place, value, named, expected) in [
        ("vision_cfg", json!({ "timm_model_name": "convnext_base" }), "convolutional", BASE),
        ("vision_cfg", json!({ "timm_model_name": "eva02_base_patch16_clip_224" }), "SwiGLU", BASE),
        ("vision_cfg", json!({ "layers": [3, 4, 6, 3] }), "ResNet", SMALL),
        ("vision_cfg", json!({ "attentional_pool": true }), "attentional_pool", BASE),
        ("vision_cfg", json!({ "pool_type": "avg" }), "pool_type", SMALL),
        ("vision_cfg", json!({ "a_key_of_next_year": 3 }), "a_key_of_next_year", SMALL),
        ("text_cfg", json!({ "hf_model_name": "roberta-base" }), "roberta-base", LANGUAGES),
        ("text_cfg", json!({ "hf_tokenizer_name": "bert-base-uncased" }), "bert-base-uncased", LANGUAGES),
        ("text_cfg", json!({ "no_causal_mask": true }), "no_causal_mask", SMALL),
        ("multimodal_cfg", json!({}), "CoCa", BASE),
        ("init_logit_bias", json!(-10), "init_logit_bias", SMALL),
        ("vision_cfg", json!({ "final_ln_after_pool": true }), "CLIPA", LARGE),
        ("vision_cfg", json!({ "timm_model_name": "vitamin_base_224" }), "vitamin", BASE),
        ("vision_cfg", json!({ "timm_model_name": "fastvit_mci3" }), "mci3", SMALL),
        ("vision_cfg", json!({ "timm_model_name": "vit_base_mci_224" }), "MobileCLIP", SMALL),
        (
            "vision_cfg",
            json!({ "timm_model_name": "vit_pe_core_gigantic_patch14_448" }),
            "class token",
            LARGE,
        ),
        ("text_cfg", json!({ "eos_id": 2 }), "eos_id", LANGUAGES),
    ] {
        let mut config = config();
        config["model_cfg"][place] = value;
        let error = ClipConfig::from_hugging_face(config.to_string().as_bytes()).unwrap_err();
        assert!(matches!(error, Error::UnsupportedArchitecture { .. }), "{error}");
        assert!(error.to_string().contains(named), "{error}");
        assert!(error.to_string().ends_with(&format!("; use {expected} instead")), "{error}");
    }
}

#[test]
fn values_that_cannot_be_used_are_named() {
    for (place, value, key) in [
        ("/model_cfg/embed_dim", json!(null), "embed_dim"),
        ("/model_cfg/quick_gelu", json!("yes"), "quick_gelu"),
        ("/model_cfg/vision_cfg", json!(3), "vision_cfg"),
        ("/model_cfg/vision_cfg/head_width", json!(0), "head_width"),
        ("/model_cfg/vision_cfg/image_size", json!([224, 336]), "image_size"),
        ("/model_cfg/vision_cfg/act_kwargs", json!({ "approximate": "tanh" }), "act_kwargs"),
        ("/model_cfg/text_cfg/norm_kwargs", json!({ "elementwise_affine": false }), "norm_kwargs"),
        ("/preprocess_cfg/resize_mode", json!("longest"), "resize_mode"),
        ("/preprocess_cfg/interpolation", json!("random"), "interpolation"),
    ] {
        let mut config = config();
        let (object, last) = place.rsplit_once('/').unwrap();
        config.pointer_mut(object).unwrap()[last] = value;
        let error = read(&config).unwrap_err();
        assert!(matches!(&error, Error::Config { file: "open_clip_config.json", .. }), "{place}: {error}");
        assert!(error.to_string().contains(key), "{error}");
    }
}
