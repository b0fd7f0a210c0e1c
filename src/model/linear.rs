//! Linear layers over the weights that the checkpoint stores: packed integers, or f32 through candle.

use candle_core::{Device, Tensor};

use super::weight_matrix::WeightMatrix;
use crate::error::{Error, Result};
use crate::kernels::convolution::Pointwise;
use crate::kernels::layer_norm::LayerNorm;
use crate::kernels::matmul::{Activations, BLOCK, Digits, Epilogue, Output, PackedMatrix, Rows};
use crate::weights::quantize::blocks::repack::quantize_block;
use crate::weights::{self, Tensors, TowerConfig};

/// One or several matrices over the same input, their outputs side by side, with a bias.
#[derive(Debug)]
pub struct Linear {
    /// The matrices, each `[columns, in_features]`.
    parts: Vec<WeightMatrix>,
    /// One value a column, empty where the layer has none.
    bias: Vec<f32>,
    in_features: usize,
    columns: usize,
    /// How finely its input is quantized.
    digits: Digits,
}

impl Linear {
    /// A layer that quantizes its input to one digit.
    fn new(parts: Vec<WeightMatrix>, bias: Vec<f32>, in_features: usize, columns: usize) -> Self {
        Self { parts, bias, in_features, columns, digits: Digits::One }
    }

    /// The layer `name`, of `columns` outputs, with its bias. `outliers` are the channels of its input
    /// that are far larger than most (see [`PackedMatrix::with_outliers`]).
    ///
    /// # Errors
    /// What [`Tensors::take`] says, and `NonFiniteWeight`.
    pub fn load(
        tensors: &mut Tensors,
        name: &str,
        columns: usize,
        in_features: usize,
        outliers: &[u32],
    ) -> Result<Self> {
        Self::load_joined(tensors, &[name.to_owned()], columns, in_features, outliers)
    }

    /// Several layers of the same shape as one, so that their input is quantized once.
    ///
    /// # Errors
    /// As [`Linear::load`].
    #[inline(never)]
    pub fn load_joined(
        tensors: &mut Tensors,
        names: &[String],
        columns: usize,
        in_features: usize,
        outliers: &[u32],
    ) -> Result<Self> {
        let mut layer = Self::new(Vec::new(), Vec::new(), in_features, columns * names.len());
        for name in names {
            layer.push(WeightMatrix::load(tensors, name, columns, in_features, outliers)?);
            layer.bias.extend(tensors.take(&format!("{name}.bias"), &[columns])?.to_f32()?);
        }
        Ok(layer)
    }

    /// Adds the columns of a matrix, as part of the last one where the two can be one product.
    fn push(&mut self, matrix: WeightMatrix) {
        match (self.parts.last_mut(), matrix) {
            (Some(WeightMatrix::Packed(last)), WeightMatrix::Packed(matrix)) if last.can_join(&matrix) => {
                last.join(matrix)
            }
            (_, matrix) => self.parts.push(matrix),
        }
    }

    /// The projection `name`, which has no bias.
    ///
    /// # Errors
    /// As [`Linear::load`].
    #[inline(never)]
    pub fn load_projection(
        tensors: &mut Tensors,
        name: &str,
        columns: usize,
        in_features: usize,
        outliers: &[u32],
    ) -> Result<Self> {
        let matrix = WeightMatrix::load(tensors, name, columns, in_features, outliers)?;
        Ok(Self::new(vec![matrix], Vec::new(), in_features, columns))
    }

    /// The projection `name`, with its bias where the checkpoint has one.
    ///
    /// # Errors
    /// As [`Linear::load`].
    pub fn load_head(
        tensors: &mut Tensors,
        name: &str,
        columns: usize,
        in_features: usize,
        outliers: &[u32],
    ) -> Result<Self> {
        let layer = Self::load_projection(tensors, name, columns, in_features, outliers)?;
        let bias = tensors.take_optional(&format!("{name}.bias"), &[columns])?;
        Ok(Self { bias: bias.map_or(Ok(Vec::new()), |bias| bias.to_f32())?, ..layer })
    }

    /// The projection `name` in eight bits, whatever the file keeps it in, which is floats where rows fill no whole blocks:
    /// rows of the input are filled up then. Its weights are rounded as `weights::pack_balanced` says, by what the inputs
    /// are on average; `means` may be empty, and all alike then.
    ///
    /// # Errors
    /// As [`Linear::load`].
    #[inline(never)]
    pub fn load_in_eight_bits(
        tensors: &mut Tensors,
        name: &str,
        columns: usize,
        in_features: usize,
        means: &[f32],
    ) -> Result<Self> {
        let packed = match tensors.take_matrix(&format!("{name}.weight"), &[columns, in_features])? {
            weights::MatrixTensor::Packed(packed) => packed,
            weights::MatrixTensor::Stored(tensor) => match weights::pack(&tensor)? {
                Some(packed) => packed,
                None => weights::pack_balanced(&tensor.to_f32()?, in_features, means),
            },
        };
        let parts = vec![WeightMatrix::Packed(packed)];
        Ok(Self::new(parts, Vec::new(), in_features, columns))
    }

    /// The layer with another bias, of one value a column.
    pub fn with_bias(self, bias: Vec<f32>) -> Self {
        Self { bias, ..self }
    }

    /// The layer with an input of these digits, if its weights are packed.
    pub fn with_digits(self, digits: Digits) -> Self {
        Self { digits, ..self }
    }

    /// A patch embedding `[columns, …]`, of a patch's samples in whatever order, as a product with flattened patches.
    ///
    /// Files keep it in f16, as ggml's convolution wants it. Where the rest of the model is
    /// `quantized`, it is rounded to 8-bit blocks here, so that it runs through the same products.
    /// The inner dimension is padded to whole blocks: see [`Linear::in_features`]. `bias` is empty or has a value a
    /// column.
    ///
    /// `offset` is what the caller adds to the samples of a `quantized` embedding: what comes of it is taken off the
    /// bias. Seven bits round the ends of samples from −1 to 1 by half a step each, which for a picture in black and white
    /// is the same error everywhere; from 0 to 2, both ends are codes.
    ///
    /// # Errors
    /// As [`Linear::load`].
    pub fn load_patches(
        tensors: &mut Tensors,
        name: &str,
        shape: &[usize],
        mut bias: Vec<f32>,
        quantized: bool,
        offset: f32,
    ) -> Result<Self> {
        let values = tensors.take(name, shape)?.to_f32()?;
        let columns = shape.first().copied().unwrap_or_default();
        let (length, device) = (shape.iter().skip(1).product::<usize>(), Device::Cpu);
        let (matrix, in_features) = if quantized {
            let padded = length.next_multiple_of(BLOCK);
            let read = |column: usize, block: usize, codes: &mut [i8; BLOCK]| {
                let row = &values[column * length..][..length];
                let rest = &row[block * BLOCK..length.min((block + 1) * BLOCK)];
                let mut padded = [0.0; BLOCK];
                padded[..rest.len()].copy_from_slice(rest);
                quantize_block(&padded, codes)
            };
            if offset != 0.0 {
                bias.resize(columns, 0.0);
                for (column, bias) in bias.iter_mut().enumerate() {
                    let mut codes = [0; BLOCK];
                    let sum_of_block = |block| {
                        let scale = read(column, block, &mut codes);
                        scale * codes.iter().map(|code| f32::from(*code)).sum::<f32>()
                    };
                    *bias -= offset * (0..padded / BLOCK).map(sum_of_block).sum::<f32>();
                }
            }
            (WeightMatrix::Packed(PackedMatrix::pack(columns, padded, read)), padded)
        } else {
            (WeightMatrix::Dense(Tensor::from_vec(values, (columns, length), &device)?), length)
        };
        Ok(Self::new(vec![matrix], bias, in_features, columns))
    }

    /// The layer with each output multiplied by its factor, before anything else is done with it.
    ///
    /// # Errors
    /// `Candle` if the shapes do not fit together: models check theirs at load.
    #[inline(never)]
    pub fn scaled(mut self, factors: &[f32]) -> Result<Self> {
        let mut first = 0;
        for part in &mut self.parts {
            let factors = &factors[first..first + part.columns()];
            first += factors.len();
            match part {
                WeightMatrix::Packed(matrix) => matrix.scale_columns(factors),
                WeightMatrix::Lanes(matrix) => matrix.scale(factors),
                WeightMatrix::Dense(weights) => {
                    let shape = weights.dims2()?;
                    let mut values = weights.flatten_all()?.to_vec1::<f32>()?;
                    for (row, factor) in values.chunks_exact_mut(shape.1).zip(factors) {
                        row.iter_mut().for_each(|value| *value *= factor);
                    }
                    *weights = Tensor::from_vec(values, shape, &Device::Cpu)?;
                }
            }
        }
        self.bias.iter_mut().zip(factors).for_each(|(bias, factor)| *bias *= factor);
        Ok(self)
    }

    /// The layer with weights that are not packed multiplied by our own kernel instead of candle's, which is faster but
    /// rounds otherwise in WebAssembly than natively: for small layers of quantized models whose rows fill no blocks.
    ///
    /// # Errors
    /// `Candle`, which does not happen.
    #[inline(never)]
    pub fn in_lanes(mut self) -> Result<Self> {
        for part in &mut self.parts {
            let columns = part.columns();
            if let WeightMatrix::Dense(weights) = part
                && columns.is_multiple_of(Pointwise::OUTPUTS)
            {
                let values = weights.flatten_all()?.to_vec1::<f32>()?;
                *part = WeightMatrix::Lanes(Pointwise::new(&values, &vec![0.0; columns]));
            }
        }
        Ok(self)
    }

    /// The length of an input row.
    pub fn in_features(&self) -> usize {
        self.in_features
    }

    /// How finely its input is quantized.
    pub fn digits(&self) -> Digits {
        self.digits
    }

    /// The length of an output row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// One value a column, if the layer has a bias.
    pub fn bias(&self) -> Option<&[f32]> {
        (!self.bias.is_empty()).then_some(&self.bias)
    }

    /// The weights, if they are one packed matrix.
    pub fn packed(&self) -> Option<&PackedMatrix> {
        match self.parts.as_slice() {
            [part] => part.packed(),
            _ => None,
        }
    }

    /// Whether all weights are packed: then a row has the same bits whatever other rows are multiplied with it, which
    /// candle's f32 product does not promise.
    pub fn is_packed(&self) -> bool {
        self.parts.iter().all(|part| part.packed().is_some())
    }

    /// Bytes of memory the weights take.
    pub fn bytes(&self) -> usize {
        let bytes = |part: &WeightMatrix| match part {
            WeightMatrix::Packed(matrix) => matrix.bytes(),
            WeightMatrix::Dense(tensor) => tensor.elem_count() * 4,
            WeightMatrix::Lanes(matrix) => matrix.bytes(),
        };
        self.parts.iter().map(bytes).sum::<usize>() + self.bias.len() * 4
    }

    /// `input`'s rows of `in_features` values times the weights, plus the bias, then `epilogue`'s
    /// activation and sum, into `output` `[rows, columns]`.
    ///
    /// # Errors
    /// `Candle` if its matmul fails, which valid shapes do not.
    pub fn forward(
        &self,
        input: Rows,
        codes: &mut Activations,
        epilogue: Epilogue,
        output: &mut [f32],
    ) -> Result<()> {
        if let Some(matrix) = self.parts.iter().find_map(WeightMatrix::packed) {
            codes.quantize(input, self.in_features, matrix.outliers(), self.digits);
        }
        let mut first = 0;
        for part in &self.parts {
            let columns = part.columns();
            let bias = self.bias.get(first..first + columns);
            let epilogue = Epilogue { bias, ..epilogue };
            let output = Output { values: &mut *output, stride: self.columns, first };
            match part {
                WeightMatrix::Packed(matrix) => matrix.multiply(codes, epilogue, output),
                _ => match input {
                    Rows::Plain(values) => part.multiply_floats(values, epilogue, output)?,
                    Rows::Normalised(norm, values) => {
                        let mut normal = vec![0.0; values.len()];
                        norm.apply(values, &mut normal);
                        part.multiply_floats(&normal, epilogue, output)?;
                    }
                },
            }
            first += columns;
        }
        Ok(())
    }
}

/// A layer norm over rows of the tower's width.
///
/// # Errors
/// As [`Tensors::take`], and `NonFiniteWeight`.
pub fn load_norm(tensors: &mut Tensors, name: &str, config: &TowerConfig) -> Result<LayerNorm> {
    Ok(LayerNorm {
        gain: load_floats(tensors, &format!("{name}.weight"), &[config.width])?,
        bias: load_floats(tensors, &format!("{name}.bias"), &[config.width])?,
        epsilon: config.layer_norm_eps,
    })
}

/// The outlier channels of the norm `name`: those that the file lists, or those that its gain and bias tell.
///
/// # Errors
/// `Config` if one is listed that the norm does not have.
#[inline(never)]
pub fn outlier_channels(tensors: &Tensors, name: &str, norm: &LayerNorm) -> Result<Vec<u32>> {
    let Some(listed) = tensors.outliers().get(name) else { return Ok(norm.outlier_channels()) };
    match listed.last() {
        Some(&last) if last as usize >= norm.gain.len() => Err(Error::Config {
            file: "GGUF metadata",
            key: format!("clip.outlier_channels.{name}"),
            problem: format!("names channel {last} of {}", norm.gain.len()),
        }),
        _ => Ok(listed.clone()),
    }
}

/// A tensor of floats, checked to be finite.
///
/// # Errors
/// As [`Tensors::take`], and `NonFiniteWeight`.
#[inline(never)]
pub fn load_floats(tensors: &mut Tensors, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
    tensors.take(name, shape)?.to_f32()
}

/// Whether the kernels can run rows of `width` values in `heads` heads.
///
/// # Errors
/// `Config` if not: lanes hold four values.
pub fn check_width(key: &str, width: usize, heads: usize) -> Result<()> {
    if width.is_multiple_of(4 * heads) {
        return Ok(());
    }
    let problem = format!("is {width} in {heads} heads: the width of a head must be a multiple of 4");
    Err(Error::Config { file: "config.json", key: key.to_owned(), problem })
}

#[cfg(test)]
mod tests;
