//! Convolutions in f32 over square maps whose channels lie side by side, `[side, side, channels]`.
//!
//! Each output is its bias, plus the products of its taps in ascending order (input channel, row, column), each operation
//! rounded on its own; what lies beyond the border counts as zero.

mod depthwise;
mod full;
mod pointwise;
mod product;

pub use depthwise::Depthwise;
pub use full::FullConvolution;
pub use pointwise::Pointwise;

use super::lanes::{F32x4, quads_mut};

/// The side of what a convolution with as much padding as keeps its size at stride 1 makes of a map of `side`.
fn strided(side: usize, stride: usize) -> usize {
    side.div_ceil(stride)
}

/// How many pixels later than with as much padding on all sides the first window begins with TensorFlow's "SAME": that
/// pads a map of an even side at stride 2 with one pixel less at its beginning than at its end.
fn first_of_same(side: usize, stride: usize, kernel: usize) -> usize {
    usize::from(kernel > 1 && stride == 2 && side.is_multiple_of(2))
}

/// The bias, and the weights of `outputs` filters of `taps` each, four filters side by side: `[outputs / 4, taps, 4]`.
fn four_by_four(weights: &[f32], bias: &[f32], taps: usize) -> (Vec<[f32; 4]>, Vec<[f32; 4]>) {
    assert_eq!(weights.len(), bias.len() * taps);
    let filters = weights.chunks_exact(4 * taps);
    let of_four = |filters: &[f32]| -> Vec<[f32; 4]> {
        (0..taps).map(|tap| std::array::from_fn(|lane| filters[lane * taps + tap])).collect()
    };
    let (quads, rest) = bias.as_chunks::<4>();
    assert!(rest.is_empty(), "{} filters are no whole number of lanes", bias.len());
    (filters.flat_map(of_four).collect(), quads.to_vec())
}

/// The mean over all pixels of each channel of a map `[pixels, channels]`, the pixels added up in their order.
///
/// # Panics
/// If the channels are no multiple of four.
pub fn mean_of_pixels(map: &[f32], mean: &mut [f32]) {
    let pixels = map.len() / mean.len();
    mean.fill(0.0);
    for pixel in map.chunks_exact(mean.len()) {
        for (sum, value) in quads_mut(mean).iter_mut().zip(pixel.as_chunks::<4>().0) {
            (F32x4::load(sum) + F32x4::load(value)).store(sum);
        }
    }
    let count = F32x4::splat(pixels as f32);
    quads_mut(mean).iter_mut().for_each(|sum| (F32x4::load(sum) / count).store(sum));
}

/// Multiplies each channel of a map `[pixels, channels]` with its factor.
///
/// # Panics
/// If the channels are no multiple of four.
pub fn scale_channels(map: &mut [f32], factors: &[f32]) {
    change_channels(map, factors, |value, factor| value * factor);
}

/// Adds to each channel of a map `[pixels, channels]` its term.
///
/// # Panics
/// If the channels are no multiple of four.
pub fn add_channels(map: &mut [f32], terms: &[f32]) {
    change_channels(map, terms, |value, term| value + term);
}

fn change_channels(map: &mut [f32], operands: &[f32], change: impl Fn(F32x4, F32x4) -> F32x4) {
    for pixel in map.chunks_exact_mut(operands.len()) {
        for (value, operand) in quads_mut(pixel).iter_mut().zip(operands.as_chunks::<4>().0) {
            change(F32x4::load(value), F32x4::load(operand)).store(value);
        }
    }
}

#[cfg(test)]
mod tests;
