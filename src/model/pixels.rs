//! The pixels of pictures, out of the tensor that they come in.

use candle_core::Tensor;

use crate::error::Result;

/// The pictures of `pixels` `[images, 3, height, width]`, each `[3, height, width]`.
///
/// # Errors
/// `Candle` for pixels of another shape.
#[inline(never)]
pub fn pictures(pixels: &Tensor, height: usize, width: usize) -> Result<Vec<Vec<f32>>> {
    let (images, _, _, _) = pixels.dims4()?;
    Ok(pixels.reshape((images, 3 * height * width))?.to_vec2::<f32>()?)
}
