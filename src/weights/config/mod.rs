//! The architecture of a checkpoint, checked once so that no size derived from it can overflow.

mod read;
mod source;

use serde::Serialize;

pub use crate::kernels::activation::Activation;
use crate::kernels::matmul::Digits;
pub(in crate::weights) use source::{ConfigSource, Field, Tower};

/// The sizes of one transformer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TowerConfig {
    /// Width of the residual stream.
    pub width: usize,
    /// Width of the MLP's hidden layer.
    pub mlp_width: usize,
    pub layers: usize,
    /// Divides `width`.
    pub heads: usize,
    pub layer_norm_eps: f32,
    pub activation: Activation,
}

/// What is around the blocks of both towers, and what their cosines mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelFamily {
    /// A class token, a causal text tower, both projected; softmax (Radford et al., 2021).
    Clip,
    /// Pooling by attention, a text tower that sees its padding, a sigmoid with a bias (Zhai et al., 2023), and
    /// its second version (Tschannen et al., 2025).
    Siglip,
    /// A convolutional vision tower, and a text tower that sees its padding but is read at the end token (Vasu et al.,
    /// 2024): the sizes S0, S1 and S2, as far as they have that text tower.
    MobileClip,
    /// CLIP's text tower, and a convolutional vision tower without tokens: EfficientNet-Lite.
    #[serde(rename = "efficientnet-clip")]
    EfficientNetClip,
    /// CLIP with rotary positions beside the learned ones, and pooling by attention before its projection (Bolya et al.,
    /// 2025): the sizes with a class token.
    #[serde(rename = "perception-encoder")]
    PerceptionEncoder,
}

impl ModelFamily {
    /// The family that Hugging Face configs and our GGUF files call `name`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "clip" => Some(Self::Clip),
            "siglip" => Some(Self::Siglip),
            "mobileclip" => Some(Self::MobileClip),
            "efficientnet-clip" => Some(Self::EfficientNetClip),
            "perception-encoder" => Some(Self::PerceptionEncoder),
            _ => None,
        }
    }

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clip => "clip",
            Self::Siglip => "siglip",
            Self::MobileClip => "mobileclip",
            Self::EfficientNetClip => "efficientnet-clip",
            Self::PerceptionEncoder => "perception-encoder",
        }
    }

    /// Whether a token of its own stands before a picture's patches, and a norm before the blocks.
    pub fn has_class_token(self) -> bool {
        matches!(self, Self::Clip | Self::PerceptionEncoder)
    }

    /// Whether attention pools a picture's tokens.
    pub fn pools_by_attention(self) -> bool {
        matches!(self, Self::Siglip | Self::PerceptionEncoder)
    }

    /// What makes the samples of pixels begin at zero, where they go from −1 to 1. Those of the other families do not go as
    /// far on both sides of zero.
    pub fn sample_offset(self) -> f32 {
        if self.pools_by_attention() { 1.0 } else { 0.0 }
    }

    /// Whether the tokens of a prompt see those before them alone.
    pub fn is_causal(self) -> bool {
        matches!(self, Self::Clip | Self::EfficientNetClip | Self::PerceptionEncoder)
    }
}

/// The sizes of a convolutional vision tower.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConvolutionalConfig {
    FastVit(FastVitConfig),
    EfficientNet(EfficientNetConfig),
}

impl ConvolutionalConfig {
    /// How many times as large a picture's side is as the last map's: what such a tower has for the side of a patch.
    pub const REDUCTION: usize = 32;

    /// Channels of the stem.
    pub fn stem(&self) -> usize {
        match self {
            Self::FastVit(sizes) => sizes.channels,
            Self::EfficientNet(sizes) => sizes.stem,
        }
    }

    /// The channels of each stage, as far as they do not follow from the stem's, and its blocks.
    pub fn stages(&self) -> (&[usize], &[usize]) {
        match self {
            Self::FastVit(sizes) => (&[], &sizes.blocks),
            Self::EfficientNet(sizes) => (&sizes.channels, &sizes.blocks),
        }
    }
}

/// The sizes of a FastViT of MobileCLIP's kind (Vasu et al., 2023): four stages, each with twice the channels of the
/// one before and half its height and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FastVitConfig {
    /// Channels of the stem and the first stage.
    pub channels: usize,
    /// In each stage; those of the last attend, the others convolve.
    pub blocks: [usize; 4],
}

/// The sizes of an EfficientNet-Lite (Tan and Le, 2019); the width of its tower is that of its last layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EfficientNetConfig {
    /// Channels of the stem.
    pub stem: usize,
    /// What the blocks of each stage give.
    pub channels: [usize; Self::STAGES],
    /// In each stage.
    pub blocks: [usize; Self::STAGES],
}

impl EfficientNetConfig {
    pub const STAGES: usize = 7;
    /// How many times as wide the map is between a block's two layers of pixels; in the first stage it is not widened.
    pub const EXPANSION: usize = 6;
}

/// Which position of the text tower's output is the embedding of the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EndToken {
    /// The first position of the largest id. Hugging Face configs say so by `eos_token_id: 2`.
    HighestId,
    /// The first position of this id.
    FirstId(u32),
    /// The last position, whatever stands there.
    LastPosition,
}

impl EndToken {
    /// The `eos_token_id` that means [`EndToken::HighestId`] (transformers PR 24773).
    pub(in crate::weights) const HIGHEST_ID: u32 = 2;

    /// What `eos_token_id` means.
    pub fn from_eos_token_id(id: u32) -> Self {
        if id == Self::HIGHEST_ID { Self::HighestId } else { Self::FirstId(id) }
    }

    /// The `eos_token_id` that means this, if one does.
    pub fn eos_token_id(self) -> Option<u32> {
        match self {
            Self::HighestId => Some(Self::HIGHEST_ID),
            Self::FirstId(id) => Some(id),
            Self::LastPosition => None,
        }
    }
}

/// The layers of a text tower for which activations of seven bits do. Between this and 24, nothing has been measured.
const MOST_LAYERS_OF_ONE_DIGIT: usize = 12;

/// The architecture of a model with two transformers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClipConfig {
    pub family: ModelFamily,
    /// For a convolutional tower, the sizes of the last stage, the channels it ends with, and as epsilon, where the family is
    /// EfficientNet's, that of its batch norms.
    pub vision: TowerConfig,
    /// What some have for a vision transformer.
    pub convolutional: Option<ConvolutionalConfig>,
    /// Pixels along each side. CLIP's are a multiple of `patch_size`; what SigLIP's have over one is not seen.
    pub image_size: usize,
    pub patch_size: usize,
    /// Whether pictures keep their shape, as with SigLIP 2's NaFlex: then `image_size` is that of the square of patches
    /// whose positions are in the file, which are resized to those of each picture.
    pub naflex: bool,
    /// Always 3.
    pub channels: usize,
    pub text: TowerConfig,
    pub vocab_size: usize,
    /// Heads of the pooling attention, where there is one.
    pub pooling_heads: Option<usize>,
    /// The longest prompt, in tokens, with its start and end.
    pub context_length: usize,
    pub end_token: EndToken,
    /// Whether texts lose case, punctuation and all white space but single blanks before they are tokenized: see
    /// [`canonicalized`](crate::text::canonicalized).
    pub canonicalizes_texts: bool,
    /// The length of both towers' embeddings.
    pub projection_dim: usize,
}

impl ClipConfig {
    /// The most patches of a picture.
    pub const MOST_PATCHES: usize = 1 << 14;

    /// How many patches the vision tower sees; with `naflex`, of a square picture.
    pub fn patches(&self) -> usize {
        (self.image_size / self.patch_size).pow(2)
    }

    /// How finely the text tower's activations are quantized. With one digit, prompts fall below a mean cosine of 0.9995 to
    /// f32 where a tower has 24 layers (0.9990 of Perception Encoder's, 0.9994 of CLIP's), and in some towers of these families
    /// with 12.
    pub fn prompt_digits(&self) -> Digits {
        let is_sensitive = matches!(self.family, ModelFamily::MobileClip | ModelFamily::PerceptionEncoder);
        if is_sensitive || self.text.layers > MOST_LAYERS_OF_ONE_DIGIT { Digits::Two } else { Digits::One }
    }

    /// The rows of the vision tower: the patches, and the class token before them where there is one.
    pub fn vision_tokens(&self) -> usize {
        self.patches() + usize::from(self.family.has_class_token())
    }
}
