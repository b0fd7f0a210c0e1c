//! The MLP of a block and of a pooling head: norm, two layers, residual.

use super::linear::{Linear, load_norm, outlier_channels};
use super::workspace::sized;
use crate::error::Result;
use crate::kernels::activation::Activation;
use crate::kernels::layer_norm::LayerNorm;
use crate::kernels::matmul::{Activations, Digits, Epilogue, Output, Rows};
use crate::weights::{Tensors, TowerConfig};

/// What goes into an MLP whose result is added to some rows.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// The rows themselves, normalised.
    SameRows(&'a LayerNorm),
    /// Others, unchanged.
    Rows(&'a [f32]),
}

/// Two linear layers with an activation between them.
#[derive(Clone, Copy, Debug)]
pub struct TwoLayers<'a> {
    pub expand: &'a Linear,
    pub activation: Activation,
    pub contract: &'a Linear,
}

impl TwoLayers<'_> {
    /// Adds what the layers make of `source` to `x` `[rows, width]`; the buffers are a workspace's.
    ///
    /// # Errors
    /// As [`Linear::forward`].
    pub fn add(
        self,
        source: Source,
        x: &mut [f32],
        hidden: &mut Vec<f32>,
        codes: &mut Activations,
        next_codes: &mut Activations,
    ) -> Result<()> {
        let Self { expand, activation, contract } = self;
        let input = match source {
            Source::SameRows(norm) => Rows::Normalised(norm, x),
            Source::Rows(rows) => Rows::Plain(rows),
        };
        let activate = Epilogue { activation: Some(activation), ..Epilogue::default() };
        let residual = Epilogue { add_to_output: true, ..Epilogue::default() };
        if let (Some(first), Some(second)) = (expand.packed(), contract.packed()) {
            codes.quantize(input, expand.in_features(), first.outliers(), expand.digits());
            let activate = Epilogue { bias: expand.bias(), ..activate };
            first.multiply_into(codes, activate, next_codes, contract.digits());
            let output = Output { values: x, stride: contract.columns(), first: 0 };
            second.multiply(next_codes, Epilogue { bias: contract.bias(), ..residual }, output);
            return Ok(());
        }
        let hidden = sized(hidden, input.values().len() / expand.in_features() * expand.columns());
        expand.forward(input, codes, activate, hidden)?;
        contract.forward(Rows::Plain(hidden), codes, residual, x)
    }
}

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

    /// The MLP whose hidden layer is quantized to these digits.
    pub fn with_digits(self, digits: Digits) -> Self {
        Self { contract: self.contract.with_digits(digits), ..self }
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
        let layers =
            TwoLayers { expand: &self.expand, activation: self.activation, contract: &self.contract };
        layers.add(Source::SameRows(&self.norm), x, hidden, codes, next_codes)
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

#[cfg(test)]
mod tests;
