//! OpenCLIP's files whose vision tower is timm's: SigLIP's, against the same model as transformers stores it.

use std::fs;
use std::path::PathBuf;

use clip_wasm::Error;
use clip_wasm::image::Preprocessing;
use clip_wasm::session::Session;
use clip_wasm::weights::{
    Activation, Checkpoint, CheckpointMetadata, ClipConfig, Dtype, MetadataFiles, ModelFamily, Record,
    TowerConfig,
};
use serde_json::{Value, json};

use crate::support::conversion::{file_of, file_of_arriving};

/// Texts of `tokenizer/texts.json`, by their places, that `ftfy` and the unescaping of HTML entities change, which
/// OpenCLIP does before it canonicalizes: control characters, what NFC or ligatures write otherwise, HTML entities.
const REWRITTEN: [usize; 6] = [6, 11, 12, 13, 23, 38];

fn golden(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(path)
}

fn read_json(path: &str) -> Value {
    serde_json::from_slice(&fs::read(golden(path)).unwrap()).unwrap()
}

/// The config that a published tower's name gives, with the sizes of the golden model.
fn with_golden_sizes(config: ClipConfig) -> ClipConfig {
    let twin = Checkpoint::open(&golden("models/siglip")).unwrap().config;
    let TowerConfig { layer_norm_eps, activation, .. } = config.vision;
    let vision = TowerConfig { layer_norm_eps, activation, ..twin.vision };
    ClipConfig {
        vision,
        patch_size: twin.patch_size,
        projection_dim: twin.projection_dim,
        pooling_heads: twin.pooling_heads,
        ..config
    }
}

fn checkpoint() -> Checkpoint {
    let mut checkpoint = Checkpoint::open(&golden("models/open-clip-siglip")).unwrap();
    checkpoint.config = with_golden_sizes(checkpoint.config);
    checkpoint
}

#[test]
fn a_siglip_of_open_clip_is_that_of_transformers_under_other_names() {
    let (theirs, ours) = (checkpoint(), Checkpoint::open(&golden("models/siglip")).unwrap());
    assert_eq!(theirs.config, ClipConfig { canonicalizes_texts: true, ..ours.config.clone() });
    let pixels = |json: &[u8]| Preprocessing::from_json(json).unwrap();
    assert_eq!(pixels(&theirs.preprocessing_json), pixels(&ours.preprocessing_json));
    assert_eq!(theirs.tensors.iter().count(), ours.tensors.iter().count());
    for tensor in ours.tensors.iter() {
        let twin = theirs.tensors.iter().find(|twin| twin.name == tensor.name).expect(&tensor.name);
        assert_eq!((&twin.shape, &twin.data), (&tensor.shape, &tensor.data), "{}", tensor.name);
    }
}

#[test]
fn a_file_of_it_keeps_that_texts_are_canonicalized_as_open_clip_does() {
    let file = file_of(&checkpoint(), Dtype::Q8_0);
    let session = Session::new(Checkpoint::from_gguf(file).unwrap()).unwrap();
    let texts: Vec<(String, usize)> = serde_json::from_value(read_json("tokenizer/texts.json")).unwrap();
    let ids: Vec<Vec<u32>> =
        serde_json::from_value(read_json("models/open-clip-siglip/text_ids.json")).unwrap();
    assert_eq!(texts.len(), ids.len());
    for (index, ((piece, times), ids)) in texts.iter().zip(ids).enumerate() {
        let found = session.tokenize(&piece.repeat(*times)).unwrap();
        assert_eq!(found == ids, !REWRITTEN.contains(&index), "{index} {piece:?}: {found:?} {ids:?}");
    }
    let encode = |text: &str| session.tokenize(text).unwrap();
    assert_eq!(encode("</s> a_DOG,\n<pad>"), encode("s a dog pad"));
}

#[test]
fn the_file_made_while_the_weights_arrive_is_that_of_the_whole_checkpoint() {
    let read = |name: &str| fs::read(golden("models/open-clip-siglip").join(name)).unwrap();
    let metadata = CheckpointMetadata::from_hugging_face(MetadataFiles {
        config: read("open_clip_config.json").into(),
        tokenizer: read("tokenizer.json").into(),
        tokenizer_config: read("tokenizer_config.json").into(),
        preprocessor: read("open_clip_config.json").into(),
        ..MetadataFiles::default()
    });
    let mut metadata = metadata.unwrap();
    metadata.config = with_golden_sizes(metadata.config);
    let record = Record { name: Some("open-clip-siglip".to_owned()), ..Record::default() };
    for dtype in [Dtype::F32, Dtype::Q8_0, Dtype::Q4_0] {
        let arrived = file_of_arriving(&read("open_clip_model.safetensors"), dtype, &metadata, &record);
        assert!(arrived == file_of(&checkpoint(), dtype), "{dtype}");
    }
}

/// The config of `timm/ViT-SO400M-16-SigLIP2-384`.
fn published() -> Value {
    json!({ "model_cfg": {
        "embed_dim": 1152, "init_logit_bias": -10, "custom_text": true,
        "vision_cfg": {
            "image_size": 384, "timm_model_name": "vit_so400m_patch16_siglip_384", "timm_model_pretrained": false,
            "timm_pool": "map", "timm_proj": "none",
        },
        "text_cfg": {
            "context_length": 64, "vocab_size": 256000, "hf_tokenizer_name": "timm/ViT-SO400M-16-SigLIP2-384",
            "tokenizer_kwargs": { "clean": "canonicalize" }, "width": 1152, "heads": 16, "layers": 27,
            "mlp_ratio": 3.7362, "no_causal_mask": true, "proj_bias": true, "pool_type": "last",
            "norm_kwargs": { "eps": 1e-6 }, "act_kwargs": { "approximate": "tanh" },
        },
    } })
}

fn read(config: &Value) -> clip_wasm::Result<ClipConfig> {
    ClipConfig::from_hugging_face(config.to_string().as_bytes())
}

#[test]
fn the_name_of_a_siglip_tower_says_its_sizes() {
    let config = read(&published()).unwrap();
    assert_eq!(config.vision, config.text);
    assert_eq!((config.family, config.image_size, config.patch_size), (ModelFamily::Siglip, 384, 16));
    assert_eq!((config.projection_dim, config.context_length, config.vocab_size), (1152, 64, 256_000));
    let TowerConfig { width, mlp_width, layers, heads, layer_norm_eps, activation } = config.vision;
    assert_eq!((width, mlp_width, layers, heads, layer_norm_eps), (1152, 4304, 27, 16, 1e-6));
    assert_eq!(activation, Activation::GeluTanh);
    // timm 1.0: what each size's model is made with.
    for (name, width, patch_size, activation) in [
        ("vit_base_patch16_siglip_224", 768, 16, Activation::Gelu),
        ("vit_base_patch16_siglip_512", 768, 16, Activation::Gelu),
        ("vit_base_patch32_siglip_256", 768, 32, Activation::GeluTanh),
        ("vit_large_patch16_siglip_384", 1024, 16, Activation::Gelu),
        ("vit_large_patch16_siglip_512", 1024, 16, Activation::GeluTanh),
        ("vit_so400m_patch14_siglip_378", 1152, 14, Activation::Gelu),
        ("vit_giantopt_patch16_siglip_256", 1536, 16, Activation::GeluTanh),
    ] {
        let mut config = published();
        config["model_cfg"]["embed_dim"] = json!(width);
        config["model_cfg"]["vision_cfg"]["timm_model_name"] = json!(name);
        let config = read(&config).unwrap();
        assert_eq!((config.vision.width, config.patch_size), (width, patch_size), "{name}");
        assert_eq!(config.vision.activation, activation, "{name}");
    }
}

#[test]
fn what_a_siglip_of_open_clip_may_be_but_is_not_run_here_is_named() {
    for (place, value, named) in [
        ("/vision_cfg/timm_model_name", json!("vit_base_patch16_siglip_gap_224"), "siglip_gap_224"),
        ("/vision_cfg/timm_pool", json!("avg"), "timm_pool"),
        ("/vision_cfg/timm_proj", json!("linear"), "timm_proj"),
        ("/text_cfg/no_causal_mask", json!(false), "no_causal_mask"),
        ("/text_cfg/proj_bias", json!(false), "proj_bias"),
        ("/text_cfg/pool_type", json!("argmax"), "pool_type"),
        ("/text_cfg/hf_tokenizer_name", json!(null), "hf_tokenizer_name"),
        ("/text_cfg/tokenizer_kwargs", json!({ "clean": "lower" }), "tokenizer_kwargs"),
        ("/text_cfg/hf_model_name", json!("facebook/nllb-200-distilled-600M"), "nllb-200"),
    ] {
        let mut config = published();
        let (object, key) = place.rsplit_once('/').unwrap();
        config["model_cfg"].pointer_mut(object).unwrap()[key] = value;
        let error = read(&config).unwrap_err();
        assert!(matches!(error, Error::UnsupportedArchitecture { .. }), "{place}: {error}");
        assert!(error.to_string().contains(named), "{error}");
    }
}
