//! A convolution with the batch norm behind it, folded into one kernel, and with the branches that training adds to it
//! (Ding et al., 2021): sums of convolutions and identities, each with a batch norm, are one convolution.

use crate::error::{Error, Result};
use crate::kernels::layer_norm::LayerNorm;
use crate::model::linear::load_floats;
use crate::weights::Tensors;

/// The name of a part of what is called `whole`. A function of its own, as are all that load a layer: what is written out
/// once takes a third of the room in the builds.
#[inline(never)]
pub fn part_of(whole: &str, part: &str) -> String {
    format!("{whole}.{part}")
}

/// What PyTorch's batch norm adds to a variance where nothing else is said.
pub const EPSILON: f64 = 1e-5;

/// A batch norm: what it does to each channel, and the gain and bias that say how large the channel gets.
pub struct BatchNorm {
    scale: Vec<f64>,
    shift: Vec<f64>,
    norm: LayerNorm,
}

impl BatchNorm {
    /// The norm `name` of `channels` channels, which adds `epsilon` to a variance.
    ///
    /// # Errors
    /// As [`Tensors::take`], and `NonFiniteWeight`.
    #[inline(never)]
    pub fn load(tensors: &mut Tensors, name: &str, channels: usize, epsilon: f64) -> Result<Self> {
        let mut load = |part: &str| load_floats(tensors, &part_of(name, part), &[channels]);
        let [gain, bias, mean, variance] =
            [load("weight")?, load("bias")?, load("running_mean")?, load("running_var")?];
        let scale: Vec<f64> = gain
            .iter()
            .zip(&variance)
            .map(|(gain, variance)| f64::from(*gain) / (f64::from(*variance) + epsilon).sqrt())
            .collect();
        if let Some(index) = scale.iter().position(|scale| !scale.is_finite()) {
            return Err(Error::NonFiniteWeight { name: part_of(name, "running_var"), index });
        }
        let shifts = bias.iter().zip(&mean).zip(&scale);
        let shift = shifts.map(|((bias, mean), scale)| f64::from(*bias) - f64::from(*mean) * scale).collect();
        Ok(Self { scale, shift, norm: LayerNorm { gain, bias, epsilon: 0.0 } })
    }

    /// Its gain and bias, which tell as a layer norm's do which channels are far larger than most.
    pub fn norm(&self) -> &LayerNorm {
        &self.norm
    }

    /// What each channel is multiplied with, and what is added then.
    pub fn affine(&self) -> (Vec<f32>, Vec<f32>) {
        (floats(&self.scale), floats(&self.shift))
    }
}

/// A convolution in the making.
pub struct Folded {
    outputs: usize,
    /// Input channels that an output sees.
    inputs: usize,
    /// The side of the kernel, which is odd.
    kernel: usize,
    /// `[outputs, inputs, kernel, kernel]`
    weights: Vec<f64>,
    /// `[outputs]`
    bias: Vec<f64>,
}

impl Folded {
    /// A convolution that gives zero.
    pub fn nothing(outputs: usize, inputs: usize, kernel: usize) -> Self {
        let weights = vec![0.0; outputs * inputs * kernel * kernel];
        Self { outputs, inputs, kernel, weights, bias: vec![0.0; outputs] }
    }

    /// The convolution of these weights with the norm behind it.
    ///
    /// # Panics
    /// If there are more weights than the norm has channels for.
    pub fn normed(weights: &[f32], inputs: usize, kernel: usize, norm: &BatchNorm) -> Self {
        let mut folded = Self::nothing(norm.scale.len(), inputs, kernel);
        folded.add(weights, kernel, Some(&norm.scale), &norm.shift);
        folded
    }

    /// Adds the convolution `{name}.conv` of side `kernel`, at most this one's, and the norm `{name}.bn` behind it, which it
    /// gives.
    ///
    /// # Errors
    /// As [`BatchNorm::load`].
    #[inline(never)]
    pub fn add_convolution(&mut self, tensors: &mut Tensors, name: &str, kernel: usize) -> Result<BatchNorm> {
        let shape = [self.outputs, self.inputs, kernel, kernel];
        let weights = load_floats(tensors, &part_of(name, "conv.weight"), &shape)?;
        let norm = BatchNorm::load(tensors, &part_of(name, "bn"), self.outputs, EPSILON)?;
        self.add(&weights, kernel, Some(&norm.scale), &norm.shift);
        Ok(norm)
    }

    /// Adds the convolution `name` of the same size, which has a bias and no norm.
    ///
    /// # Errors
    /// As [`Tensors::take`], and `NonFiniteWeight`.
    pub fn add_plain(&mut self, tensors: &mut Tensors, name: &str) -> Result<()> {
        let shape = [self.outputs, self.inputs, self.kernel, self.kernel];
        let weights = load_floats(tensors, &part_of(name, "weight"), &shape)?;
        let bias = load_floats(tensors, &part_of(name, "bias"), &[self.outputs])?;
        let shift: Vec<f64> = bias.into_iter().map(f64::from).collect();
        self.add(&weights, self.kernel, None, &shift);
        Ok(())
    }

    /// Adds the norm `name` of the input itself.
    ///
    /// # Errors
    /// As [`BatchNorm::load`].
    #[inline(never)]
    pub fn add_normed_input(&mut self, tensors: &mut Tensors, name: &str) -> Result<()> {
        let norm = BatchNorm::load(tensors, name, self.outputs, EPSILON)?;
        self.add_centre(Some(&norm.scale));
        self.bias.iter_mut().zip(&norm.shift).for_each(|(bias, shift)| *bias += shift);
        Ok(())
    }

    /// Adds the input itself.
    pub fn add_input(&mut self) {
        self.add_centre(None);
    }

    /// Subtracts another convolution of the same size, then scales each output by its factor.
    pub fn subtract_and_scale(&mut self, other: &Self, factors: &[f32]) {
        let taps = self.taps();
        for (index, (weight, other)) in self.weights.iter_mut().zip(&other.weights).enumerate() {
            *weight = f64::from(factors[index / taps]) * (*weight - other);
        }
        for ((bias, other), factor) in self.bias.iter_mut().zip(&other.bias).zip(factors) {
            *bias = f64::from(*factor) * (*bias - other);
        }
    }

    /// The weights `[outputs, inputs, kernel, kernel]` and the bias `[outputs]`.
    ///
    /// # Errors
    /// `NonFiniteWeight` for a weight beyond the range of f32; `name` is what it is called then.
    #[inline(never)]
    pub fn finish(self, name: &str) -> Result<(Vec<f32>, Vec<f32>)> {
        let (weights, bias) = (floats(&self.weights), floats(&self.bias));
        match weights.iter().chain(&bias).position(|value| !value.is_finite()) {
            Some(index) => Err(Error::NonFiniteWeight { name: name.to_owned(), index }),
            None => Ok((weights, bias)),
        }
    }

    /// Weights of an output.
    fn taps(&self) -> usize {
        self.inputs * self.kernel * self.kernel
    }

    /// Adds weights `[outputs, inputs, kernel, kernel]` around the centre, each output scaled if there is a scale, then
    /// shifted.
    fn add(&mut self, weights: &[f32], kernel: usize, scale: Option<&[f64]>, shift: &[f64]) {
        let border = (self.kernel - kernel) / 2;
        for (index, weight) in weights.iter().enumerate() {
            let (plane, row, column) = (index / (kernel * kernel), index / kernel % kernel, index % kernel);
            let place = (plane * self.kernel + row + border) * self.kernel + column + border;
            let scale = scale.map_or(1.0, |scale| scale[plane / self.inputs]);
            self.weights[place] += f64::from(*weight) * scale;
        }
        self.bias.iter_mut().zip(shift).for_each(|(bias, shift)| *bias += shift);
    }

    /// Adds the input channel that has an output's place, scaled if there is a scale.
    #[inline(never)]
    fn add_centre(&mut self, scale: Option<&[f64]>) {
        let (of_plane, taps) = (self.kernel * self.kernel, self.taps());
        for output in 0..self.outputs {
            let scale = scale.map_or(1.0, |scale| scale[output]);
            self.weights[output * taps + output % self.inputs * of_plane + of_plane / 2] += scale;
        }
    }
}

fn floats(values: &[f64]) -> Vec<f32> {
    values.iter().map(|value| *value as f32).collect()
}
