//! The architecture of weights that come without a config, as OpenAI's own archives do: their shapes say it, as they
//! do in `build_model` of OpenAI's `clip/model.py`. Heads are 64 wide and the activation is `quick_gelu` in all of
//! them. Perception Encoder's own files, which have a pooling head, come without a config too: those with a class
//! token (T, S, B and L) have heads as wide, and the exact GELU (`core/vision_encoder/config.py`).

use crate::error::{Error, Result};
use crate::weights::config::{ClipConfig, ConfigSource, EndToken, Field, ModelFamily, Tower};
use crate::weights::container::tensor::Tensor;
use crate::weights::instead;

const HEAD_WIDTH: usize = 64;
/// Heads of Perception Encoder's pooling attention, in all sizes.
const POOLING_HEADS: usize = 8;
/// What only Perception Encoder's weights have.
const POOLING_QUERY: &str = "v.head.probe";

/// The config of these tensors, which have their canonical names.
///
/// # Errors
/// `Config` naming a tensor that is missing or has another shape than OpenAI's.
pub(in crate::weights) fn config(tensors: &[Tensor]) -> Result<ClipConfig> {
    ClipConfig::read(&Shapes(tensors))
}

struct Shapes<'a>(&'a [Tensor]);

impl Shapes<'_> {
    fn shape(&self, name: &str) -> Option<&[usize]> {
        let tensor = self.0.iter().find(|tensor| tensor.name == name);
        tensor.map(|tensor| tensor.shape.as_slice())
    }

    /// An axis of the tensor that a field is read off.
    fn axis(&self, field: Field, axis: usize) -> Option<usize> {
        self.shape(&self.key(field))?.get(axis).copied()
    }

    /// Blocks that follow each other from the first on.
    fn layers(&self, tower: Tower) -> usize {
        let has = |block: &usize| self.shape(&format!("{}.blk.{block}.ln1.weight", letter(tower))).is_some();
        (0..self.0.len()).take_while(has).count()
    }

    fn read(&self, field: Field) -> Option<usize> {
        match field {
            Field::Width(_) | Field::ContextLength | Field::ProjectionDim | Field::MlpWidth(_) => {
                self.axis(field, 0)
            }
            Field::VocabSize => self.axis(field, 0),
            Field::Channels => self.axis(field, 1),
            Field::PatchSize => self.axis(field, 2),
            Field::ImageSize => {
                let patches = self.axis(field, 0)?.checked_sub(1)?;
                Some(patches.isqrt().checked_mul(self.read(Field::PatchSize)?)?)
            }
            Field::Heads(tower) => Some(self.read(Field::Width(tower))? / HEAD_WIDTH),
            Field::Layers(tower) => Some(self.layers(tower)),
            Field::EosTokenId => Some(EndToken::HIGHEST_ID as usize),
            Field::PoolingHeads => Some(POOLING_HEADS),
            _ => None,
        }
    }
}

impl ConfigSource for Shapes<'_> {
    const FILE: &'static str = "the tensors of weights without a config";

    fn family(&self) -> Result<ModelFamily> {
        match (self.shape(POOLING_QUERY), self.shape("v.class_embd")) {
            (None, _) => Ok(ModelFamily::Clip),
            (Some(_), Some(_)) => Ok(ModelFamily::PerceptionEncoder),
            (Some(_), None) => Err(Error::UnsupportedArchitecture {
                found: "Perception Encoder without a class token (PE-Core-G14-448)".to_owned(),
                expected: "PE-Core-T16-384, S16-384, B16-224 or L14-336",
                instead: instead::LARGE,
            }),
        }
    }

    /// The tensor that a field is read off.
    fn key(&self, field: Field) -> String {
        let (tower, part) = match field {
            Field::Width(tower) | Field::Heads(tower) => (tower, "post_ln.weight"),
            Field::MlpWidth(tower) => (tower, "blk.0.ffn_down.weight"),
            Field::Layers(tower) => (tower, "blk.0.ln1.weight"),
            Field::LayerNormEps(tower) | Field::Activation(tower) => (tower, "blk.0"),
            Field::PatchSize | Field::Channels => (Tower::Vision, "patch_embd.weight"),
            Field::StemChannels | Field::StageBlocks(_) => (Tower::Vision, "trunk"),
            Field::ImageSize => (Tower::Vision, "position_embd.weight"),
            Field::ContextLength => (Tower::Text, "position_embd.weight"),
            Field::VocabSize | Field::EosTokenId => (Tower::Text, "token_embd.weight"),
            Field::ProjectionDim => return "text_projection.weight".to_owned(),
            Field::PoolingHeads => return POOLING_QUERY.to_owned(),
        };
        format!("{}.{part}", letter(tower))
    }

    fn integer(&self, field: Field) -> Result<u64> {
        let found = self.read(field).ok_or_else(|| -> Error {
            self.error(field, "is missing, or has another shape than in OpenAI's archives")
        })?;
        Ok(found as u64)
    }

    fn float(&self, _: Field) -> Result<f64> {
        Ok(1e-5)
    }

    fn activation(&self, _: Tower) -> Result<String> {
        let is_openai = self.family()? == ModelFamily::Clip;
        Ok(if is_openai { "quick_gelu" } else { "gelu" }.to_owned())
    }
}

fn letter(tower: Tower) -> &'static str {
    match tower {
        Tower::Vision => "v",
        Tower::Text => "t",
    }
}
