//! MobileCLIP: OpenCLIP's files against PyTorch, which runs the branches that training adds to a convolution one by one.

mod support;

use std::path::{Path, PathBuf};

use clip_wasm::Error;
use clip_wasm::model::Clip;
use clip_wasm::session::Session;
use clip_wasm::weights::{Checkpoint, ClipConfig, ConvolutionalConfig, Dtype, FastVitConfig, ModelFamily};
use serde_json::{Value, json};
use support::conversion::file_of;
use support::goldens::{Goldens, assert_close, goldens, prompts};

/// The golden tower's sizes, which no published model has; see `make_mobileclip.py`.
const SIZES: FastVitConfig = FastVitConfig { channels: 8, blocks: [1, 2, 1, 2] };

/// One minus the cosine to PyTorch that f32 may have: the promise is 0.999999. Folding the branches of a convolution
/// and its norm into one kernel changes the order of many small sums.
const F32_DISTANCE: f64 = 1e-6;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models/mobileclip")
}

fn checkpoint() -> Checkpoint {
    let mut checkpoint = Checkpoint::open(&folder()).unwrap();
    let config = &mut checkpoint.config;
    config.convolutional = Some(ConvolutionalConfig::FastVit(SIZES));
    (config.vision.width, config.vision.mlp_width, config.vision.heads) = (128, 192, 2);
    checkpoint
}

fn expected() -> Goldens {
    goldens(&folder())
}

#[test]
fn embeddings_agree_with_pytorch() {
    let (checkpoint, expected) = (checkpoint(), expected());
    let clip = Clip::load(checkpoint.config, checkpoint.tensors).unwrap();
    let images = clip.embed_images(&expected["pixel_values"]).unwrap();
    assert_close(&images, &expected["image_embeds"], F32_DISTANCE, "picture");
    let texts = clip.embed_prompts(&prompts(&expected)).unwrap();
    assert_close(&texts, &expected["text_embeds"], F32_DISTANCE, "prompt");
}

#[test]
fn texts_are_padded_as_openclip_does() {
    let session = Session::new(checkpoint()).unwrap();
    let ids = prompts(&expected());
    assert_eq!(session.tokenize("a photo of a dog.").unwrap(), ids[0]);
    assert_eq!(session.tokenize("").unwrap(), ids[3]);
}

#[test]
fn a_gguf_keeps_the_tower_and_its_sizes() {
    let file = Checkpoint::from_gguf(file_of(&checkpoint(), Dtype::Q8_0)).unwrap();
    let sizes = Some(ConvolutionalConfig::FastVit(SIZES));
    assert_eq!((file.config.family, file.config.convolutional), (ModelFamily::MobileClip, sizes));
    let expected = expected();
    let clip = Clip::load(file.config, file.tensors).unwrap();
    let images = clip.embed_images(&expected["pixel_values"]).unwrap();
    assert_close(&images, &expected["image_embeds"], 5e-4, "picture in q8_0");
    let texts = clip.embed_prompts(&prompts(&expected)).unwrap();
    assert_close(&texts, &expected["text_embeds"], 5e-4, "prompt in q8_0");
}

#[test]
fn a_tensor_that_has_no_place_in_the_tower_is_named() {
    let mut unknown = checkpoint();
    let fewer = FastVitConfig { blocks: [1, 1, 1, 2], ..SIZES };
    unknown.config.convolutional = Some(ConvolutionalConfig::FastVit(fewer));
    match Clip::load(unknown.config, unknown.tensors) {
        Err(Error::UnknownTensors { first, .. }) => {
            assert!(first.starts_with("v.trunk.stages.1.blocks.1."), "{first}")
        }
        other => panic!("{:?}", other.map(|_| ())),
    }
    let mut missing = checkpoint();
    let more = FastVitConfig { blocks: [1, 2, 2, 2], ..SIZES };
    missing.config.convolutional = Some(ConvolutionalConfig::FastVit(more));
    let error = Clip::load(missing.config, missing.tensors).unwrap_err().to_string();
    assert!(error.contains("v.trunk.stages.2.blocks.1.") && error.contains("missing"), "{error}");
}

#[test]
fn openclips_config_says_which_tower_it_is() {
    let read = |name: &str, text: Value| {
        let json = json!({ "model_cfg": {
            "embed_dim": 512, "custom_text": true, "text_cfg": text,
            "vision_cfg": { "timm_model_name": name, "timm_pool": "avg", "image_size": 256 },
        } });
        ClipConfig::from_hugging_face(json.to_string().as_bytes())
    };
    let blind = || json!({ "width": 512, "heads": 8, "layers": 12, "no_causal_mask": true });
    let config = read("fastvit_mci2", blind()).unwrap();
    let sizes = FastVitConfig { channels: 80, blocks: [4, 12, 24, 4] };
    assert_eq!(config.convolutional, Some(ConvolutionalConfig::FastVit(sizes)));
    assert_eq!(
        (config.family, config.image_size, config.projection_dim),
        (ModelFamily::MobileClip, 256, 512)
    );
    assert_eq!((config.text.layers, config.context_length, config.vocab_size), (12, 77, 49408));
    let error = read("vit_base_mci_224", blind()).unwrap_err().to_string();
    assert!(error.contains("vit_base_mci_224"), "{error}");
    let error = read("fastvit_mci0", json!({})).unwrap_err().to_string();
    assert!(error.contains("causal"), "{error}");
}

#[test]
fn a_gguf_whose_patches_are_not_what_the_stages_make_of_a_picture_is_refused() {
    let mut checkpoint = checkpoint();
    checkpoint.config.patch_size = 16;
    let error = Checkpoint::from_gguf(file_of(&checkpoint, Dtype::Q8_0)).unwrap_err().to_string();
    assert!(error.contains("`clip.vision.patch_size` is 16, expected 32"), "{error}");
}
