//! Reads the config from a file of any dialect, and checks every size.

use std::ops::RangeInclusive;

use super::source::{ConfigSource, Field, Tower};
use super::{
    Activation, ClipConfig, ConvolutionalConfig, EfficientNetConfig, EndToken, FastVitConfig, ModelFamily,
    TowerConfig,
};
use crate::error::{Error, Result};

/// The accepted sizes: several times those of the largest CLIP known, and small enough that the product of
/// any two fits in 31 bits (except the token table, which is checked separately).
mod limit {
    use super::RangeInclusive;

    pub const STEM_CHANNELS: RangeInclusive<u64> = 8..=512;
    pub const STAGE_CHANNELS: RangeInclusive<u64> = 8..=1024;
    pub const WIDTH: RangeInclusive<u64> = 1..=8192;
    pub const MLP_WIDTH: RangeInclusive<u64> = 1..=32768;
    pub const LAYERS: RangeInclusive<u64> = 1..=128;
    pub const HEADS: RangeInclusive<u64> = 1..=256;
    pub const IMAGE_SIZE: RangeInclusive<u64> = 1..=2048;
    pub const VOCAB_SIZE: RangeInclusive<u64> = 1..=1 << 20;
    pub const CONTEXT_LENGTH: RangeInclusive<u64> = 2..=2048;
    /// Values of the token table.
    pub const TOKEN_TABLE: u64 = 1 << 29;
}

impl ClipConfig {
    /// Reads and checks every field.
    pub(in crate::weights) fn read(source: &impl ConfigSource) -> Result<Self> {
        let family = source.family()?;
        let vision = TowerConfig::read(source, Tower::Vision)?;
        let text = TowerConfig::read(source, Tower::Text)?;
        let vocab_size = bounded(source, Field::VocabSize, limit::VOCAB_SIZE)?;
        let integers = Integers {
            bounded: &|field, range| bounded(source, field, range),
            error: &|field, problem| source.error(field, problem),
        };
        let config = Self {
            family,
            convolutional: integers.convolutional(family)?,
            image_size: bounded(source, Field::ImageSize, limit::IMAGE_SIZE)?,
            patch_size: bounded(source, Field::PatchSize, limit::IMAGE_SIZE)?,
            naflex: source.is_naflex()?,
            channels: bounded(source, Field::Channels, 3..=3)?,
            vocab_size,
            context_length: bounded(source, Field::ContextLength, limit::CONTEXT_LENGTH)?,
            end_token: match family {
                ModelFamily::Siglip => EndToken::LastPosition,
                _ => end_token(source, vocab_size)?,
            },
            pooling_heads: pooling_heads(source, family, &vision)?,
            canonicalizes_texts: source.canonicalizes_texts()?,
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
        if self.convolutional.is_some() {
            let reduction = ConvolutionalConfig::REDUCTION;
            if patch != reduction {
                let problem = format!("is {patch}, expected {reduction} for a convolutional tower");
                return Err(source.error(Field::PatchSize, problem));
            }
            if !image.is_multiple_of(reduction) {
                let problem = format!(
                    "is {image}, expected a multiple of {reduction}, which is what a convolutional tower's last map is smaller by"
                );
                return Err(source.error(Field::ImageSize, problem));
            }
        }
        if self.patches() == 0 || self.family != ModelFamily::Siglip && !image.is_multiple_of(patch) {
            let problem = format!("is {patch}, expected a divisor of the image size {image}");
            return Err(source.error(Field::PatchSize, problem));
        }
        if self.family == ModelFamily::Siglip && self.projection_dim != self.vision.width {
            let (found, width) = (self.projection_dim, self.vision.width);
            let problem = format!("is {found}, expected the width {width} of the vision tower");
            return Err(source.error(Field::ProjectionDim, problem));
        }
        if self.patches() > Self::MOST_PATCHES {
            let problem = format!(
                "is {patch}: {} patches of an image, at most {} are accepted",
                self.patches(),
                Self::MOST_PATCHES
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

/// How a config's integers are read: each source has its own way, and what is made of them is the same for all.
struct Integers<'a> {
    bounded: &'a dyn Fn(Field, RangeInclusive<u64>) -> Result<usize>,
    error: &'a dyn Fn(Field, String) -> Error,
}

impl Integers<'_> {
    /// The sizes of the tower of a family that has a convolutional one.
    fn convolutional(&self, family: ModelFamily) -> Result<Option<ConvolutionalConfig>> {
        let stem = || self.channels(Field::StemChannels, limit::STEM_CHANNELS);
        Ok(match family {
            ModelFamily::MobileClip => {
                let sizes = FastVitConfig { channels: stem()?, blocks: self.blocks()? };
                Some(ConvolutionalConfig::FastVit(sizes))
            }
            ModelFamily::EfficientNetClip => {
                let mut channels = [0; EfficientNetConfig::STAGES];
                for (stage, count) in (0..).zip(&mut channels) {
                    *count = self.channels(Field::StageChannels(stage), limit::STAGE_CHANNELS)?;
                }
                // The last layer's, which has no field of its own.
                self.channels(Field::Width(Tower::Vision), limit::WIDTH)?;
                let sizes = EfficientNetConfig { stem: stem()?, channels, blocks: self.blocks()? };
                Some(ConvolutionalConfig::EfficientNet(sizes))
            }
            _ => None,
        })
    }

    /// How many blocks each stage has.
    fn blocks<const STAGES: usize>(&self) -> Result<[usize; STAGES]> {
        let mut blocks = [0; STAGES];
        for (stage, blocks) in (0..).zip(&mut blocks) {
            *blocks = (self.bounded)(Field::StageBlocks(stage), limit::LAYERS)?;
        }
        Ok(blocks)
    }

    /// A number of channels that the kernels of convolutions can run.
    fn channels(&self, field: Field, range: RangeInclusive<u64>) -> Result<usize> {
        let channels = (self.bounded)(field, range)?;
        if channels.is_multiple_of(8) {
            return Ok(channels);
        }
        Err((self.error)(field, format!("is {channels}, expected a multiple of 8")))
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

/// SigLIP pools with as many heads as its blocks have.
fn pooling_heads(
    source: &impl ConfigSource,
    family: ModelFamily,
    vision: &TowerConfig,
) -> Result<Option<usize>> {
    let heads = match family {
        ModelFamily::Clip | ModelFamily::MobileClip | ModelFamily::EfficientNetClip => return Ok(None),
        ModelFamily::Siglip => vision.heads,
        ModelFamily::PerceptionEncoder => bounded(source, Field::PoolingHeads, limit::HEADS)?,
    };
    if !vision.width.is_multiple_of(heads) {
        let problem = format!("is {heads}, expected a divisor of the width {}", vision.width);
        return Err(source.error(Field::PoolingHeads, problem));
    }
    if family == ModelFamily::PerceptionEncoder && !vision.width.is_multiple_of(4 * vision.heads) {
        let problem = format!("is {}: a quarter of a head's width turns with each axis", vision.heads);
        return Err(source.error(Field::Heads(Tower::Vision), problem));
    }
    Ok(Some(heads))
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
        let problem = format!("is {name:?}, expected quick_gelu, gelu, gelu_pytorch_tanh or relu6");
        source.error(Field::Activation(tower), problem)
    })
}
