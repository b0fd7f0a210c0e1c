//! OpenAI's own archives: TorchScript, in f16, without a config; and state dicts under the same names.

use std::fs;
use std::path::{Path, PathBuf};

use clip_wasm::Error;
use clip_wasm::image::Preprocessing;
use clip_wasm::weights::{Activation, Checkpoint, Converter, Dtype, EndToken};

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
