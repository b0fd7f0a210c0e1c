//! The layers that convolutional towers are made of: layers of each pixel, depthwise convolutions, and
//! squeeze-and-excitation.

use super::fold::{Folded, part_of};
use super::map::Map;
use crate::error::Result;
use crate::kernels::activation::{self, Activation};
use crate::kernels::convolution::{Depthwise, Pointwise, mean_of_pixels, scale_channels};
use crate::kernels::exp::sigmoid_scalar;
use crate::kernels::lanes::dot;
use crate::kernels::matmul::{Activations, Epilogue, Rows};
use crate::model::linear::{Linear, load_floats};
use crate::model::workspace::{Workspace, sized};
use crate::weights::Tensors;

/// A convolution by a kernel of one pixel, and its activation if it has one.
#[derive(Debug)]
pub struct PixelLayer {
    product: Product,
    activation: Option<Activation>,
}

#[derive(Debug)]
enum Product {
    Floats(Pointwise),
    EightBits(Linear),
}

impl PixelLayer {
    /// A layer in f32, of what was folded for it.
    ///
    /// # Errors
    /// As [`Folded::finish`].
    #[inline(never)]
    pub fn in_floats(folded: Folded, name: &str, activation: Option<Activation>) -> Result<Self> {
        let (weights, bias) = folded.finish(name)?;
        Ok(Self { product: Product::Floats(Pointwise::new(&weights, &bias)), activation })
    }

    /// A layer whose weights are packed.
    pub fn in_eight_bits(layer: Linear, activation: Option<Activation>) -> Self {
        Self { product: Product::EightBits(layer), activation }
    }

    /// Channels of the output.
    pub fn outputs(&self) -> usize {
        match &self.product {
            Product::Floats(convolution) => convolution.outputs(),
            Product::EightBits(layer) => layer.columns(),
        }
    }

    /// Takes a map through.
    ///
    /// # Errors
    /// As [`Linear::forward`].
    pub fn forward(&self, map: &mut Map, workspace: &mut Workspace) -> Result<()> {
        let Workspace { next, codes, .. } = workspace;
        let output = sized(next, map.side * map.side * self.outputs());
        self.apply(&map.values, codes, output)?;
        map.replace(map.side, self.outputs(), next);
        Ok(())
    }

    /// What the layer makes of `pixels` `[pixels, inputs]`, into `output` `[pixels, outputs]`.
    ///
    /// # Errors
    /// As [`Linear::forward`].
    #[inline(never)]
    pub fn apply(&self, pixels: &[f32], codes: &mut Activations, output: &mut [f32]) -> Result<()> {
        match &self.product {
            Product::Floats(convolution) => {
                convolution.apply(pixels, self.activation, output);
                Ok(())
            }
            Product::EightBits(layer) => {
                let epilogue = Epilogue { activation: self.activation, ..Epilogue::default() };
                layer.forward(Rows::Plain(pixels), codes, epilogue, output)
            }
        }
    }

    /// Adds what the layer makes of `pixels` to `sums` `[pixels, outputs]`.
    ///
    /// # Errors
    /// As [`Linear::forward`].
    pub fn add(&self, pixels: &[f32], codes: &mut Activations, sums: &mut [f32]) -> Result<()> {
        match &self.product {
            Product::Floats(convolution) => {
                let mut output = vec![0.0; sums.len()];
                convolution.apply(pixels, self.activation, &mut output);
                sums.iter_mut().zip(output).for_each(|(sum, value)| *sum += value);
                Ok(())
            }
            Product::EightBits(layer) => {
                let epilogue =
                    Epilogue { activation: self.activation, add_to_output: true, ..Epilogue::default() };
                layer.forward(Rows::Plain(pixels), codes, epilogue, sums)
            }
        }
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
    /// A convolution of `inputs` channels, of the kernel that was folded for it, with no activation yet.
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
        let Workspace { input, planes, .. } = workspace;
        let side = self.apply(&map.values, map.side, planes, input).0;
        map.replace(side, self.convolution.outputs(), input);
    }

    /// What the layer makes of a map `[side, side, channels]`, in a buffer, and its side; `planes` is a workspace's.
    #[inline(never)]
    pub fn apply<'a>(
        &self,
        map: &[f32],
        side: usize,
        planes: &mut Vec<f32>,
        buffer: &'a mut Vec<f32>,
    ) -> (usize, &'a mut [f32]) {
        let (convolution, out_side) = (&self.convolution, self.convolution.side_of(side));
        let output = sized(buffer, out_side * out_side * convolution.outputs());
        let now = self.activation.filter(|_| self.excitation.is_none());
        convolution.apply(map, side, now, planes, output);
        if let Some(excitation) = &self.excitation {
            excitation.apply(output);
            if let Some(activation) = self.activation {
                activation::apply(activation, output);
            }
        }
        (out_side, output)
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
