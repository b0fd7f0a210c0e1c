//! The MLP of a block and of a pooling head: norm, two layers, residual.

use super::linear::{Linear, load_norm, outlier_channels};
use super::workspace::sized;
use crate::error::Result;
use crate::kernels::activation::Activation;
use crate::kernels::layer_norm::LayerNorm;
use crate::kernels::matmul::{Activations, Epilogue, Output, Rows};
use crate::weights::{Tensors, TowerConfig};

/// An MLP: layer norm, two linear layers with an activation between them, and the residual.
#[derive(Debug)]
pub struct Mlp {
    pub(super) norm: LayerNorm,
    /// `[mlp_width, width]`
    pub(super) expand: Linear,
    pub(super) activation: Activation,
    /// `[width, mlp_width]`
    pub(super) contract: Linear,
}

impl Mlp {
    /// The MLP whose tensors begin with `prefix`, as in `v.blk.3`.
    ///
    /// # Errors
    /// As [`Linear::load`].
    pub fn load(tensors: &mut Tensors, prefix: &str, config: &TowerConfig) -> Result<Self> {
        let (width, mlp_width) = (config.width, config.mlp_width);
        let name = format!("{prefix}.ln2");
        let norm = load_norm(tensors, &name, config)?;
        let outliers = outlier_channels(tensors, &name, &norm)?;
        // clip.cpp's converter calls the first layer "down" and the second "up".
        let (first, second) = (format!("{prefix}.ffn_down"), format!("{prefix}.ffn_up"));
        Ok(Self {
            expand: Linear::load(tensors, &first, mlp_width, width, &outliers)?,
            norm,
            activation: config.activation,
            contract: Linear::load(tensors, &second, width, mlp_width, &[])?,
        })
    }

    /// Takes `x` `[rows, width]` through; the others are a workspace's.
    ///
    /// # Errors
    /// As [`Linear::forward`].
    pub fn forward(
        &self,
        x: &mut [f32],
        hidden: &mut Vec<f32>,
        codes: &mut Activations,
        next_codes: &mut Activations,
    ) -> Result<()> {
        let (expand, contract) = (&self.expand, &self.contract);
        let input = Rows::Normalised(&self.norm, x);
        let activate = Epilogue { activation: Some(self.activation), ..Epilogue::default() };
        let residual = Epilogue { add_to_output: true, ..Epilogue::default() };
        if let (Some(first), Some(second)) = (expand.packed(), contract.packed()) {
            codes.quantize(input, expand.in_features(), first.outliers());
            first.multiply_into(codes, Epilogue { bias: expand.bias(), ..activate }, next_codes);
            let output = Output { values: x, stride: contract.columns(), first: 0 };
            second.multiply(next_codes, Epilogue { bias: contract.bias(), ..residual }, output);
            return Ok(());
        }
        let hidden = sized(hidden, x.len() / expand.in_features() * expand.columns());
        expand.forward(input, codes, activate, hidden)?;
        contract.forward(Rows::Plain(hidden), codes, residual, x)
    }

    /// Whether all weights are packed: see [`Linear::is_packed`].
    pub fn is_packed(&self) -> bool {
        self.expand.is_packed() && self.contract.is_packed()
    }

    /// Bytes of memory the weights take.
    pub fn bytes(&self) -> usize {
        self.expand.bytes() + self.contract.bytes()
    }
}
