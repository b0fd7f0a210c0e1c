//! CLIP (Radford et al., 2021), SigLIP (Zhai et al., 2023), MobileCLIP (Vasu et al., 2024) and Perception Encoder
//! (Bolya et al., 2025): two towers into one space, and what their cosines are scaled with.

use candle_core::Tensor;

use super::image_tower::ImageTower;
use super::prompt_rows::PromptRows;
use super::prompt_tree::PromptTree;
use super::text::TextTower;
use crate::error::{Error, Result};
use crate::kernels::exp::exp_scalar;
use crate::weights::{ClipConfig, ModelFamily, Tensors};

/// Rows of prompts that share nothing and go through the text tower at once: some 512 keep the products busy, more
/// would only take more memory.
const WHOLE_ROWS_PER_PASS: usize = 512;
/// Rows that go through the text tower at once where prompts share prefixes: 64 of CLIP's prompts of full length.
const SHARED_ROWS_PER_PASS: usize = 64 * 77;

/// A loaded CLIP or SigLIP model: both towers, and the scale and bias of its logits.
#[derive(Debug)]
pub struct Clip {
    pub config: ClipConfig,
    pub vision: ImageTower,
    pub text: TextTower,
    /// What cosines are multiplied with: the exponential of the stored weight.
    pub logit_scale: f32,
    /// What SigLIP adds to them then.
    pub logit_bias: Option<f32>,
}

impl Clip {
    /// Builds the model. Every tensor is used exactly once.
    ///
    /// # Errors
    /// `MissingTensor`, `TensorShape`, `UnknownTensors`, `NonFiniteWeight`, and `Config` for a width the
    /// kernels cannot run; `UnsupportedArchitecture` for a family that this build is without.
    pub fn load(config: ClipConfig, mut tensors: Tensors) -> Result<Self> {
        let vision = ImageTower::load(&mut tensors, &config)?;
        let text = TextTower::load(&mut tensors, &config)?;
        let logit_scale = tensors.take("logit_scale", &[1])?.to_f32()?[0];
        let logit_bias = match config.family {
            ModelFamily::Siglip => Some(tensors.take("logit_bias", &[1])?.to_f32()?[0]),
            _ => None,
        };
        tensors.finish()?;
        Ok(Self { config, vision, text, logit_scale: exp_scalar(logit_scale), logit_bias })
    }

    /// The embeddings `[images, projection_dim]` of pixels `[images, 3, image_size, image_size]`.
    ///
    /// # Errors
    /// `NonFiniteEmbedding`, and as [`ImageTower::forward`].
    pub fn embed_images(&self, pixels: &Tensor) -> Result<Vec<Vec<f32>>> {
        self.embed_each_image(pixels)?.into_iter().collect()
    }

    /// [`Self::embed_images`], with an error for each picture that has no embedding.
    ///
    /// # Errors
    /// As [`ImageTower::forward`]; of each picture, `NonFiniteEmbedding`.
    pub fn embed_each_image(&self, pixels: &Tensor) -> Result<Vec<Result<Vec<f32>>>> {
        let rows = self.vision.forward(pixels)?.to_vec2::<f32>()?;
        Ok(rows.into_iter().map(|row| finite(row, "vision")).collect())
    }

    /// The embeddings `[patches, projection_dim]` of the patches of one image `[1, 3, image_size, image_size]`.
    ///
    /// # Errors
    /// `NonFiniteEmbedding`, and as [`ImageTower::embed_patches`].
    pub fn embed_patches(&self, pixels: &Tensor) -> Result<Vec<Vec<f32>>> {
        finite_rows(self.vision.embed_patches(pixels)?, "vision")
    }

    /// The embeddings `[prompts, projection_dim]` of token ids.
    ///
    /// # Errors
    /// `NonFiniteEmbedding`, and as [`TextTower::forward`].
    pub fn embed_prompts(&self, prompts: &[Vec<u32>]) -> Result<Vec<Vec<f32>>> {
        if prompts.is_empty() {
            return Ok(Vec::new());
        }
        if prompts.iter().any(Vec::is_empty) {
            return Err(Error::Tokenizer { reason: "a text gave no tokens at all".to_owned() });
        }
        let (is_causal, end) = (self.config.family.is_causal(), self.config.end_token);
        let rows_per_pass = if is_causal { SHARED_ROWS_PER_PASS } else { WHOLE_ROWS_PER_PASS };
        let mut embeddings = Vec::with_capacity(prompts.len());
        for prompts in prompts.chunks((rows_per_pass / self.config.context_length).max(1)) {
            let rows = if is_causal {
                PromptTree::new(prompts.iter().map(Vec::as_slice), end).rows()
            } else {
                PromptRows::of_whole_prompts(prompts, end)
            };
            embeddings.extend(finite_rows(self.text.forward(&rows)?, "text")?);
        }
        Ok(embeddings)
    }

    /// Bytes of memory the weights take.
    pub fn bytes(&self) -> usize {
        self.vision.bytes() + self.text.bytes()
    }
}

fn finite_rows(embeddings: Tensor, tower: &'static str) -> Result<Vec<Vec<f32>>> {
    embeddings.to_vec2::<f32>()?.into_iter().map(|row| finite(row, tower)).collect()
}

fn finite(embedding: Vec<f32>, tower: &'static str) -> Result<Vec<f32>> {
    if embedding.iter().all(|value| value.is_finite()) {
        return Ok(embedding);
    }
    Err(Error::NonFiniteEmbedding { tower })
}
