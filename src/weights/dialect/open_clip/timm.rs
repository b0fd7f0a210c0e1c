//! The vision towers of timm (1.0) that OpenCLIP's configs name (`vision_cfg.timm_model_name`): the sizes that stand
//! behind a name.

use serde_json::{Map, Value};

use super::keys::unsupported;
use crate::error::{Error, Result};
use crate::weights::config::{
    ConvolutionalConfig, EfficientNetConfig, FastVitConfig, Field, ModelFamily, Tower,
};
use crate::weights::instead;

/// A vision tower of timm's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum TimmTower {
    /// MobileCLIP's (`fastvit.py`).
    FastVit(FastVitConfig),
    /// EfficientNet-Lite as TensorFlow pads and norms it (`efficientnet.py`).
    EfficientNet(EfficientNetConfig),
    /// SigLIP's (`vision_transformer.py`), and Perception Encoder's (`eva.py`).
    Transformer(TimmTransformer),
}

/// The sizes of a vision transformer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TimmTransformer {
    family: ModelFamily,
    width: u64,
    mlp_width: u64,
    layers: u64,
    heads: u64,
    patch_size: u64,
    layer_norm_eps: f64,
    /// As Hugging Face's configs call it.
    activation: &'static str,
}

impl TimmTower {
    /// The tower that a `vision_cfg` names; `None` if it names none, or one that is not known here.
    pub fn named(vision: &Map<String, Value>) -> Option<Self> {
        let name = vision.get("timm_model_name")?.as_str()?;
        fast_vit(name)
            .map(Self::FastVit)
            .or_else(|| efficient_net(name).map(Self::EfficientNet))
            .or_else(|| siglip(name).or_else(|| perception_encoder(name)).map(Self::Transformer))
    }

    pub fn family(&self) -> ModelFamily {
        match self {
            Self::FastVit(_) => ModelFamily::MobileClip,
            Self::EfficientNet(_) => ModelFamily::EfficientNetClip,
            Self::Transformer(sizes) => sizes.family,
        }
    }

    /// What the sizes say of a field, whatever the file would.
    pub fn integer(&self, field: Field) -> Option<u64> {
        match self {
            Self::FastVit(sizes) => fast_vit_integer(sizes, field),
            Self::EfficientNet(sizes) => efficient_net_integer(sizes, field),
            Self::Transformer(sizes) => match field {
                Field::Width(Tower::Vision) => Some(sizes.width),
                Field::MlpWidth(Tower::Vision) => Some(sizes.mlp_width),
                Field::Layers(Tower::Vision) => Some(sizes.layers),
                Field::Heads(Tower::Vision) => Some(sizes.heads),
                Field::PatchSize => Some(sizes.patch_size),
                Field::PoolingHeads => Some(8).filter(|_| sizes.family == ModelFamily::PerceptionEncoder),
                _ => None,
            },
        }
    }

    /// The epsilon of the tower's layer norms, or of an EfficientNet's batch norms; a FastViT has none of its own.
    pub fn layer_norm_eps(&self) -> Option<f64> {
        match self {
            Self::FastVit(_) => None,
            Self::EfficientNet(_) => Some(1e-3),
            Self::Transformer(sizes) => Some(sizes.layer_norm_eps),
        }
    }

    /// The tower's activation, which OpenCLIP's `quick_gelu` does not change.
    pub fn activation(&self) -> &'static str {
        match self {
            Self::FastVit(_) => "gelu",
            Self::EfficientNet(_) => "relu6",
            Self::Transformer(sizes) => sizes.activation,
        }
    }
}

/// Takes out how a convolutional tower's last map becomes an embedding: it must be the mean of its pixels, projected.
/// OpenCLIP's own linear layer is the projection unless there is none; then timm's classifier is, before which an empty name of a
/// pooling means none at all.
pub(super) fn take_mean_and_projection(vision: &mut Map<String, Value>) -> Result<()> {
    let mut name = |key: &str, default: &str| match vision.remove(key) {
        None => default.to_owned(),
        Some(Value::Null) => String::new(),
        Some(value) => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    };
    let (pooling, projection) = (name("timm_pool", "avg"), name("timm_proj", "linear"));
    vision.remove("timm_proj_bias");
    match (pooling.as_str(), projection.as_str()) {
        ("avg", "linear" | "") | ("", "linear") => Ok(()),
        ("avg" | "", _) => Err(unsupported(format!(
            "vision_cfg.timm_proj = {projection:?} after timm_pool = {pooling:?}, where a mean of the pixels (\"avg\") and a \
             \"linear\" projection are run"
        ))),
        _ => Err(unsupported(format!(
            "vision_cfg.timm_pool = {pooling:?}, where the mean of the pixels (\"avg\") is run"
        ))),
    }
}

/// The error about a tower that is not run: what it has that is missing here, and which model to use instead.
pub(super) fn unknown(name: &str) -> Error {
    let starts = |kind: &str| name.starts_with(kind);
    let (expected, instead) = if starts("eva") {
        ("a tower without EVA's SwiGLU and inner norms, which are not implemented", instead::BASE)
    } else if name.contains("_siglip_gap_") {
        ("SigLIP with its pooling head: a mean of the patches is not implemented", instead::MANY_LANGUAGES)
    } else if starts("fastvit") || starts("vit_base_mci") {
        (
            "MobileCLIP S0, S1 or S2 (fastvit_mci0, mci1, mci2): its other towers are not implemented",
            instead::PHOTOGRAPHS,
        )
    } else if name.contains("efficientnet") {
        (
            "an EfficientNet-Lite as TensorFlow has it (tf_efficientnet_lite0 to tf_efficientnet_lite4): other \
             EfficientNets, most of them with squeeze-and-excitation, are not implemented",
            instead::PHOTOGRAPHS,
        )
    } else if starts("vit_pe_") {
        (
            "one of Perception Encoder's core models with a class token (vit_pe_core_tiny_patch16_384, \
             small_patch16_384, base_patch16_224, large_patch14_336)",
            instead::LARGE,
        )
    } else {
        (
            "a vision transformer of OpenCLIP's own, or timm's of SigLIP or Perception Encoder: timm's other towers, \
             most of them convolutional or windowed, are not implemented",
            instead::BASE,
        )
    };
    Error::UnsupportedArchitecture {
        found: format!("{name} (vision_cfg.timm_model_name)"),
        expected,
        instead,
    }
}

fn fast_vit(name: &str) -> Option<FastVitConfig> {
    let (channels, blocks) = match name {
        "fastvit_mci0" => (64, [2, 6, 10, 2]),
        "fastvit_mci1" => (64, [4, 12, 20, 4]),
        "fastvit_mci2" => (80, [4, 12, 24, 4]),
        _ => return None,
    };
    Some(FastVitConfig { channels, blocks })
}

/// `tf_efficientnet_lite0` and its kin, whatever weights a tag behind a dot names.
fn efficient_net(name: &str) -> Option<EfficientNetConfig> {
    let size = name.strip_prefix("tf_efficientnet_lite")?;
    let (wider, deeper) = match size.split_once('.').map_or(size, |(size, _)| size) {
        "0" => (1.0, 1.0),
        "1" => (1.0, 1.1),
        "2" => (1.1, 1.2),
        "3" => (1.2, 1.4),
        "4" => (1.4, 1.8),
        _ => return None,
    };
    // The stem and the last layer keep their widths, and the first and last stage their depths.
    let channels =
        [16, 24, 40, 80, 112, 192, 320].map(|channels| rounded_channels(f64::from(channels) * wider));
    let deeper = |blocks: u8| (f64::from(blocks) * deeper).ceil() as usize;
    let blocks = [1, deeper(2), deeper(2), deeper(3), deeper(3), deeper(4), 1];
    Some(EfficientNetConfig { stem: 32, channels, blocks })
}

/// The nearest multiple of eight, or the next one where that is more than a tenth less: timm's `round_channels`.
fn rounded_channels(channels: f64) -> usize {
    let nearest = ((channels + 4.0) / 8.0).floor().max(1.0) * 8.0;
    (if nearest < 0.9 * channels { nearest + 8.0 } else { nearest }) as usize
}

fn efficient_net_integer(sizes: &EfficientNetConfig, field: Field) -> Option<u64> {
    let of_stage = |of_stages: &[usize], stage: u8| of_stages.get(usize::from(stage)).copied();
    let number = match field {
        Field::StemChannels => Some(sizes.stem),
        Field::StageChannels(stage) => of_stage(&sizes.channels, stage),
        Field::StageBlocks(stage) => of_stage(&sizes.blocks, stage),
        Field::Width(Tower::Vision) => Some(1280),
        // Of the widest block.
        Field::MlpWidth(Tower::Vision) => Some(EfficientNetConfig::EXPANSION * sizes.channels[5]),
        Field::Layers(Tower::Vision) => Some(sizes.blocks.iter().sum()),
        Field::Heads(Tower::Vision) => Some(1),
        // Halved by the stem, and by four of the stages.
        Field::PatchSize => Some(ConvolutionalConfig::REDUCTION),
        _ => None,
    };
    number.map(|number| number as u64)
}

fn fast_vit_integer(sizes: &FastVitConfig, field: Field) -> Option<u64> {
    let last = sizes.channels * 8;
    let number = match field {
        Field::StemChannels => sizes.channels,
        Field::StageBlocks(stage) => sizes.blocks[usize::from(stage).min(3)],
        Field::Width(Tower::Vision) => last * 2,
        Field::MlpWidth(Tower::Vision) => last * 3,
        Field::Layers(Tower::Vision) => sizes.blocks.iter().sum(),
        Field::Heads(Tower::Vision) => last / 32,
        // Halved by the stem twice, and by each stage after the first.
        Field::PatchSize => ConvolutionalConfig::REDUCTION,
        _ => return None,
    };
    Some(number as u64)
}

/// `vit_base_patch16_siglip_224` and its kin.
fn siglip(name: &str) -> Option<TimmTransformer> {
    let (scale, rest) = name.strip_prefix("vit_")?.split_once("_patch")?;
    let (patch_size, image_size) = rest.split_once("_siglip_")?;
    let (patch_size, image_size) = (patch_size.parse().ok()?, image_size.parse::<u64>().ok()?);
    let (width, mlp_width, layers, heads) = match scale {
        "base" => (768, 3072, 12, 12),
        "large" => (1024, 4096, 24, 16),
        "so400m" => (1152, 4304, 27, 16),
        "giantopt" => (1536, 6144, 40, 16),
        _ => return None,
    };
    // The sizes that came with the second SigLIP; those of the first have the exact GELU.
    let is_approximate =
        matches!((scale, patch_size, image_size), ("base", 32, _) | ("large", _, 512) | ("so400m", 16, _))
            || scale == "giantopt";
    Some(TimmTransformer {
        family: ModelFamily::Siglip,
        width,
        mlp_width,
        layers,
        heads,
        patch_size,
        layer_norm_eps: 1e-6,
        activation: if is_approximate { "gelu_pytorch_tanh" } else { "gelu" },
    })
}

/// `vit_pe_core_small_patch16_384` and its kin, but for the largest one, which has no class token.
fn perception_encoder(name: &str) -> Option<TimmTransformer> {
    let (width, layers, patch_size) = match name {
        "vit_pe_core_tiny_patch16_384" => (192, 12, 16),
        "vit_pe_core_small_patch16_384" => (384, 12, 16),
        "vit_pe_core_base_patch16_224" => (768, 12, 16),
        "vit_pe_core_large_patch14_336" => (1024, 24, 14),
        _ => return None,
    };
    Some(TimmTransformer {
        family: ModelFamily::PerceptionEncoder,
        width,
        mlp_width: 4 * width,
        layers,
        heads: width / 64,
        patch_size,
        layer_norm_eps: 1e-5,
        activation: "gelu",
    })
}
