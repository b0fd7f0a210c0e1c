//! Weights without a config: OpenAI's own archives, TorchScript in f16; state dicts under the same names; and TinyCLIP's
//! checkpoints, whose towers are parts of their own.

use std::fs;
use std::path::{Path, PathBuf};

use clip_wasm::Error;
use clip_wasm::image::Preprocessing;
use clip_wasm::weights::{Activation, Checkpoint, ClipConfig, Converter, Dtype, EndToken, MetadataFiles};

use crate::support::conversion::{file_of, file_of_arriving};
use crate::support::tiny_clip::{NamedTensor, TinyClip};

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models")
}

#[test]
fn the_tensors_of_an_archive_say_its_architecture() {
    let checkpoint = Checkpoint::open(&models().join("openai/ViT-Tiny.pt")).unwrap();
    assert_eq!(checkpoint.record.name.as_deref(), Some("ViT-Tiny"));
    let config = &checkpoint.config;
    assert_eq!(
        (config.image_size, config.patch_size, config.vocab_size, config.context_length),
        (16, 8, 600, 16)
    );
    assert_eq!(
        (config.vision.width, config.vision.heads, config.vision.layers, config.vision.mlp_width),
        (64, 1, 1, 64)
    );
    assert_eq!((config.vision.activation, config.end_token), (Activation::QuickGelu, EndToken::HighestId));
    let preprocessing = Preprocessing::from_json(&checkpoint.preprocessing_json).unwrap();
    assert_eq!(preprocessing.center_crop, Some((16, 16)));
    assert_eq!(preprocessing.normalize, Preprocessing::default().normalize);
}

#[test]
fn a_state_dict_without_a_config_is_read_like_an_archive() {
    let folder = tempfile::tempdir().unwrap();
    let copy = |from: &str, to: &str| fs::copy(models().join(from), folder.path().join(to)).unwrap();
    copy("open-clip/open_clip_pytorch_model.bin", "model.pt");
    let error = Checkpoint::open(&folder.path().join("model.pt")).unwrap_err();
    assert!(error.to_string().contains("vocab.json beside"), "{error}");
    copy("open-clip/vocab.json", "vocab.json");
    // Its heads are narrower than any of OpenAI's.
    let error = Checkpoint::open(&folder.path().join("model.pt")).unwrap_err();
    assert!(matches!(error, Error::Config { .. }), "{error}");
}

#[test]
fn an_archive_cut_anywhere_is_no_model() {
    let archive = fs::read(models().join("openai/ViT-Tiny.pt")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::copy(models().join("openai/vocab.json"), folder.path().join("vocab.json")).unwrap();
    let path = folder.path().join("cut.pt");
    for len in (0..archive.len()).step_by(10_007) {
        fs::write(&path, &archive[..len]).unwrap();
        assert!(Checkpoint::open(&path).is_err(), "{len} bytes");
    }
}

#[test]
fn an_archive_of_torch_script_is_refused_in_words_where_it_arrives() {
    let archive = fs::read(models().join("openai/ViT-Tiny.pt")).unwrap();
    let error = Converter::new(Dtype::Q8_0).push(&archive, &mut Vec::new()).unwrap_err();
    assert!(error.to_string().contains("TorchScript"), "{error}");
}

/// The names of a state dict that is wrapped to train on several devices: OpenCLIP's, and those of TinyCLIP's first
/// archives.
fn in_one_part(name: &str) -> String {
    format!("module.{name}")
}

/// The names of TinyCLIP's three parts, each wrapped.
fn in_three_parts(name: &str) -> String {
    let part = match name {
        "logit_scale" => "_logit_scale",
        name if name.starts_with("visual.") => "_image_encoder",
        _ => "_text_encoder",
    };
    format!("{part}.module.{name}")
}

/// A small checkpoint under other names and without a config, opened.
fn opened(clip: &TinyClip, names: impl Fn(&str) -> String) -> Result<Checkpoint, Error> {
    let mut clip = clip.clone();
    clip.tensors.iter_mut().for_each(|tensor| tensor.name = names(&tensor.name));
    let mut files = clip.files();
    files.companions =
        MetadataFiles { tokenizer: files.companions.tokenizer.clone(), ..MetadataFiles::default() };
    Checkpoint::from_hugging_face(files)
}

fn config(names: impl Fn(&str) -> String) -> ClipConfig {
    opened(&TinyClip::seeded(1).in_open_clip_names(), names).unwrap().config
}

#[test]
fn a_checkpoint_of_tinyclip_in_three_parts_says_its_architecture() {
    let checkpoint = Checkpoint::open(&models().join("tinyclip/TinyCLIP-Tiny.pt")).unwrap();
    let config = &checkpoint.config;
    assert_eq!((config.image_size, config.patch_size, config.projection_dim), (16, 8, 32));
    assert_eq!((config.vision.width, config.vision.mlp_width), (64, 64));
    assert_eq!((config.text.width, config.text.mlp_width, config.text.heads), (64, 256, 1));
    assert_eq!((config.vision.activation, config.text.activation), (Activation::Gelu, Activation::Gelu));
    let weights = fs::read(models().join("tinyclip/TinyCLIP-Tiny.pt")).unwrap();
    let arrived = file_of_arriving(&weights, Dtype::Q8_0, &checkpoint.metadata(), &checkpoint.record);
    assert!(arrived == file_of(&checkpoint, Dtype::Q8_0), "made while the weights arrive");
}

#[test]
fn names_in_modules_of_training_stand_for_the_same_tensors_with_the_activation_of_that_training() {
    let plain = config(str::to_owned);
    assert_eq!(plain.vision.activation, Activation::QuickGelu, "OpenAI's");
    let mut expected = plain;
    (expected.vision.activation, expected.text.activation) = (Activation::Gelu, Activation::Gelu);
    assert_eq!(config(in_one_part), expected);
    assert_eq!(config(in_three_parts), expected);
    assert_eq!(config(|name| in_three_parts(name).replace(".module", "")), expected);
    // As they are named while a model is pruned.
    assert_eq!(
        config(|name| {
            let name = in_three_parts(name).replace("_encoder.module", "_encoder_without_ddp");
            name.replace("_image_", "image_").replace("_text_", "text_")
        }),
        expected
    );
}

#[test]
fn what_tinyclip_prunes_and_resnets_are_refused_with_a_model_to_take_instead() {
    const TINY: &str = "use wkcn/TinyCLIP-ViT-39M-16-Text-19M-YFCC15M instead";
    let clip = TinyClip::seeded(1).in_open_clip_names();
    let told = |clip: &TinyClip, names: fn(&str) -> String| {
        let error = opened(clip, names).unwrap_err();
        assert!(matches!(error, Error::UnsupportedArchitecture { .. }), "{error}");
        error.to_string()
    };
    let new = |name: &str, shape: &[usize]| NamedTensor {
        name: name.to_owned(),
        shape: shape.to_vec(),
        values: vec![0.0; shape.iter().product()],
    };
    let with = |tensors: Vec<NamedTensor>| {
        let mut clip = clip.clone();
        clip.tensors.retain(|tensor| tensors.iter().all(|new| new.name != tensor.name));
        clip.tensors.extend(tensors);
        clip
    };
    for (changed, named) in [
        // Half of the channels of a block's MLP.
        (
            with(vec![new("transformer.resblocks.1.mlp.c_fc.weight", &[64, 64])]),
            "t.blk.1.ffn_down.weight has shape [64, 64], not [128, 64]",
        ),
        // One of four heads.
        (
            with(vec![new("visual.transformer.resblocks.0.attn.in_proj_weight", &[192, 256])]),
            "v.blk.0.attn_q.weight has shape [64, 256], not [256, 256]",
        ),
        (with(vec![new("visual.l0_module.hidden_loga", &[256])]), "still being pruned"),
        (with(vec![new("visual.layer1.0.conv1.weight", &[8, 8, 1, 1])]), "a ResNet"),
    ] {
        let told = told(&changed, in_three_parts);
        assert!(told.contains(named) && told.ends_with(TINY), "{told}");
    }
    let mut without_attention = clip.clone();
    without_attention.tensors.retain(|tensor| !tensor.name.starts_with("transformer.resblocks.0.attn"));
    let told_of = told(&without_attention, in_three_parts);
    assert!(
        told_of.contains("t.blk.0.attn_q.weight has been left out") && told_of.ends_with(TINY),
        "{told_of}"
    );
    let apples = with(vec![new("text_encoder.embedding_layer.weight", &[8, 8])]);
    let told_of = told(&apples, str::to_owned);
    assert!(
        told_of.contains("MobileCLIP") && told_of.ends_with("use timm/MobileCLIP2-S0-OpenCLIP instead"),
        "{told_of}"
    );
    let pruned = Checkpoint::open(&models().join("tinyclip/pruned/TinyCLIP-auto-Tiny.pt")).unwrap_err();
    assert!(matches!(pruned, Error::UnsupportedArchitecture { .. }), "{pruned}");
    assert!(pruned.to_string().ends_with(TINY), "{pruned}");
    // OpenAI's own ResNets.
    let resnet = with(vec![new("visual.layer1.0.conv1.weight", &[8, 8, 1, 1])]);
    let told_of = told(&resnet, str::to_owned);
    assert!(
        told_of.contains("a ResNet") && told_of.ends_with("use timm/PE-Core-S-16-384 instead"),
        "{told_of}"
    );
}
