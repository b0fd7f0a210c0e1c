//! The transformer block that both towers are made of.

use super::linear::{Linear, check_width, load_norm, outlier_channels};
use super::mlp::Mlp;
use super::workspace::{Workspace, sized};
use crate::error::Result;
use crate::kernels::attention::{AttentionMask, attend};
use crate::kernels::layer_norm::LayerNorm;
use crate::kernels::matmul::{Digits, Epilogue, Rows};
use crate::kernels::rotary::Rotary;
use crate::weights::{Tensors, TowerConfig};

/// Pre-norm attention and MLP, each with its residual.
#[derive(Debug)]
pub struct Block {
    heads: usize,
    attention_norm: LayerNorm,
    /// `[3 * width, width]`
    qkv: Linear,
    /// `[width, width]`
    out: Linear,
    mlp: Mlp,
}

impl Block {
    /// The block whose tensors begin with `prefix`, as in `v.blk.3`.
    fn load(tensors: &mut Tensors, prefix: &str, config: &TowerConfig) -> Result<Self> {
        let width = config.width;
        let name = |part: &str| format!("{prefix}.{part}");
        let qkv = ["attn_q", "attn_k", "attn_v"].map(name);
        let attention_norm = load_norm(tensors, &name("ln1"), config)?;
        let outliers = outlier_channels(tensors, &name("ln1"), &attention_norm)?;
        Ok(Self {
            heads: config.heads,
            qkv: Linear::load_joined(tensors, &qkv, width, width, &outliers)?,
            attention_norm,
            out: Linear::load(tensors, &name("attn_out"), width, width, &[])?,
            mlp: Mlp::load(tensors, prefix, config)?,
        })
    }

    /// The block whose attention and hidden layer are quantized to these digits. What the norm before the MLP gives is not
    /// worth a second one: hardly any of the error is its.
    fn with_digits(self, digits: Digits) -> Self {
        Self {
            qkv: self.qkv.with_digits(digits),
            out: self.out.with_digits(digits),
            mlp: self.mlp.with_digits(digits),
            ..self
        }
    }

    /// Takes `x` `[rows, width]` through the block. The rows that are left are `mask`'s queries.
    fn forward(
        &self,
        x: &mut Vec<f32>,
        mask: &AttentionMask,
        rotary: Option<&Rotary>,
        workspace: &mut Workspace,
    ) -> Result<()> {
        let width = self.out.columns();
        let Workspace { qkv, attended, hidden, codes, next_codes, .. } = workspace;
        let rows = x.len() / width;
        let residual = Epilogue { add_to_output: true, ..Epilogue::default() };

        let qkv = sized(qkv, 3 * x.len());
        self.qkv.forward(Rows::Normalised(&self.attention_norm, x), codes, Epilogue::default(), qkv)?;
        if let Some(rotary) = rotary {
            rotary.apply(qkv, width);
        }
        let queries = mask.queries();
        let attended = sized(attended, queries.len() * width);
        attend(qkv, self.heads, width, mask, attended);
        if queries.len() < rows {
            keep_rows(x, queries, width);
        }
        self.out.forward(Rows::Plain(attended), codes, residual, x)?;
        self.mlp.forward(x, hidden, codes, next_codes)
    }

    fn is_packed(&self) -> bool {
        self.qkv.is_packed() && self.out.is_packed() && self.mlp.is_packed()
    }

    fn bytes(&self) -> usize {
        self.qkv.bytes() + self.out.bytes() + self.mlp.bytes()
    }
}

/// Moves the rows `kept`, which ascend, to the front and drops the others.
fn keep_rows(x: &mut Vec<f32>, kept: &[u32], width: usize) {
    for (target, row) in kept.iter().enumerate() {
        let start = *row as usize * width;
        x.copy_within(start..start + width, target * width);
    }
    x.truncate(kept.len() * width);
}

/// The blocks of a tower.
#[derive(Debug)]
pub struct Encoder {
    blocks: Vec<Block>,
    /// Turns queries and keys by the places of their rows, where the tower has such positions.
    rotary: Option<Rotary>,
}

impl Encoder {
    /// The blocks `{tower}.blk.0` and on.
    ///
    /// # Errors
    /// As [`Tensors::take`], `NonFiniteWeight`, and `Config` for a width the kernels cannot run.
    pub fn load(tensors: &mut Tensors, tower: &str, config: &TowerConfig) -> Result<Self> {
        check_width("hidden_size", config.width, config.heads)?;
        check_width("intermediate_size", config.mlp_width, 1)?;
        let block = |layer: usize| Block::load(tensors, &format!("{tower}.blk.{layer}"), config);
        Ok(Self { blocks: (0..config.layers).map(block).collect::<Result<_>>()?, rotary: None })
    }

    /// The blocks with queries and keys that are turned by their places.
    pub fn with_rotary(self, rotary: Option<Rotary>) -> Self {
        Self { rotary, ..self }
    }

    /// The blocks with inputs of their attention, and hidden layers, of these digits.
    pub fn with_digits(self, digits: Digits) -> Self {
        let blocks = self.blocks.into_iter().map(|block| block.with_digits(digits)).collect();
        Self { blocks, ..self }
    }

    /// Takes `x` `[rows, width]` through all blocks. `mask` has every row as a query; `last`, for the
    /// last block, only those whose output somebody needs, in ascending order: they are what is left.
    ///
    /// # Errors
    /// As [`Linear::forward`].
    pub fn forward(
        &self,
        x: &mut Vec<f32>,
        mask: &AttentionMask,
        last: &AttentionMask,
        workspace: &mut Workspace,
    ) -> Result<()> {
        for (layer, block) in self.blocks.iter().enumerate() {
            let mask = if layer + 1 == self.blocks.len() { last } else { mask };
            block.forward(x, mask, self.rotary.as_ref(), workspace)?;
        }
        Ok(())
    }

    /// Whether all weights are packed: see [`Linear::is_packed`].
    pub fn is_packed(&self) -> bool {
        self.blocks.iter().all(Block::is_packed)
    }

    /// Bytes of memory the weights take.
    pub fn bytes(&self) -> usize {
        self.blocks.iter().map(Block::bytes).sum()
    }
}

#[cfg(test)]
mod tests;
