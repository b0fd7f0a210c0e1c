//! The vision towers of timm (1.0) that OpenCLIP's configs name (`vision_cfg.timm_model_name`): the sizes that stand
//! behind a name.

use serde_json::{Map, Value};

use crate::error::Error;
use crate::weights::config::{FastVitConfig, Field, ModelFamily, Tower};
use crate::weights::instead;

/// A vision tower of timm's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum TimmTower {
    /// MobileCLIP's (`fastvit.py`).
    FastVit(FastVitConfig),
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
            .or_else(|| siglip(name).or_else(|| perception_encoder(name)).map(Self::Transformer))
    }

    pub fn family(&self) -> ModelFamily {
        match self {
            Self::FastVit(_) => ModelFamily::MobileClip,
            Self::Transformer(sizes) => sizes.family,
        }
    }

    /// What the sizes say of a field, whatever the file would.
    pub fn integer(&self, field: Field) -> Option<u64> {
        match self {
            Self::FastVit(sizes) => fast_vit_integer(sizes, field),
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

    /// The epsilon of the tower's layer norms; a FastViT has none.
    pub fn layer_norm_eps(&self) -> Option<f64> {
        match self {
            Self::FastVit(_) => None,
            Self::Transformer(sizes) => Some(sizes.layer_norm_eps),
        }
    }

    /// The tower's activation, which OpenCLIP's `quick_gelu` does not change.
    pub fn activation(&self) -> &'static str {
        match self {
            Self::FastVit(_) => "gelu",
            Self::Transformer(sizes) => sizes.activation,
        }
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
        Field::PatchSize => 32,
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
