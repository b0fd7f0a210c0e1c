//! Both towers against PyTorch on tiny seeded checkpoints, and against themselves.

mod support;

use std::path::{Path, PathBuf};

use clip_wasm::model::Clip;
use clip_wasm::weights::Checkpoint;
use support::goldens::{assert_close, cosine, goldens, prompts};

const MODELS: [&str; 5] = ["quick-gelu", "gelu", "gelu-tanh", "siglip", "siglip-2"];

/// One minus the cosine to PyTorch that f32 may have: the promise is 0.999999, these tiny towers
/// reach ten times better.
const F32_DISTANCE: f64 = 1e-7;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models").join(name)
}

fn load(name: &str) -> Clip {
    let checkpoint = Checkpoint::open(&folder(name)).unwrap();
    Clip::load(checkpoint.config, checkpoint.tensors).unwrap()
}

#[test]
fn f32_embeddings_of_both_towers_agree_with_pytorch() {
    for name in MODELS {
        let (clip, golden) = (load(name), goldens(&folder(name)));
        let images = clip.embed_images(&golden["pixel_values"]).unwrap();
        assert_close(&images, &golden["image_embeds"], F32_DISTANCE, &format!("{name} picture"));
        let texts = clip.embed_prompts(&prompts(&golden)).unwrap();
        assert_close(&texts, &golden["text_embeds"], F32_DISTANCE, &format!("{name} prompt"));
    }
}

#[test]
fn a_folder_of_open_clip_and_archives_of_openai_and_tinyclip_agree_with_pytorch() {
    for (published, twin) in [("open-clip", "gelu"), ("openai", "openai"), ("tinyclip", "tinyclip")] {
        let (clip, golden) = (load(published), goldens(&folder(twin)));
        let images = clip.embed_images(&golden["pixel_values"]).unwrap();
        assert_close(&images, &golden["image_embeds"], F32_DISTANCE, &format!("{published} picture"));
        let texts = clip.embed_prompts(&prompts(&golden)).unwrap();
        assert_close(&texts, &golden["text_embeds"], F32_DISTANCE, &format!("{published} prompt"));
    }
}

#[test]
fn f32_embeddings_of_patches_agree_with_pytorch() {
    for name in MODELS {
        let (clip, golden) = (load(name), goldens(&folder(name)));
        let first = golden["pixel_values"].narrow(0, 0, 1).unwrap();
        let patches = clip.embed_patches(&first).unwrap();
        assert_close(&patches, &golden["patch_embeds"], F32_DISTANCE, &format!("{name} patch"));
    }
}

#[test]
fn logits_agree_with_pytorch_by_the_checkpoints_own_scale_and_bias() {
    for name in MODELS {
        let (clip, golden) = (load(name), goldens(&folder(name)));
        let images = clip.embed_images(&golden["pixel_values"]).unwrap();
        let texts = clip.embed_prompts(&prompts(&golden)).unwrap();
        for (image, truth) in images.iter().zip(golden["logits_per_image"].to_vec2::<f32>().unwrap()) {
            for (text, truth) in texts.iter().zip(truth) {
                let bias = f64::from(clip.logit_bias.unwrap_or(0.0));
                let logit = cosine(image, text) * f64::from(clip.logit_scale) + bias;
                // Cosines to 1e-6, times the scale.
                let tolerance = 1e-6 * f64::from(clip.logit_scale);
                assert!((logit - f64::from(truth)).abs() < tolerance, "{name}: {logit} for {truth}");
            }
        }
    }
}

#[test]
fn a_missing_a_misshapen_and_an_unknown_tensor_are_each_named() {
    let checkpoint = || Checkpoint::open(&folder("gelu")).unwrap();
    let load =
        |checkpoint: Checkpoint| Clip::load(checkpoint.config, checkpoint.tensors).unwrap_err().to_string();

    let mut missing = checkpoint();
    let shape = missing.tensors.iter().find(|tensor| tensor.name == "t.post_ln.bias").unwrap().shape.clone();
    missing.tensors.take("t.post_ln.bias", &shape).unwrap();
    assert!(load(missing).contains("\"t.post_ln.bias\" is missing"));

    let mut misshapen = checkpoint();
    misshapen.config.text.mlp_width *= 2;
    assert!(load(misshapen).contains("\"t.blk.0.ffn_down.weight\" has shape"));

    let mut unknown = checkpoint();
    unknown.config.vision.layers -= 1;
    assert!(load(unknown).contains("are not used by the model, the first is \"v.blk."));
}
