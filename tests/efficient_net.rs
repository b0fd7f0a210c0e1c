//! CLIPs with an EfficientNet-Lite: OpenCLIP's files against PyTorch, which pads, convolves and norms one after the other.

mod support;

use std::path::{Path, PathBuf};

use clip_wasm::Error;
use clip_wasm::model::Clip;
use clip_wasm::session::Session;
use clip_wasm::weights::tensor_names::{TensorMapping, mapping};
use clip_wasm::weights::{
    Activation, Checkpoint, ClipConfig, ConvolutionalConfig, Dtype, EfficientNetConfig, EndToken,
    ModelFamily, sizes,
};
use serde_json::{Value, json};
use support::conversion::{file_of, file_of_arriving};
use support::goldens::{Goldens, assert_close, goldens, prompts};

/// The golden tower's sizes, which no published model has; see `make_efficient_net.py`.
const SIZES: EfficientNetConfig =
    EfficientNetConfig { stem: 16, channels: [8, 16, 24, 32, 40, 48, 64], blocks: [1, 2, 2, 1, 2, 2, 1] };
const LAST: usize = 128;

/// One minus the cosine to PyTorch that f32 may have: the promise is 0.999999. Folding a norm into its convolution changes
/// the rounding of many small sums.
const F32_DISTANCE: f64 = 1e-6;
/// What eight bits may cost.
const EIGHT_BIT_DISTANCE: f64 = 5e-4;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models/efficient-net")
}

fn with_sizes(mut checkpoint: Checkpoint, sizes: EfficientNetConfig) -> Checkpoint {
    let config = &mut checkpoint.config;
    config.convolutional = Some(ConvolutionalConfig::EfficientNet(sizes));
    config.vision.width = LAST;
    checkpoint
}

fn checkpoint() -> Checkpoint {
    with_sizes(Checkpoint::open(&folder()).unwrap(), SIZES)
}

fn expected() -> Goldens {
    goldens(&folder())
}

fn load(checkpoint: Checkpoint) -> Clip {
    Clip::load(checkpoint.config, checkpoint.tensors).unwrap()
}

#[test]
fn embeddings_agree_with_pytorch() {
    let (clip, expected) = (load(checkpoint()), expected());
    let images = clip.embed_images(&expected["pixel_values"]).unwrap();
    assert_close(&images, &expected["image_embeds"], F32_DISTANCE, "picture");
    let texts = clip.embed_prompts(&prompts(&expected)).unwrap();
    assert_close(&texts, &expected["text_embeds"], F32_DISTANCE, "prompt");
}

#[test]
fn texts_are_read_by_the_tokenizer_beside_the_weights() {
    let session = Session::new(checkpoint()).unwrap();
    let ids = prompts(&expected());
    assert_eq!(session.tokenize("a photo of a dog.").unwrap(), ids[0]);
    assert_eq!(session.tokenize("an  origami\ncrane").unwrap(), ids[1]);
    assert_eq!(session.tokenize("").unwrap(), ids[4]);
}

#[test]
fn a_gguf_keeps_the_tower_and_its_sizes() {
    let expected = expected();
    for (dtype, allowed) in [(Dtype::F16, F32_DISTANCE), (Dtype::Q8_0, EIGHT_BIT_DISTANCE)] {
        let file = Checkpoint::from_gguf(file_of(&checkpoint(), dtype)).unwrap();
        assert_eq!(file.config, checkpoint().config);
        let clip = load(file);
        let images = clip.embed_images(&expected["pixel_values"]).unwrap();
        assert_close(&images, &expected["image_embeds"], allowed, "picture");
        let texts = clip.embed_prompts(&prompts(&expected)).unwrap();
        assert_close(&texts, &expected["text_embeds"], allowed, "prompt");
    }
}

#[test]
fn the_same_file_is_made_while_the_weights_arrive() {
    let checkpoint = checkpoint();
    let weights = std::fs::read(folder().join("open_clip_model.safetensors")).unwrap();
    for dtype in [Dtype::Q8_0, Dtype::Q4_0, Dtype::F16] {
        let whole = file_of(&checkpoint, dtype);
        let arrived = file_of_arriving(&weights, dtype, &checkpoint.metadata(), &checkpoint.record);
        assert!(whole == arrived, "{dtype}");
    }
}

#[test]
fn the_patches_of_a_heatmap_have_the_pictures_embedding_for_their_mean() {
    for dtype in [Dtype::F32, Dtype::Q8_0] {
        let clip = load(Checkpoint::from_gguf(file_of(&checkpoint(), dtype)).unwrap());
        let pixels = expected()["pixel_values"].narrow(0, 1, 1).unwrap();
        let (whole, patches) = (clip.embed_images(&pixels).unwrap(), clip.embed_patches(&pixels).unwrap());
        assert_eq!(patches.len(), 9);
        for (column, whole) in whole[0].iter().enumerate() {
            let mean = patches.iter().map(|patch| patch[column]).sum::<f32>() / 9.0;
            assert!((mean - whole).abs() < 0.02, "{dtype}: {mean} {whole}");
        }
    }
}

#[test]
fn a_tensor_that_has_no_place_in_the_tower_is_named() {
    let fewer = EfficientNetConfig { blocks: [1, 2, 1, 1, 2, 2, 1], ..SIZES };
    let unknown = with_sizes(checkpoint(), fewer);
    match Clip::load(unknown.config, unknown.tensors) {
        Err(Error::UnknownTensors { first, .. }) => {
            assert!(first.starts_with("v.trunk.blocks.2.1."), "{first}")
        }
        other => panic!("{:?}", other.map(|_| ())),
    }
    let missing = with_sizes(checkpoint(), EfficientNetConfig { blocks: [1, 2, 2, 2, 2, 2, 1], ..SIZES });
    let error = Clip::load(missing.config, missing.tensors).unwrap_err().to_string();
    assert!(error.contains("v.trunk.blocks.3.1.") && error.contains("missing"), "{error}");
}

/// What OpenCLIP's config says of a model with these values in place of the usual ones.
fn read(changes: &[(&str, Value)]) -> clip_wasm::Result<ClipConfig> {
    let mut json = json!({ "model_cfg": {
        "embed_dim": 256, "quick_gelu": true,
        "vision_cfg": { "timm_model_name": "tf_efficientnet_lite0", "image_size": 192 },
        "text_cfg": { "context_length": 32, "vocab_size": 4559, "width": 256, "heads": 4, "layers": 3, "mlp_ratio": 2.0 },
    } });
    for (place, value) in changes {
        let (object, key) = place.rsplit_once('/').unwrap();
        json["model_cfg"].pointer_mut(object).unwrap()[key] = value.clone();
    }
    ClipConfig::from_hugging_face(json.to_string().as_bytes())
}

const NAME: &str = "/vision_cfg/timm_model_name";

#[test]
fn openclips_config_says_which_tower_it_is() {
    let config = read(&[]).unwrap();
    assert_eq!(
        (config.family, config.image_size, config.patches()),
        (ModelFamily::EfficientNetClip, 192, 36)
    );
    assert_eq!((config.vision.width, config.vision.layers), (1280, 16));
    assert_eq!(
        (config.vision.activation, config.text.activation),
        (Activation::Relu6, Activation::QuickGelu)
    );
    assert_eq!(
        (config.text.mlp_width, config.vocab_size, config.end_token),
        (512, 4559, EndToken::HighestId)
    );
    // As timm 1.0.31 builds them.
    for (name, channels, blocks) in [
        ("tf_efficientnet_lite0", [16, 24, 40, 80, 112, 192, 320], [1, 2, 2, 3, 3, 4, 1]),
        ("tf_efficientnet_lite1.in1k", [16, 24, 40, 80, 112, 192, 320], [1, 3, 3, 4, 4, 5, 1]),
        ("tf_efficientnet_lite2", [16, 24, 48, 88, 120, 208, 352], [1, 3, 3, 4, 4, 5, 1]),
        ("tf_efficientnet_lite3", [24, 32, 48, 96, 136, 232, 384], [1, 3, 3, 5, 5, 6, 1]),
        ("tf_efficientnet_lite4", [24, 32, 56, 112, 160, 272, 448], [1, 4, 4, 6, 6, 8, 1]),
    ] {
        let sizes = EfficientNetConfig { stem: 32, channels, blocks };
        let config = read(&[(NAME, json!(name))]).unwrap();
        assert_eq!(config.convolutional, Some(ConvolutionalConfig::EfficientNet(sizes)), "{name}");
    }
}

#[test]
fn every_form_of_openclips_mean_and_projection_is_run() {
    for (pooling, projection) in
        [("avg", json!("linear")), ("", json!("linear")), ("avg", json!("")), ("avg", json!(null))]
    {
        let changes = [("/vision_cfg/timm_pool", json!(pooling)), ("/vision_cfg/timm_proj", projection)];
        read(&changes).unwrap();
    }
    let canonical = TensorMapping::Whole("v.trunk.head.fc.weight".to_owned());
    assert_eq!(mapping("visual.head.proj.weight"), canonical);
    assert_eq!(mapping("visual.trunk.classifier.weight"), canonical);
}

#[test]
fn a_prompt_is_read_where_openclip_pools_it() {
    let end = |changes: &[(&str, Value)]| read(changes).unwrap().end_token;
    let tokenizer = ("/text_cfg/hf_tokenizer_name", json!("someone/tokenizer"));
    assert_eq!(end(std::slice::from_ref(&tokenizer)), EndToken::HighestId);
    let at_the_end = [tokenizer, ("/text_cfg/pool_type", json!("eos")), ("/text_cfg/eos_id", json!(4558))];
    assert_eq!(end(&at_the_end), EndToken::FirstId(4558));
    // Without its kind of pooling the id means nothing.
    assert_eq!(end(&[("/text_cfg/eos_id", json!(17))]), EndToken::HighestId);
}

#[test]
fn towers_and_texts_of_another_kind_are_refused_by_name() {
    for (changes, named) in [
        (vec![(NAME, json!("tf_efficientnet_b0"))], ["tf_efficientnet_b0", "squeeze-and-excitation"]),
        (vec![(NAME, json!("efficientnet_lite0"))], ["efficientnet_lite0", "as TensorFlow has it"]),
        (vec![(NAME, json!("tf_efficientnet_lite5"))], ["tf_efficientnet_lite5", "lite4"]),
        (vec![("/vision_cfg/image_size", json!(200))], ["vision_cfg.image_size` is 200", "a multiple of 32"]),
        (vec![("/vision_cfg/image_size", json!(225))], ["vision_cfg.image_size` is 225", "a multiple of 32"]),
        (vec![("/vision_cfg/timm_pool", json!("abs_attn"))], ["timm_pool", "abs_attn"]),
        (vec![("/vision_cfg/timm_proj", json!("mlp"))], ["timm_proj", "mlp"]),
        (vec![("/vision_cfg/timm_proj", json!("none"))], ["timm_proj", "none"]),
        (
            vec![("/vision_cfg/timm_proj", json!(null)), ("/vision_cfg/timm_pool", json!(""))],
            ["timm_proj", "timm_pool"],
        ),
        (vec![("/text_cfg/pool_type", json!("last"))], ["pool_type", "last"]),
        (vec![("/text_cfg/pool_type", json!("eos"))], ["eos_id", "highest id"]),
        (
            vec![("/text_cfg/pool_type", json!("eos")), ("/text_cfg/eos_id", json!(4559))],
            ["4559", "expected 0 to 4558"],
        ),
        (
            vec![
                ("/text_cfg/hf_tokenizer_name", json!("x/y")),
                ("/text_cfg/tokenizer_kwargs", json!({ "strip_sep_token": true })),
            ],
            ["tokenizer_kwargs", "strip_sep_token"],
        ),
    ] {
        let error = read(&changes).unwrap_err().to_string();
        assert!(named.iter().all(|named| error.contains(named)), "{changes:?}: {error}");
    }
}

#[test]
fn a_size_is_foretold_before_the_download() {
    let mut config = checkpoint().config;
    config.vocab_size = 600;
    let foretold = sizes::by_dtype(&config);
    for dtype in [Dtype::F32, Dtype::F16, Dtype::Q8_0] {
        let (foretold, real) = (foretold[dtype.name()] as f64, file_of(&checkpoint(), dtype).len() as f64);
        assert!((foretold / real - 1.0).abs() < 0.15, "{dtype}: {foretold} foretold, {real} real");
    }
}
