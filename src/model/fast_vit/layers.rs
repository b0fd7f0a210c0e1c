//! The layers that a FastViT is made of: convolutions folded out of their branches, and squeeze-and-excitation.

use super::fold::{Folded, part_of};
use super::map::Map;
use crate::error::Result;
use crate::kernels::activation::{self, Activation};
use crate::kernels::convolution::{Depthwise, Pointwise, mean_of_pixels, scale_channels};
use crate::kernels::exp::sigmoid_scalar;
use crate::kernels::lanes::dot;
use crate::model::linear::load_floats;
use crate::model::workspace::{Workspace, sized};
use crate::weights::Tensors;

/// A MobileOne block with a kernel of one pixel (Vasu et al., 2023), and its activation. No residual goes past these few
/// layers, so that in eight bits they alone would cost more than all others together; they are multiplied in f32.
#[derive(Debug)]
pub struct PointwiseBlock {
    convolution: Pointwise,
    activation: Activation,
}

impl PointwiseBlock {
    /// The block `name`, from as many channels to as many.
    ///
    /// # Errors
    /// As [`Tensors::take`], and `NonFiniteWeight`.
    #[inline(never)]
    pub fn load(tensors: &mut Tensors, name: &str, channels: usize, activation: Activation) -> Result<Self> {
        let mut folded = Folded::nothing(channels, channels, 1);
        folded.add_normed_input(tensors, &part_of(name, "identity"))?;
        folded.add_convolution(tensors, &part_of(name, "conv_kxk.0"), 1)?;
        let (weights, bias) = folded.finish(name)?;
        Ok(Self { convolution: Pointwise::new(&weights, &bias), activation })
    }

    /// Takes a map through.
    pub fn forward(&self, map: &mut Map, workspace: &mut Workspace) {
        let output = sized(&mut workspace.input, map.values.len());
        self.convolution.apply(&map.values, self.activation, output);
        map.replace(map.side, map.channels, &mut workspace.input);
    }
}

/// A depthwise convolution with what follows it: squeeze-and-excitation, and an activation.
#[derive(Debug)]
pub struct Convolution {
    pub convolution: Depthwise,
    pub excitation: Option<Excitation>,
    pub activation: Option<Activation>,
}

impl Convolution {
    /// A convolution of `inputs` channels, of the kernel that was folded for it.
    ///
    /// # Errors
    /// As [`Folded::finish`].
    #[inline(never)]
    pub fn new(folded: Folded, name: &str, inputs: usize, kernel: usize, stride: usize) -> Result<Self> {
        let (weights, bias) = folded.finish(name)?;
        let convolution = Depthwise::new(&weights, &bias, inputs, kernel, stride);
        Ok(Self { convolution, excitation: None, activation: None })
    }

    /// Takes a map through.
    pub fn forward(&self, map: &mut Map, workspace: &mut Workspace) {
        let side = self.apply(map, workspace);
        map.replace(side, self.convolution.outputs(), &mut workspace.input);
    }

    /// What the layer makes of a map, in the workspace's `input`; gives its side.
    #[inline(never)]
    pub fn apply(&self, map: &Map, workspace: &mut Workspace) -> usize {
        let (convolution, side) = (&self.convolution, self.convolution.side_of(map.side));
        let output = sized(&mut workspace.input, side * side * convolution.outputs());
        let now = self.activation.filter(|_| self.excitation.is_none());
        convolution.apply(&map.values, map.side, now, &mut workspace.planes, output);
        if let Some(excitation) = &self.excitation {
            excitation.apply(output);
            if let Some(activation) = self.activation {
                activation::apply(activation, output);
            }
        }
        side
    }
}

/// Squeeze-and-excitation (Hu et al., 2018): each channel is scaled by what two small layers make of all channels' means.
#[derive(Debug)]
pub struct Excitation {
    squeeze: SmallLayer,
    excite: SmallLayer,
}

impl Excitation {
    /// The layers `{name}.fc1` to `squeezed` channels and `{name}.fc2` back.
    ///
    /// # Errors
    /// As [`Tensors::take`], and `NonFiniteWeight`.
    #[inline(never)]
    pub fn load(tensors: &mut Tensors, name: &str, channels: usize, squeezed: usize) -> Result<Self> {
        Ok(Self {
            squeeze: SmallLayer::load(tensors, &part_of(name, "fc1"), squeezed, channels)?,
            excite: SmallLayer::load(tensors, &part_of(name, "fc2"), channels, squeezed)?,
        })
    }

    /// Scales a map `[pixels, channels]`.
    fn apply(&self, map: &mut [f32]) {
        let mut mean = vec![0.0; self.excite.bias.len()];
        mean_of_pixels(map, &mut mean);
        let squeezed: Vec<f32> = self.squeeze.outputs(&mean).map(|value| value.max(0.0)).collect();
        let factors: Vec<f32> = self.excite.outputs(&squeezed).map(sigmoid_scalar).collect();
        scale_channels(map, &factors);
    }
}

/// A linear layer of one row, in f32.
#[derive(Debug)]
struct SmallLayer {
    /// `[outputs, inputs]`
    weights: Vec<f32>,
    /// `[outputs]`
    bias: Vec<f32>,
}

impl SmallLayer {
    #[inline(never)]
    fn load(tensors: &mut Tensors, name: &str, outputs: usize, inputs: usize) -> Result<Self> {
        Ok(Self {
            weights: load_floats(tensors, &part_of(name, "weight"), &[outputs, inputs, 1, 1])?,
            bias: load_floats(tensors, &part_of(name, "bias"), &[outputs])?,
        })
    }

    fn outputs<'a>(&'a self, row: &'a [f32]) -> impl Iterator<Item = f32> + 'a {
        let rows = self.weights.chunks_exact(row.len()).zip(&self.bias);
        rows.map(|(weights, bias)| dot(weights, row) + bias)
    }
}
