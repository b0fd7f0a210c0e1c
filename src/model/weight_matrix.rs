//! The matrices of linear layers: packed integers, or f32 through candle or our own kernel.

use candle_core::{Device, Tensor};

use crate::error::Result;
use crate::kernels::activation;
use crate::kernels::convolution::Pointwise;
use crate::kernels::matmul::{Epilogue, Output, PackedMatrix};
use crate::weights::{self, Tensors, outlier_weights_name};

/// A matrix of weights, in the form that it is multiplied in.
#[derive(Debug)]
pub enum WeightMatrix {
    Packed(PackedMatrix),
    /// `[columns, in_features]`, f32.
    Dense(Tensor),
    /// The same, in products whose bits are the same on every machine.
    Lanes(Pointwise),
}

impl WeightMatrix {
    /// The weights `name`, with the exact ones of their outlier channels where the checkpoint has them.
    ///
    /// # Errors
    /// As [`Tensors::take`], and `NonFiniteWeight`.
    #[inline(never)]
    pub fn load(
        tensors: &mut Tensors,
        name: &str,
        columns: usize,
        in_features: usize,
        outliers: &[u32],
    ) -> Result<Self> {
        let name = format!("{name}.weight");
        let stored = tensors.take_matrix(&name, &[columns, in_features])?;
        let exact = tensors.take_optional(&outlier_weights_name(&name), &[columns, outliers.len()])?;
        let packed = match stored {
            weights::MatrixTensor::Packed(packed) => packed,
            weights::MatrixTensor::Stored(tensor) => match weights::pack(&tensor)? {
                Some(packed) => packed,
                None => {
                    let values = Tensor::from_vec(tensor.to_f32()?, (columns, in_features), &Device::Cpu)?;
                    return Ok(Self::Dense(values));
                }
            },
        };
        let mut packed = packed.with_outliers(outliers);
        if let Some(exact) = exact {
            packed.set_outlier_weights(&exact.to_f32()?);
        }
        Ok(Self::Packed(packed))
    }

    /// The weights, if they are packed.
    pub fn packed(&self) -> Option<&PackedMatrix> {
        match self {
            Self::Packed(matrix) => Some(matrix),
            Self::Dense(_) | Self::Lanes(_) => None,
        }
    }

    /// The product of weights that are not packed with rows, with the epilogue after it.
    ///
    /// # Errors
    /// `Candle` if its matmul fails, which valid shapes do not.
    pub fn multiply_floats(&self, input: &[f32], epilogue: Epilogue, output: Output) -> Result<()> {
        let product = match self {
            Self::Packed(_) => return Ok(()),
            Self::Lanes(matrix) => {
                let mut product = vec![0.0; input.len() / matrix.inputs() * matrix.outputs()];
                matrix.apply(input, None, &mut product);
                product
            }
            Self::Dense(weights) => {
                let in_features = weights.dims2()?.1;
                let input =
                    Tensor::from_slice(input, (input.len() / in_features, in_features), &Device::Cpu)?;
                input.matmul(&weights.t()?)?.flatten_all()?.to_vec1::<f32>()?
            }
        };
        finish(product, self.columns(), epilogue, output);
        Ok(())
    }

    /// The number of outputs.
    pub fn columns(&self) -> usize {
        match self {
            Self::Packed(matrix) => matrix.columns(),
            Self::Dense(tensor) => tensor.dims()[0],
            Self::Lanes(matrix) => matrix.outputs(),
        }
    }
}

/// Takes a product `[rows, columns]` through the epilogue into the output.
fn finish(mut product: Vec<f32>, columns: usize, epilogue: Epilogue, output: Output) {
    for row in product.chunks_exact_mut(columns) {
        if let Some(bias) = epilogue.bias {
            row.iter_mut().zip(bias).for_each(|(value, bias)| *value += bias);
        }
    }
    if let Some(function) = epilogue.activation {
        activation::apply(function, &mut product);
    }
    for (row, target) in product.chunks_exact(columns).zip(output.values.chunks_exact_mut(output.stride)) {
        let target = &mut target[output.first..][..columns];
        if epilogue.add_to_output {
            target.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        } else {
            target.copy_from_slice(row);
        }
    }
}

/// The weights of a layer `[columns, in_features]` in f32, those of its outlier channels exact where the checkpoint has
/// them.
///
/// # Errors
/// As [`Tensors::take`], and `NonFiniteWeight`.
pub fn load_exact(
    tensors: &mut Tensors,
    name: &str,
    columns: usize,
    in_features: usize,
    outliers: &[u32],
) -> Result<Vec<f32>> {
    let name = format!("{name}.weight");
    let mut weights = tensors.take(&name, &[columns, in_features])?.to_f32()?;
    if let Some(exact) = tensors.take_optional(&outlier_weights_name(&name), &[columns, outliers.len()])? {
        for (row, exact) in
            weights.chunks_exact_mut(in_features).zip(exact.to_f32()?.chunks_exact(outliers.len()))
        {
            outliers.iter().zip(exact).for_each(|(channel, value)| row[*channel as usize] = *value);
        }
    }
    Ok(weights)
}
