//! Perception Encoder: OpenCLIP's files and facebook's own against PyTorch, and against each other.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use clip_wasm::Error;
use clip_wasm::image::Preprocessing;
use clip_wasm::model::Clip;
use clip_wasm::weights::{
    Activation, Checkpoint, ClipConfig, Dtype, ModelFamily, Record, Tensors, TowerConfig,
};
use serde_json::{Value, json};
use support::conversion::{file_of, file_of_arriving, metadata_of};
use support::goldens::{Goldens, assert_close, cosines, goldens, prompts};

/// One minus the cosine to PyTorch that f32 may have: the promise is 0.999999, this tiny model reaches ten times better.
const F32_DISTANCE: f64 = 1e-7;
/// The mean cosine to PyTorch that q8_0 must reach.
const Q8_MEAN: f64 = 0.9995;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models/perception-encoder")
}

/// Facebook's file, whose shapes say its sizes.
fn facebook() -> Checkpoint {
    Checkpoint::open(&folder().join("PE-Tiny.pt")).unwrap()
}

/// OpenCLIP's files, whose tower's name says other sizes than the golden model has.
fn open_clip() -> Checkpoint {
    let mut checkpoint = Checkpoint::open(&folder()).unwrap();
    checkpoint.config = with_golden_sizes(checkpoint.config);
    checkpoint
}

fn with_golden_sizes(config: ClipConfig) -> ClipConfig {
    let twin = facebook().config;
    let TowerConfig { layer_norm_eps, activation, .. } = config.vision;
    let vision = TowerConfig { layer_norm_eps, activation, ..twin.vision };
    ClipConfig { vision, patch_size: twin.patch_size, ..config }
}

fn load(checkpoint: Checkpoint) -> Clip {
    Clip::load(checkpoint.config, checkpoint.tensors).unwrap()
}

fn expected() -> Goldens {
    goldens(&folder())
}

#[test]
fn embeddings_of_both_files_agree_with_pytorch() {
    let expected = expected();
    for (name, checkpoint) in [("facebook", facebook()), ("OpenCLIP", open_clip())] {
        let clip = load(checkpoint);
        let images = clip.embed_images(&expected["pixel_values"]).unwrap();
        assert_close(&images, &expected["image_embeds"], F32_DISTANCE, &format!("{name} picture"));
        let texts = clip.embed_prompts(&prompts(&expected)).unwrap();
        assert_close(&texts, &expected["text_embeds"], F32_DISTANCE, &format!("{name} prompt"));
        let first = expected["pixel_values"].narrow(0, 0, 1).unwrap();
        let patches = clip.embed_patches(&first).unwrap();
        assert_close(&patches, &expected["patch_embeds"], F32_DISTANCE, &format!("{name} patch"));
        let logits = expected["logits_per_image"].to_vec2::<f32>().unwrap();
        for (image, logits) in images.iter().zip(logits) {
            let image = Tensor::from_slice(image, (1, image.len()), &Device::Cpu).unwrap();
            for (text, logit) in texts.iter().zip(logits) {
                let cosine = cosines(std::slice::from_ref(text), &image)[0] as f32;
                assert!((cosine * clip.logit_scale - logit).abs() < 1e-3, "{name}");
            }
        }
    }
}

#[test]
fn both_files_are_the_same_model() {
    let (theirs, ours) = (facebook(), open_clip());
    assert_eq!(theirs.config, ours.config);
    assert_eq!(ours.config.family, ModelFamily::PerceptionEncoder);
    let pixels = |json: &[u8]| Preprocessing::from_json(json).unwrap();
    assert_eq!(pixels(&theirs.preprocessing_json), pixels(&ours.preprocessing_json));
    for tensor in theirs.tensors.iter() {
        let twin = ours.tensors.iter().find(|twin| twin.name == tensor.name).expect(&tensor.name);
        assert_eq!((&twin.shape, &twin.data), (&tensor.shape, &tensor.data), "{}", tensor.name);
    }
    // timm's head has a bias, which is zero in the published files.
    assert_eq!(ours.tensors.iter().count(), theirs.tensors.iter().count() + 1);
}

#[test]
fn a_bias_of_the_head_is_added_to_every_embedding() {
    const BIAS: f32 = 0.25;
    let mut changed = open_clip();
    let mut tensors: Vec<_> = changed.tensors.iter().cloned().collect();
    let bias = tensors.iter_mut().find(|tensor| tensor.name == "visual_projection.bias").unwrap();
    assert!(bias.to_f32().unwrap().iter().all(|value| *value == 0.0));
    bias.dtype = Dtype::F32;
    bias.data = BIAS.to_le_bytes().repeat(bias.shape[0]).into();
    changed.tensors = Tensors::new(tensors).unwrap();
    let pixels = &expected()["pixel_values"];
    let images = [open_clip(), changed].map(|checkpoint| load(checkpoint).embed_images(pixels).unwrap());
    let [without, with] = images.map(|images| images.concat());
    assert!(!with.is_empty());
    for (without, with) in without.iter().zip(&with) {
        assert!((without + BIAS - with).abs() < 1e-5, "{without} became {with}");
    }
}

#[test]
fn a_bias_of_the_head_that_is_zero_is_no_other_than_none() {
    let mut without = open_clip();
    without.tensors.take("visual_projection.bias", &[48]).unwrap();
    let pixels = &expected()["pixel_values"];
    let images = [open_clip(), without].map(|checkpoint| load(checkpoint).embed_images(pixels).unwrap());
    assert_eq!(images[0], images[1]);
}

#[test]
fn a_gguf_keeps_the_family_and_stays_near_pytorch() {
    let expected = expected();
    let pixels = &expected["pixel_values"];
    for checkpoint in [facebook(), open_clip()] {
        let exact = Checkpoint::from_gguf(file_of(&checkpoint, Dtype::F32)).unwrap();
        assert_eq!(exact.config, checkpoint.config);
        let clip = load(Checkpoint::from_gguf(file_of(&checkpoint, Dtype::Q8_0)).unwrap());
        assert_eq!(
            load(exact).embed_images(pixels).unwrap(),
            load(checkpoint).embed_images(pixels).unwrap(),
            "nothing is rounded in f32"
        );
        let images = clip.embed_images(pixels).unwrap();
        for (index, image) in images.iter().enumerate() {
            let alone = clip.embed_images(&pixels.narrow(0, index, 1).unwrap()).unwrap();
            assert_eq!(alone[0], *image, "a picture has the bits that it has alone");
        }
        let texts = clip.embed_prompts(&prompts(&expected)).unwrap();
        for (kind, ours) in [("image_embeds", images), ("text_embeds", texts)] {
            let cosines = cosines(&ours, &expected[kind]);
            let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
            println!("{kind} q8_0: mean cosine to PyTorch {mean:.6}");
            assert!(mean >= Q8_MEAN, "{kind}: {mean}");
        }
    }
}

#[test]
fn the_file_made_while_the_weights_arrive_is_that_of_the_whole_checkpoint() {
    let read = |name: &str| fs::read(folder().join(name)).unwrap();
    let mut metadata = metadata_of(&folder(), "open_clip_config.json", "open_clip_config.json");
    metadata.config = with_golden_sizes(metadata.config);
    let record = Record { name: Some("perception-encoder".to_owned()), ..Record::default() };
    for dtype in [Dtype::F32, Dtype::Q8_0, Dtype::Q4_0] {
        for (weights, mut checkpoint) in
            [("open_clip_model.safetensors", open_clip()), ("PE-Tiny.pt", facebook())]
        {
            let arrived = file_of_arriving(&read(weights), dtype, &metadata, &record);
            checkpoint.record = record.clone();
            checkpoint.preprocessing_json = metadata.preprocessing_json.clone();
            assert!(arrived == file_of(&checkpoint, dtype), "{weights} {dtype}");
        }
    }
}

#[test]
fn the_name_of_a_tower_says_its_sizes_and_others_are_refused_by_name() {
    // The config of timm/PE-Core-S-16-384.
    let published = || {
        json!({ "model_cfg": {
            "embed_dim": 512, "custom_text": true,
            "vision_cfg": {
                "image_size": 384, "timm_model_name": "vit_pe_core_small_patch16_384",
                "timm_model_pretrained": false, "timm_pool": "map", "timm_proj": null,
            },
            "text_cfg": { "context_length": 32, "vocab_size": 49408, "width": 512, "heads": 8, "layers": 12 },
        } })
    };
    let read = |config: &Value| ClipConfig::from_hugging_face(config.to_string().as_bytes());
    let config = read(&published()).unwrap();
    let TowerConfig { width, mlp_width, layers, heads, layer_norm_eps, activation } = config.vision;
    assert_eq!((width, mlp_width, layers, heads, layer_norm_eps), (384, 1536, 12, 6, 1e-5));
    assert_eq!((activation, config.pooling_heads, config.vision_tokens()), (Activation::Gelu, Some(8), 577));
    assert_eq!((config.context_length, config.projection_dim), (32, 512));
    for (place, value, named) in [
        ("/vision_cfg/timm_model_name", json!("vit_pe_core_gigantic_patch14_448"), "gigantic"),
        ("/vision_cfg/timm_model_name", json!("vit_pe_spatial_small_patch16_512"), "spatial"),
        ("/vision_cfg/timm_pool", json!("token"), "timm_pool"),
        ("/vision_cfg/timm_proj", json!("linear"), "timm_proj"),
        ("/text_cfg/no_causal_mask", json!(true), "no_causal_mask"),
    ] {
        let mut config = published();
        let (object, key) = place.rsplit_once('/').unwrap();
        config["model_cfg"].pointer_mut(object).unwrap()[key] = value;
        let error = read(&config).unwrap_err();
        assert!(matches!(error, Error::UnsupportedArchitecture { .. }), "{place}: {error}");
        assert!(error.to_string().contains(named), "{error}");
    }
}
