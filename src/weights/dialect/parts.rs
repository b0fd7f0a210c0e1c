//! Published tensors that contain several of ours, or one of ours with transposed axes.

use crate::error::{Error, Result};
use crate::weights::container::tensor::Tensor;
use crate::weights::dialect::tensor_names::TensorMapping;
use crate::weights::quantize::blocks::dtype::Dtype;

/// The tensors that a published one becomes.
///
/// # Errors
/// `Malformed` if its shape does not go with that.
pub fn of(tensor: Tensor, place: TensorMapping) -> Result<Vec<Tensor>> {
    match place {
        TensorMapping::Nowhere => Ok(Vec::new()),
        TensorMapping::Whole(name) => Ok(vec![Tensor { name, ..tensor }]),
        TensorMapping::Packed(names) => {
            let shape = part_shape(&tensor.name, &tensor.shape, names.len())?;
            let len = tensor.data.len() / names.len();
            let part = |(index, name): (usize, String)| {
                let data = tensor.data.slice(index * len..(index + 1) * len);
                Tensor::new(name, shape.clone(), tensor.dtype, data)
            };
            names.into_iter().enumerate().map(part).collect()
        }
        TensorMapping::LastAxes(name, axes) => {
            let shape = last_axes(&tensor.name, &tensor.shape, axes)?;
            Ok(vec![Tensor { name, shape, ..tensor }])
        }
        TensorMapping::FirstAxes(name, axes) => {
            let shape = first_axes(&tensor.name, &tensor.shape, axes)?;
            Ok(vec![Tensor { name, shape, ..tensor }])
        }
        TensorMapping::Transposed(name) => {
            let shape = transposed_shape(&tensor.name, &tensor.shape)?;
            let data = transpose(&tensor.data, &shape, tensor.dtype);
            Ok(vec![Tensor::new(name, shape, tensor.dtype, data.into())?])
        }
    }
}

/// The shape of each of `count` equal parts of a tensor's rows.
///
/// # Errors
/// `Malformed` if they do not come in such parts.
pub fn part_shape(name: &str, shape: &[usize], count: usize) -> Result<Vec<usize>> {
    match shape {
        [rows, rest @ ..] if rows.is_multiple_of(count) && *rows > 0 => Ok([&[rows / count], rest].concat()),
        _ => Err(misshapen(name, shape, &format!("rows in {count} equal parts"))),
    }
}

/// The last `axes` axes of a shape.
///
/// # Errors
/// `Malformed` if there are fewer, or if one before them is longer than one.
pub fn last_axes(name: &str, shape: &[usize], axes: usize) -> Result<Vec<usize>> {
    match shape.len().checked_sub(axes).map(|before| shape.split_at(before)) {
        Some((before, last)) if before.iter().all(|&length| length == 1) => Ok(last.to_vec()),
        _ => Err(misshapen(name, shape, &format!("{axes} axes, or more before them of length 1"))),
    }
}

/// The first `axes` axes of a shape.
///
/// # Errors
/// `Malformed` if there are fewer, or if one after them is longer than one.
pub fn first_axes(name: &str, shape: &[usize], axes: usize) -> Result<Vec<usize>> {
    match shape.split_at_checked(axes) {
        Some((first, after)) if after.iter().all(|&length| length == 1) => Ok(first.to_vec()),
        _ => Err(misshapen(name, shape, &format!("{axes} axes, or more after them of length 1"))),
    }
}

/// The shape of a matrix with rows for columns.
///
/// # Errors
/// `Malformed` if it is no matrix.
pub fn transposed_shape(name: &str, shape: &[usize]) -> Result<Vec<usize>> {
    match shape {
        [rows, columns] => Ok(vec![*columns, *rows]),
        _ => Err(misshapen(name, shape, "two axes")),
    }
}

/// The values of a matrix that is of this shape once its axes are exchanged.
///
/// # Panics
/// If `shape` has not two axes, the type is quantized, or `data` is not of that size.
pub fn transpose(data: &[u8], shape: &[usize], dtype: Dtype) -> Vec<u8> {
    let (rows, columns, size) = (shape[0], shape[1], dtype.block_bytes());
    assert_eq!(data.len(), rows * columns * size);
    let mut transposed = Vec::with_capacity(data.len());
    for row in 0..rows {
        for column in 0..columns {
            transposed.extend_from_slice(&data[(column * rows + row) * size..][..size]);
        }
    }
    transposed
}

fn misshapen(name: &str, shape: &[usize], expected: &str) -> Error {
    let reason = format!("tensor {name:?} has shape {shape:?}, expected {expected}");
    Error::Malformed { format: "checkpoint", reason }
}
