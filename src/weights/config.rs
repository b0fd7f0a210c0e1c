//! What a checkpoint says of its architecture, checked once so that no size derived from it can overflow.

use std::ops::RangeInclusive;

use serde::Serialize;

use crate::error::{Error, Result};
pub use crate::kernels::activation::Activation;

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
    /// the checkpoints of a fixed resolution of its second version (Tschannen et al., 2025).
    Siglip,
    /// A convolutional vision tower, and a text tower that sees its padding but is read at the end token (Vasu et al.,
    /// 2024): the sizes S0, S1 and S2, as far as they have that text tower.
    MobileClip,
}

impl ModelFamily {
    /// The family that Hugging Face configs and our GGUF files call `name`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "clip" => Some(Self::Clip),
            "siglip" => Some(Self::Siglip),
            "mobileclip" => Some(Self::MobileClip),
            _ => None,
        }
    }

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clip => "clip",
            Self::Siglip => "siglip",
            Self::MobileClip => "mobileclip",
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

/// The architecture of a model with two transformers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClipConfig {
    pub family: ModelFamily,
    /// For FastViT, the sizes of the last stage, and the channels it ends with.
    pub vision: TowerConfig,
    /// What a MobileCLIP has for a vision transformer.
    pub fast_vit: Option<FastVitConfig>,
    /// Pixels along each side. CLIP's are a multiple of `patch_size`; what SigLIP's have over one is not seen.
    pub image_size: usize,
    pub patch_size: usize,
    /// Always 3.
    pub channels: usize,
    pub text: TowerConfig,
    pub vocab_size: usize,
    /// The longest prompt, in tokens, with its start and end.
    pub context_length: usize,
    pub end_token: EndToken,
    /// The length of both towers' embeddings.
    pub projection_dim: usize,
}

/// One of the two towers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::weights) enum Tower {
    Vision,
    Text,
}

/// What a config has to say, whatever the file calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::weights) enum Field {
    Width(Tower),
    MlpWidth(Tower),
    Layers(Tower),
    Heads(Tower),
    LayerNormEps(Tower),
    Activation(Tower),
    ImageSize,
    PatchSize,
    Channels,
    StemChannels,
    StageBlocks(u8),
    VocabSize,
    ContextLength,
    EosTokenId,
    ProjectionDim,
}

/// A file that holds the fields under keys of its own.
pub(in crate::weights) trait ConfigSource {
    /// What to call the file in messages.
    const FILE: &'static str;
    /// Which family the file is of.
    fn family(&self) -> Result<ModelFamily>;
    /// What the file calls a field.
    fn key(&self, field: Field) -> String;
    fn integer(&self, field: Field) -> Result<u64>;
    fn float(&self, field: Field) -> Result<f64>;
    /// The activation's name, as in Hugging Face configs.
    fn activation(&self, tower: Tower) -> Result<String>;

    /// An error about the field's value.
    fn error(&self, field: Field, problem: impl Into<String>) -> Error {
        Error::Config { file: Self::FILE, key: self.key(field), problem: problem.into() }
    }
}

/// The accepted sizes: several times those of the largest CLIP known, and small enough that the product of
/// any two fits in 31 bits (but for the token table, which is checked by itself).
mod limit {
    use super::RangeInclusive;

    pub const STEM_CHANNELS: RangeInclusive<u64> = 8..=512;
    pub const WIDTH: RangeInclusive<u64> = 1..=8192;
    pub const MLP_WIDTH: RangeInclusive<u64> = 1..=32768;
    pub const LAYERS: RangeInclusive<u64> = 1..=128;
    pub const HEADS: RangeInclusive<u64> = 1..=256;
    pub const IMAGE_SIZE: RangeInclusive<u64> = 1..=2048;
    pub const VOCAB_SIZE: RangeInclusive<u64> = 1..=1 << 20;
    pub const CONTEXT_LENGTH: RangeInclusive<u64> = 2..=2048;
    /// Patches of an image.
    pub const PATCHES: usize = 1 << 14;
    /// Values of the token table.
    pub const TOKEN_TABLE: u64 = 1 << 29;
}

impl ClipConfig {
    /// How many patches the vision tower sees.
    pub fn patches(&self) -> usize {
        (self.image_size / self.patch_size).pow(2)
    }

    /// The rows of the vision tower: the patches, and CLIP's class token before them.
    pub fn vision_tokens(&self) -> usize {
        self.patches() + usize::from(self.family == ModelFamily::Clip)
    }

    /// Reads and checks every field.
    pub(in crate::weights) fn read(source: &impl ConfigSource) -> Result<Self> {
        let family = source.family()?;
        if family == ModelFamily::MobileClip && cfg!(not(feature = "mobileclip")) {
            let expected = "CLIP or SigLIP: MobileCLIP's FastViT runs on the command line alone";
            return Err(Error::UnsupportedArchitecture { found: family.name().to_owned(), expected });
        }
        let vision = TowerConfig::read(source, Tower::Vision)?;
        let text = TowerConfig::read(source, Tower::Text)?;
        let vocab_size = bounded(source, Field::VocabSize, limit::VOCAB_SIZE)?;
        let config = Self {
            family,
            fast_vit: (family == ModelFamily::MobileClip).then(|| FastVitConfig::read(source)).transpose()?,
            image_size: bounded(source, Field::ImageSize, limit::IMAGE_SIZE)?,
            patch_size: bounded(source, Field::PatchSize, limit::IMAGE_SIZE)?,
            channels: bounded(source, Field::Channels, 3..=3)?,
            vocab_size,
            context_length: bounded(source, Field::ContextLength, limit::CONTEXT_LENGTH)?,
            end_token: match family {
                ModelFamily::Clip | ModelFamily::MobileClip => end_token(source, vocab_size)?,
                ModelFamily::Siglip => EndToken::LastPosition,
            },
            projection_dim: bounded(source, Field::ProjectionDim, limit::WIDTH)?,
            vision,
            text,
        };
        config.check_sizes(source)?;
        Ok(config)
    }

    /// The conditions between fields.
    fn check_sizes(&self, source: &impl ConfigSource) -> Result<()> {
        let (image, patch) = (self.image_size, self.patch_size);
        if self.patches() == 0 || self.family != ModelFamily::Siglip && !image.is_multiple_of(patch) {
            let problem = format!("is {patch}, expected a divisor of the image size {image}");
            return Err(source.error(Field::PatchSize, problem));
        }
        if self.family == ModelFamily::Siglip && self.projection_dim != self.vision.width {
            let (found, width) = (self.projection_dim, self.vision.width);
            let problem = format!("is {found}, expected the width {width} of the vision tower");
            return Err(source.error(Field::ProjectionDim, problem));
        }
        if self.patches() > limit::PATCHES {
            let problem = format!(
                "is {patch}: {} patches of an image, at most {} are accepted",
                self.patches(),
                limit::PATCHES
            );
            return Err(source.error(Field::PatchSize, problem));
        }
        if self.vocab_size as u64 * self.text.width as u64 > limit::TOKEN_TABLE {
            let problem =
                format!("is {}: a token table of more than {} values", self.vocab_size, limit::TOKEN_TABLE);
            return Err(source.error(Field::VocabSize, problem));
        }
        Ok(())
    }
}

impl FastVitConfig {
    fn read(source: &impl ConfigSource) -> Result<Self> {
        let mut blocks = [0; 4];
        for (stage, blocks) in (0..).zip(&mut blocks) {
            *blocks = bounded(source, Field::StageBlocks(stage), limit::LAYERS)?;
        }
        Ok(Self { channels: bounded(source, Field::StemChannels, limit::STEM_CHANNELS)?, blocks })
    }
}

impl TowerConfig {
    fn read(source: &impl ConfigSource, tower: Tower) -> Result<Self> {
        let width = bounded(source, Field::Width(tower), limit::WIDTH)?;
        let heads = bounded(source, Field::Heads(tower), limit::HEADS)?;
        if !width.is_multiple_of(heads) {
            let problem = format!("is {heads}, expected a divisor of the width {width}");
            return Err(source.error(Field::Heads(tower), problem));
        }
        Ok(Self {
            width,
            mlp_width: bounded(source, Field::MlpWidth(tower), limit::MLP_WIDTH)?,
            layers: bounded(source, Field::Layers(tower), limit::LAYERS)?,
            heads,
            layer_norm_eps: layer_norm_eps(source, tower)?,
            activation: activation(source, tower)?,
        })
    }
}

fn bounded(source: &impl ConfigSource, field: Field, range: RangeInclusive<u64>) -> Result<usize> {
    let value = source.integer(field)?;
    if !range.contains(&value) {
        let (first, last) = (range.start(), range.end());
        return Err(source.error(field, format!("is {value}, expected {first} to {last}")));
    }
    Ok(value as usize)
}

fn end_token(source: &impl ConfigSource, vocab_size: usize) -> Result<EndToken> {
    let id = bounded(source, Field::EosTokenId, 0..=vocab_size as u64 - 1)?;
    Ok(EndToken::from_eos_token_id(id as u32))
}

fn layer_norm_eps(source: &impl ConfigSource, tower: Tower) -> Result<f32> {
    let field = Field::LayerNormEps(tower);
    let value = source.float(field)?;
    let eps = value as f32;
    if eps > 0.0 && eps < 1.0 {
        Ok(eps)
    } else {
        Err(source.error(field, format!("is {value}, expected a number between 0 and 1")))
    }
}

fn activation(source: &impl ConfigSource, tower: Tower) -> Result<Activation> {
    let name = source.activation(tower)?;
    Activation::parse(&name).ok_or_else(|| {
        let problem = format!("is {name:?}, expected quick_gelu, gelu or gelu_pytorch_tanh");
        source.error(Field::Activation(tower), problem)
    })
}
