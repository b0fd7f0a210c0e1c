//! What a FastViT's blocks have beside plain convolutions: attention, and an MLP that sees neighbours.

use super::{LARGE, Map};
use crate::error::Result;
use crate::kernels::attention::{AttentionMask, attend};
use crate::kernels::convolution::{add_channels, scale_channels};
use crate::kernels::matmul::{BLOCK, Digits, Epilogue, Rows};
use crate::model::convolutional::fold::{BatchNorm, EPSILON, Folded, part_of};
use crate::model::convolutional::layers::Convolution;
use crate::model::linear::{Linear, load_floats, outlier_channels};
use crate::model::mlp::{Source, TwoLayers};
use crate::model::workspace::{Workspace, sized};
use crate::weights::{Activation, Tensors};

/// How many times as wide the MLP's hidden layer is.
const EXPANSION: usize = 3;

/// Attention over all pixels, after a batch norm.
#[derive(Debug)]
pub struct Attention {
    heads: usize,
    /// What the norm multiplies each channel with, and what it adds then.
    scale: Vec<f32>,
    shift: Vec<f32>,
    /// `[3 * channels, channels]`
    qkv: Linear,
    /// `[channels, channels]`, the residual's scale within.
    out: Linear,
}

impl Attention {
    /// The attention of the block `name`, in `heads` heads.
    ///
    /// # Errors
    /// As [`Tensors::take`], `NonFiniteWeight`, and `Config` for more channels than a norm lists.
    #[inline(never)]
    pub fn load(tensors: &mut Tensors, name: &str, channels: usize, heads: usize) -> Result<Self> {
        let norm_name = part_of(name, "norm");
        let norm = BatchNorm::load(tensors, &norm_name, channels, EPSILON)?;
        let outliers = outlier_channels(tensors, &norm_name, norm.norm())?;
        let (scale, shift) = norm.affine();
        let mixer = part_of(name, "token_mixer");
        let factors = layer_scale(tensors, &part_of(name, "layer_scale_1"), channels)?;
        let qkv =
            Linear::load_projection(tensors, &part_of(&mixer, "qkv"), 3 * channels, channels, &outliers)?;
        let out = Linear::load(tensors, &part_of(&mixer, "proj"), channels, channels, &[])?;
        Ok(Self { heads, scale, shift, qkv, out: out.scaled(&factors)? })
    }

    /// Takes a map through; every pixel sees those of `all`.
    ///
    /// # Errors
    /// As [`Linear::forward`].
    pub fn forward(&self, map: &mut Map, all: &AttentionMask, workspace: &mut Workspace) -> Result<()> {
        let Workspace { input, qkv, attended, codes, .. } = workspace;
        let normal = sized(input, map.values.len());
        normal.copy_from_slice(&map.values);
        scale_channels(normal, &self.scale);
        add_channels(normal, &self.shift);
        let qkv = sized(qkv, 3 * map.values.len());
        self.qkv.forward(Rows::Plain(normal), codes, Epilogue::default(), qkv)?;
        let attended = sized(attended, map.values.len());
        attend(qkv, self.heads, map.channels, all, attended);
        let residual = Epilogue { add_to_output: true, ..Epilogue::default() };
        self.out.forward(Rows::Plain(attended), codes, residual, &mut map.values)
    }
}

/// An MLP that sees each pixel's neighbourhood: a depthwise convolution, then two layers, and the residual.
#[derive(Debug)]
pub struct ConvolutionMlp {
    convolution: Convolution,
    expand: Linear,
    activation: Activation,
    /// The residual's scale within.
    contract: Linear,
}

impl ConvolutionMlp {
    /// The MLP of the block `name`, whose residual is scaled by the tensor `scale`.
    ///
    /// # Errors
    /// As [`Tensors::take`], `NonFiniteWeight`, and `Config` for more channels than a norm lists.
    #[inline(never)]
    pub fn load(
        tensors: &mut Tensors,
        name: &str,
        channels: usize,
        scale: &str,
        activation: Activation,
    ) -> Result<Self> {
        let scale = layer_scale(tensors, &part_of(name, scale), channels)?;
        let name = part_of(name, "mlp");
        let hidden = EXPANSION * channels;
        let mut folded = Folded::nothing(channels, 1, LARGE);
        let norm = folded.add_convolution(tensors, &part_of(&name, "conv"), LARGE)?;
        let outliers = outlier_channels(tensors, &part_of(&name, "conv.bn"), norm.norm())?;
        let contract = Linear::load(tensors, &part_of(&name, "fc2"), channels, hidden, &[])?;
        let expand = Linear::load(tensors, &part_of(&name, "fc1"), hidden, channels, &outliers)?;
        let [expand, contract] = [expand, contract.scaled(&scale)?];
        // The 80 channels of S2's first stage fill no blocks, and are few.
        let [expand, contract] = if channels.is_multiple_of(BLOCK) {
            [expand, contract]
        } else {
            [expand.in_lanes()?, contract.in_lanes()?]
        };
        Ok(Self {
            convolution: Convolution::new(folded, &name, channels, LARGE, 1)?,
            expand,
            activation,
            contract,
        })
    }

    /// The MLP both of whose layers have inputs of these digits, if their weights are packed.
    pub fn with_digits(self, digits: Digits) -> Self {
        let [expand, contract] = [self.expand, self.contract].map(|layer| layer.with_digits(digits));
        Self { expand, contract, ..self }
    }

    /// Takes a map through.
    ///
    /// # Errors
    /// As [`Linear::forward`].
    pub fn forward(&self, map: &mut Map, workspace: &mut Workspace) -> Result<()> {
        let Workspace { input, hidden, planes, codes, next_codes, .. } = workspace;
        let (_, mixed) = self.convolution.apply(&map.values, map.side, planes, input);
        let source = Source::Rows(mixed);
        let layers =
            TwoLayers { expand: &self.expand, activation: self.activation, contract: &self.contract };
        layers.add(source, &mut map.values, hidden, codes, next_codes)
    }
}

/// The learned factor of each channel of a residual.
///
/// # Errors
/// As [`Tensors::take`], and `NonFiniteWeight`.
#[inline(never)]
pub fn layer_scale(tensors: &mut Tensors, name: &str, channels: usize) -> Result<Vec<f32>> {
    load_floats(tensors, &part_of(name, "gamma"), &[channels, 1, 1])
}

#[cfg(test)]
mod tests;
