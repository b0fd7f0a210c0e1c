//! SigLIP's pooling head: one learned query attends to all of a picture's tokens, and an MLP follows (Zhai et al.,
//! 2022, "Scaling Vision Transformers"; `SiglipMultiheadAttentionPoolingHead` of transformers).
//!
//! Because the query is always the same, the products with the key matrix need not be made for every token.
//! A head's score of a token `x` is `q (K x + b) = (q K) x + q b`: one vector a head, computed at load, and a
//! constant that softmax ignores. And what a head takes from the values is `V` times the weighted mean of the
//! tokens, so that `V` sees one row a head, not one a token.

use super::linear::{Linear, load_floats, load_norm, outlier_channels};
use super::mlp::Mlp;
use super::weight_matrix::load_exact;
use super::workspace::{Workspace, sized};
use crate::error::Result;
use crate::kernels::attention::pool;
use crate::kernels::lanes::dot;
use crate::kernels::layer_norm::LayerNorm;
use crate::kernels::matmul::{Epilogue, Rows};
use crate::weights::{Tensors, TowerConfig};

/// Attention pooling over a tower's last hidden states.
#[derive(Debug)]
pub struct AttentionPool {
    heads: usize,
    /// The layer norm of the tower's output, before the pooling.
    norm: LayerNorm,
    /// What gives each head's scores: the query times the key matrix over the root of the head's width.
    /// `[heads, width]`
    queries: Vec<f32>,
    /// `[width, width]`
    value: Linear,
    /// `[width, width]`
    out: Linear,
    mlp: Mlp,
}

impl AttentionPool {
    /// The head `v.head` of so many heads, and the norm `v.post_ln` before it.
    ///
    /// # Errors
    /// As [`Linear::load`].
    pub fn load(tensors: &mut Tensors, config: &TowerConfig, heads: usize) -> Result<Self> {
        let width = config.width;
        let norm = load_norm(tensors, "v.post_ln", config)?;
        let outliers = outlier_channels(tensors, "v.post_ln", &norm)?;
        let probe = load_floats(tensors, "v.head.probe", &[1, 1, width])?;
        let query = Affine::load(tensors, "v.head.attn_q", width, &[])?;
        let key = Affine::load(tensors, "v.head.attn_k", width, &outliers)?;
        Ok(Self {
            heads,
            norm,
            queries: folded(&query.apply(&probe), &key.weights, heads),
            value: Linear::load(tensors, "v.head.attn_v", width, width, &outliers)?,
            out: Linear::load(tensors, "v.head.attn_out", width, width, &[])?,
            mlp: Mlp::load(tensors, "v.head", config)?,
        })
    }

    /// Pools `x` `[pictures, tokens, width]` into `embeddings` `[pictures, width]`.
    ///
    /// # Errors
    /// As [`Linear::forward`].
    pub fn forward(
        &self,
        x: &[f32],
        tokens: usize,
        workspace: &mut Workspace,
        embeddings: &mut [f32],
    ) -> Result<()> {
        let (width, of_picture) = (self.columns(), self.queries.len());
        let pictures = embeddings.len() / width;
        let Workspace { input, qkv, attended, hidden, codes, next_codes, .. } = workspace;
        let normal = sized(input, x.len());
        self.norm.apply(x, normal);
        let pooled = sized(attended, pictures * of_picture);
        for (x, pooled) in normal.chunks_exact(tokens * width).zip(pooled.chunks_exact_mut(of_picture)) {
            pool(&self.queries, x, width, pooled);
        }

        let values = sized(qkv, pictures * of_picture);
        self.value.forward(Rows::Plain(pooled), codes, Epilogue::default(), values)?;
        let mixed = &mut pooled[..pictures * width];
        let head_width = width / self.heads;
        for (index, mixed) in mixed.chunks_exact_mut(head_width).enumerate() {
            // Of each head's row, its own columns.
            mixed.copy_from_slice(&values[index * width + index % self.heads * head_width..][..head_width]);
        }
        self.out.forward(Rows::Plain(mixed), codes, Epilogue::default(), embeddings)?;
        self.mlp.forward(embeddings, hidden, codes, next_codes)
    }

    /// Rows that the products of a picture have at most: one a head.
    pub fn rows_of_picture(&self) -> usize {
        self.heads
    }

    /// Whether all weights are packed: see [`Linear::is_packed`].
    pub fn is_packed(&self) -> bool {
        self.value.is_packed() && self.out.is_packed() && self.mlp.is_packed()
    }

    /// The norm before the pooling.
    pub fn norm(&self) -> &LayerNorm {
        &self.norm
    }

    /// The length of an embedding.
    pub fn columns(&self) -> usize {
        self.out.columns()
    }

    /// Bytes of memory the weights take.
    pub fn bytes(&self) -> usize {
        self.queries.len() * 4 + self.value.bytes() + self.out.bytes() + self.mlp.bytes()
    }
}

/// A square layer that is only needed at load, in f32.
struct Affine {
    /// `[width, width]`
    weights: Vec<f32>,
    /// `[width]`
    bias: Vec<f32>,
}

impl Affine {
    fn load(tensors: &mut Tensors, name: &str, width: usize, outliers: &[u32]) -> Result<Self> {
        let weights = load_exact(tensors, name, width, width, outliers)?;
        Ok(Self { weights, bias: load_floats(tensors, &format!("{name}.bias"), &[width])? })
    }

    fn apply(&self, x: &[f32]) -> Vec<f32> {
        let rows = self.weights.chunks_exact(x.len());
        rows.zip(&self.bias).map(|(row, bias)| dot(row, x) + bias).collect()
    }
}

/// Each head's part of `query` `[width]` times its rows of `key` `[width, width]`, over the root of the head's
/// width.
fn folded(query: &[f32], key: &[f32], heads: usize) -> Vec<f32> {
    let width = query.len();
    let head_width = width / heads;
    let scale = 1.0 / (head_width as f32).sqrt();
    let mut folded = vec![0.0; heads * width];
    for (head, sums) in folded.chunks_exact_mut(width).enumerate() {
        for row in head * head_width..(head + 1) * head_width {
            let weight = query[row] * scale;
            sums.iter_mut().zip(&key[row * width..]).for_each(|(sum, key)| *sum += weight * key);
        }
    }
    folded
}
