//! The architecture of weights that come without a config, as OpenAI's own archives do: their shapes say it, as they
//! do in `build_model` of OpenAI's `clip/model.py`. Heads are 64 wide and the activation is `quick_gelu` in all of
//! them. Perception Encoder's own files, which have a pooling head, come without a config too: those with a class
//! token (T, S, B and L) have heads as wide, and the exact GELU (`core/vision_encoder/config.py`). So have TinyCLIP's
//! checkpoints (`src/open_clip/model_configs` of wkcn/TinyCLIP at ad981bf), whose names are in modules of training.

use crate::error::{Error, Result};
use crate::weights::config::{ClipConfig, ConfigSource, EndToken, Field, ModelFamily, Tower};
use crate::weights::container::tensor::Tensor;
use crate::weights::instead;

const HEAD_WIDTH: usize = 64;
/// Heads of Perception Encoder's pooling attention, in all sizes.
const POOLING_HEADS: usize = 8;
/// What only Perception Encoder's weights have.
const POOLING_QUERY: &str = "v.head.probe";

/// Whose weights without a config these are, which their names tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::weights) enum Publisher {
    /// OpenAI or, with a pooling head, Meta.
    OpenAi,
    /// TinyCLIP or another training with OpenCLIP's code, whose default activation is the exact GELU.
    TinyClip,
}

/// The config of these tensors, which have their canonical names.
///
/// # Errors
/// `Config` naming a tensor that is missing or has another shape than OpenAI's; `UnsupportedArchitecture` for a ResNet, and
/// for transformers that are pruned, or being pruned, block by block.
pub(in crate::weights) fn config(tensors: &[Tensor], publisher: Publisher) -> Result<ClipConfig> {
    let shapes = Shapes { tensors, publisher };
    shapes.refuse_resnets()?;
    shapes.refuse_masks()?;
    shapes.refuse_apples()?;
    [Tower::Vision, Tower::Text].into_iter().try_for_each(|tower| shapes.refuse_pruned_blocks(tower))?;
    ClipConfig::read(&shapes)
}

struct Shapes<'a> {
    tensors: &'a [Tensor],
    publisher: Publisher,
}

impl Shapes<'_> {
    fn refuse_resnets(&self) -> Result<()> {
        let instead = match self.publisher {
            Publisher::OpenAi => instead::PHOTOGRAPHS,
            Publisher::TinyClip => instead::TINY,
        };
        self.refuse(|name| name.contains("visual.layer1."), "a ResNet", "a vision transformer", instead)
    }

    /// While TinyCLIP prunes a model, masks that are learned beside its weights switch parts of it off.
    fn refuse_masks(&self) -> Result<()> {
        self.refuse(
            |name| name.contains("l0_module."),
            "a TinyCLIP that is still being pruned",
            "weights without masks: they are not applied here",
            instead::TINY,
        )
    }

    /// The archives of Apple's first MobileCLIPs have names of their own.
    fn refuse_apples(&self) -> Result<()> {
        self.refuse(
            |name| name == "text_encoder.embedding_layer.weight",
            "a MobileCLIP in Apple's own form",
            "OpenCLIP's form, which repositories have of all but S0",
            instead::MOBILE,
        )
    }

    /// The error about models of a kind that one of their tensors tells.
    fn refuse(
        &self,
        tells: impl Fn(&str) -> bool,
        kind: &str,
        expected: &'static str,
        instead: &'static str,
    ) -> Result<()> {
        match self.tensors.iter().find(|tensor| tells(&tensor.name)) {
            None => Ok(()),
            Some(Tensor { name, .. }) => Err(Error::UnsupportedArchitecture {
                found: format!("{kind} (tensor {name})"),
                expected,
                instead,
            }),
        }
    }

    /// TinyCLIP's "auto" models have lost other heads and channels in each block, and some blocks all of them.
    fn refuse_pruned_blocks(&self, tower: Tower) -> Result<()> {
        let prefix = format!("{}.blk.", letter(tower));
        let Some(width) = self.axis(Field::Width(tower), 0) else { return Ok(()) };
        let blocks = self
            .tensors
            .iter()
            .filter_map(|tensor| tensor.name.strip_prefix(&prefix)?.split_once('.')?.0.parse::<u16>().ok());
        for block in 0..blocks.max().map_or(0, |last| last + 1) {
            for (part, expected) in [
                ("attn_q", Some(&[width, width][..])),
                ("ffn_down", self.shape(&format!("{prefix}0.ffn_down.weight"))),
            ] {
                let name = format!("{prefix}{block}.{part}.weight");
                let shape = self.shape(&name);
                if shape == expected {
                    continue;
                }
                let found = match (shape, expected) {
                    (Some(shape), Some(expected)) => format!("shape {shape:?}, not {expected:?}"),
                    (Some(shape), None) => format!("shape {shape:?}, and the first block has none"),
                    (None, _) => "been left out".to_owned(),
                };
                return Err(Error::UnsupportedArchitecture {
                    found: format!("a transformer with blocks of different sizes ({name} has {found})"),
                    expected: "blocks of one size: TinyCLIP's \"auto\" models, pruned block by block, are not implemented",
                    instead: instead::TINY,
                });
            }
        }
        Ok(())
    }

    fn shape(&self, name: &str) -> Option<&[usize]> {
        let tensor = self.tensors.iter().find(|tensor| tensor.name == name);
        tensor.map(|tensor| tensor.shape.as_slice())
    }

    /// An axis of the tensor that a field is read off.
    fn axis(&self, field: Field, axis: usize) -> Option<usize> {
        self.shape(&self.key(field))?.get(axis).copied()
    }

    /// Blocks that follow each other from the first on.
    fn layers(&self, tower: Tower) -> usize {
        let has = |block: &usize| self.shape(&format!("{}.blk.{block}.ln1.weight", letter(tower))).is_some();
        (0..self.tensors.len()).take_while(has).count()
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
            Field::StemChannels | Field::StageBlocks(_) | Field::StageChannels(_) => (Tower::Vision, "trunk"),
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
        let is_openai = self.family()? == ModelFamily::Clip && self.publisher == Publisher::OpenAi;
        Ok(if is_openai { "quick_gelu" } else { "gelu" }.to_owned())
    }
}

fn letter(tower: Tower) -> &'static str {
    match tower {
        Tower::Vision => "v",
        Tower::Text => "t",
    }
}
