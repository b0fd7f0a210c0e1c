//! The text tower: token ids to embeddings.

use bytes::Bytes;
use candle_core::{Device, Tensor};

use super::block::Encoder;
use super::linear::{Linear, load_floats, load_norm, outlier_channels};
use super::prompt_rows::PromptRows;
use super::workspace::{Workspace, Workspaces};
use crate::error::{Error, Result};
use crate::kernels::layer_norm::LayerNorm;
use crate::kernels::matmul::{Epilogue, Rows};
use crate::kernels::threads;
use crate::weights::{self, ClipConfig, ModelFamily, Tensors};

/// A transformer that is read at one token of each prompt; who sees whom, the rows of a pass say.
#[derive(Debug)]
pub struct TextTower {
    width: usize,
    /// `[vocab_size, width]`, as stored: only the rows of a prompt's tokens are unpacked.
    token_embedding: weights::Tensor,
    /// `[context_length, width]`
    positions: Vec<f32>,
    pub(super) encoder: Encoder,
    norm_after: LayerNorm,
    /// `[projection_dim, width]`
    projection: Linear,
    workspaces: Workspaces,
}

impl TextTower {
    /// Takes the tower's tensors.
    ///
    /// # Errors
    /// As [`Tensors::take`], `NonFiniteWeight`, and `Config` for a width the kernels cannot run.
    pub fn load(tensors: &mut Tensors, config: &ClipConfig) -> Result<Self> {
        let (tower, width) = (&config.text, config.text.width);
        let mut token_embedding = tensors.take("t.token_embd.weight", &[config.vocab_size, width])?;
        token_embedding.check_finite()?;
        if !token_embedding.data.is_unique() {
            // A copy, so that the rest of the file need not stay in memory.
            token_embedding.data = Bytes::copy_from_slice(&token_embedding.data);
        }
        let norm_after = load_norm(tensors, "t.post_ln", &config.text)?;
        let outliers = outlier_channels(tensors, "t.post_ln", &norm_after)?;
        let load = match config.family {
            ModelFamily::Clip
            | ModelFamily::MobileClip
            | ModelFamily::EfficientNetClip
            | ModelFamily::PerceptionEncoder => Linear::load_projection,
            ModelFamily::Siglip => Linear::load,
        };
        let projection = load(tensors, "text_projection", config.projection_dim, width, &outliers)?;
        Ok(Self {
            width,
            token_embedding,
            positions: load_floats(tensors, "t.position_embd.weight", &[config.context_length, width])?,
            encoder: Encoder::load(tensors, "t", tower)?.with_digits(config.prompt_digits()),
            projection,
            norm_after,
            workspaces: Workspaces::default(),
        })
    }

    /// The embeddings `[prompts, projection_dim]` of the prompts of these rows, as projected, not normalised.
    ///
    /// # Errors
    /// `TokenId` for an id beyond the table, `LongPrompt` for a prompt over the context length.
    pub fn forward(&self, rows: &PromptRows) -> Result<Tensor> {
        let (ends, columns) = (rows.ends.queries().len(), self.projection.columns());
        let mut embeddings = vec![0.0; ends * columns];
        threads::inside(|| self.workspaces.with(|workspace| self.pass(rows, workspace, &mut embeddings)))?;
        let unique = Tensor::from_vec(embeddings, (ends, columns), &Device::Cpu)?;
        let count = rows.indices.len();
        Ok(unique.index_select(&Tensor::from_slice(&rows.indices, count, &Device::Cpu)?, 0)?)
    }

    /// Takes the rows to the embeddings `[ends, projection_dim]` of those that are read.
    fn pass(&self, rows: &PromptRows, workspace: &mut Workspace, embeddings: &mut [f32]) -> Result<()> {
        let mut x = std::mem::take(&mut workspace.x);
        x.resize(rows.tokens.len() * self.width, 0.0);
        self.embed(&rows.tokens, &mut x)?;
        self.encoder.forward(&mut x, &rows.all, &rows.ends, workspace)?;
        let read = Rows::Normalised(&self.norm_after, &x);
        self.projection.forward(read, &mut workspace.codes, Epilogue::default(), embeddings)?;
        workspace.x = x;
        Ok(())
    }

    /// Token plus position for each row, into `x` `[rows, width]`.
    fn embed(&self, tokens: &[(u32, usize)], x: &mut [f32]) -> Result<()> {
        let vocab_size = self.token_embedding.rows();
        let context_length = self.positions.len() / self.width;
        for (row, &(token, position)) in x.chunks_exact_mut(self.width).zip(tokens) {
            if token as usize >= vocab_size {
                return Err(Error::TokenId { id: token, vocab_size });
            }
            if position >= context_length {
                return Err(Error::LongPrompt { tokens: position + 1, context_length });
            }
            self.token_embedding.rows_f32(token as usize, row);
            let position = &self.positions[position * self.width..][..self.width];
            row.iter_mut().zip(position).for_each(|(value, position)| *value += position);
        }
        Ok(())
    }

    /// Bytes of memory the weights take.
    pub fn bytes(&self) -> usize {
        let floats = self.positions.len() * 4;
        self.token_embedding.data.len() + self.encoder.bytes() + self.projection.bytes() + floats
    }
}
