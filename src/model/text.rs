//! The text tower: token ids to embeddings.

use bytes::Bytes;
use candle_core::{Device, Tensor};

use super::block::{Encoder, load_norm};
use super::linear::{Linear, load_floats};
use super::prompt_tree::PromptTree;
use super::workspace::{Workspace, Workspaces};
use crate::error::{Error, Result};
use crate::kernels::layer_norm::LayerNorm;
use crate::kernels::matmul::{Epilogue, Rows};
use crate::kernels::threads;
use crate::weights::{self, ClipConfig, Tensors};

/// A causal transformer (Radford et al., 2019) that is read at the end token.
#[derive(Debug)]
pub struct TextTower {
    width: usize,
    /// `[vocab_size, width]`, as stored: only the rows of a prompt's tokens are unpacked.
    token_embedding: weights::Tensor,
    /// `[context_length, width]`
    positions: Vec<f32>,
    encoder: Encoder,
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
        let wide = norm_after.wide_channels();
        let projection =
            Linear::load_projection(tensors, "text_projection", config.projection_dim, width, &wide)?;
        Ok(Self {
            width,
            token_embedding,
            positions: load_floats(tensors, "t.position_embd.weight", &[config.context_length, width])?,
            encoder: Encoder::load(tensors, "t", tower)?,
            projection,
            norm_after,
            workspaces: Workspaces::default(),
        })
    }

    /// The embeddings `[prompts, projection_dim]` of a tree's prompts, as projected, not normalised.
    ///
    /// # Errors
    /// `TokenId` for an id beyond the table, `LongPrompt` for a prompt over the context length.
    pub fn forward(&self, tree: &PromptTree) -> Result<Tensor> {
        let unique_ends = tree.unique_ends();
        let columns = self.projection.columns();
        let mut embeddings = vec![0.0; unique_ends.len() * columns];
        threads::inside(|| {
            self.workspaces.with(|workspace| self.pass(tree, &unique_ends, workspace, &mut embeddings))
        })?;
        let unique = Tensor::from_vec(embeddings, (unique_ends.len(), columns), &Device::Cpu)?;
        let indices = tree.end_indices(&unique_ends);
        let count = indices.len();
        Ok(unique.index_select(&Tensor::from_vec(indices, count, &Device::Cpu)?, 0)?)
    }

    /// Takes a tree to the embeddings `[ends, projection_dim]` of its ends.
    fn pass(
        &self,
        tree: &PromptTree,
        ends: &[u32],
        workspace: &mut Workspace,
        embeddings: &mut [f32],
    ) -> Result<()> {
        let mut x = std::mem::take(&mut workspace.x);
        x.resize(tree.len() * self.width, 0.0);
        self.embed(tree, &mut x)?;
        let (all, ends) = (tree.reach(0..tree.len() as u32), tree.reach(ends.iter().copied()));
        self.encoder.forward(&mut x, &all, &ends, workspace)?;
        let read = Rows::Normalised(&self.norm_after, &x);
        self.projection.forward(read, &mut workspace.codes, Epilogue::default(), embeddings)?;
        workspace.x = x;
        Ok(())
    }

    /// Token plus position for each node, into `x` `[nodes, width]`.
    fn embed(&self, tree: &PromptTree, x: &mut [f32]) -> Result<()> {
        let vocab_size = self.token_embedding.rows();
        let context_length = self.positions.len() / self.width;
        for (row, (token, position)) in x.chunks_exact_mut(self.width).zip(tree.nodes()) {
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
