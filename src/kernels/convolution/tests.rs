//! The convolutions against plain sums, number by number.

use super::{Depthwise, FullConvolution, Pointwise, add_channels, mean_of_pixels, scale_channels};
use crate::kernels::activation::{self, Activation};
use crate::kernels::random::Random;

fn values(random: &mut Random, count: usize) -> Vec<f32> {
    (0..count).map(|_| random.between(-2.0, 2.0) as f32).collect()
}

/// A map with a border of zeros.
struct Bordered<'a> {
    /// Of channel, row and column.
    value: Box<dyn Fn(usize, usize, usize) -> f32 + 'a>,
    side: usize,
}

impl Bordered<'_> {
    fn at(&self, channel: usize, row: isize, column: isize) -> f32 {
        let is_inside = |index: isize| (0..self.side as isize).contains(&index);
        if is_inside(row) && is_inside(column) {
            (self.value)(channel, row as usize, column as usize)
        } else {
            0.0
        }
    }
}

/// Bias, plus the products in the order of the contract.
fn sum(bias: f32, products: impl Iterator<Item = (f32, f32)>) -> f32 {
    products.fold(bias, |sum, (value, weight)| sum + value * weight)
}

/// Zeros before a map of `side` that a convolution sees: half of what it pads, or TensorFlow's part of "SAME".
fn padding_before(side: usize, kernel: usize, stride: usize, is_same: bool) -> isize {
    let same = ((side.div_ceil(stride) - 1) * stride + kernel).saturating_sub(side) / 2;
    (if is_same { same } else { kernel / 2 }) as isize
}

#[test]
fn a_depthwise_convolution_is_its_plain_sum_at_every_size() {
    let random = &mut Random::new(1);
    let mut planes = Vec::new();
    for (kernel, stride, inputs, outputs) in [
        (3, 1, 8, 8),
        (3, 2, 4, 4),
        (7, 1, 12, 12),
        (7, 2, 4, 8),
        (3, 1, 8, 16),
        (1, 1, 4, 4),
        (5, 1, 8, 8),
        (5, 2, 4, 8),
        (1, 2, 4, 4),
    ] {
        for (side, is_same) in
            [1, 2, 3, 7, 8, 9, 16, 18, 19].into_iter().flat_map(|side| [(side, false), (side, true)])
        {
            let [input, weights, bias] =
                [side * side * inputs, outputs * kernel * kernel, outputs].map(|count| values(random, count));
            let convolution = Depthwise::new(&weights, &bias, inputs, kernel, stride);
            let convolution = if is_same { convolution.with_same_padding() } else { convolution };
            let out_side = convolution.side_of(side);
            let mut found = vec![f32::NAN; out_side * out_side * outputs];
            planes.fill(f32::NAN);
            convolution.apply(&input, side, None, &mut planes, &mut found);
            let value = |channel, row, column| input[(row * side + column) * inputs + channel];
            let map = Bordered { value: Box::new(value), side };
            let border = padding_before(side, kernel, stride, is_same);
            for (index, found) in found.iter().enumerate() {
                let (output, x, y) =
                    (index % outputs, index / outputs % out_side, index / outputs / out_side);
                let products = (0..kernel * kernel).map(|tap| {
                    let (row, column) = ((tap / kernel) as isize, (tap % kernel) as isize);
                    let place = [(y, row), (x, column)]
                        .map(|(first, offset)| (first * stride) as isize + offset - border);
                    let weight = weights[output * kernel * kernel + tap];
                    (map.at(output * inputs / outputs, place[0], place[1]), weight)
                });
                assert_eq!(
                    found.to_bits(),
                    sum(bias[output], products).to_bits(),
                    "{kernel} {stride} {side} {is_same}"
                );
            }
        }
    }
}

#[test]
fn a_full_convolution_is_its_plain_sum_at_every_size() {
    let random = &mut Random::new(2);
    let sizes = [(1, 8), (2, 8), (5, 16), (8, 24), (18, 8)];
    for ((side, outputs), is_same) in sizes.into_iter().flat_map(|size| [(size, false), (size, true)]) {
        let [input, weights, bias] =
            [3 * side * side, outputs * 27, outputs].map(|count| values(random, count));
        let convolution = FullConvolution::new(&weights, &bias);
        let convolution = if is_same { convolution.with_same_padding() } else { convolution };
        let out_side = convolution.side_of(side);
        let mut found = vec![f32::NAN; out_side * out_side * outputs];
        convolution.apply(&input, side, Activation::Relu6, &mut found);
        let value = |channel, row, column| input[(channel * side + row) * side + column];
        let map = Bordered { value: Box::new(value), side };
        let border = padding_before(side, 3, 2, is_same);
        let mut expected: Vec<f32> = (0..found.len())
            .map(|index| {
                let (output, x, y) =
                    (index % outputs, index / outputs % out_side, index / outputs / out_side);
                let products = (0..27).map(|tap| {
                    let place = [(y, tap / 3 % 3), (x, tap % 3)]
                        .map(|(first, tap)| (2 * first + tap) as isize - border);
                    (map.at(tap / 9, place[0], place[1]), weights[output * 27 + tap])
                });
                sum(bias[output], products)
            })
            .collect();
        activation::apply(Activation::Relu6, &mut expected);
        assert_eq!(found, expected, "{side} {is_same}");
    }
}

#[test]
fn a_pointwise_convolution_is_its_plain_sum_for_every_number_of_pixels() {
    let random = &mut Random::new(3);
    for (pixels, inputs, outputs) in [(1, 5, 8), (3, 8, 16), (4, 64, 8), (66, 12, 24), (131, 3, 8)] {
        let [map, weights, bias] =
            [pixels * inputs, outputs * inputs, outputs].map(|count| values(random, count));
        let mut found = vec![f32::NAN; pixels * outputs];
        Pointwise::new(&weights, &bias).apply(&map, Some(Activation::Gelu), &mut found);
        let mut expected: Vec<f32> = (0..found.len())
            .map(|index| {
                let (pixel, output) = (index / outputs, index % outputs);
                let products =
                    (0..inputs).map(|input| (map[pixel * inputs + input], weights[output * inputs + input]));
                sum(bias[output], products)
            })
            .collect();
        activation::apply(Activation::Gelu, &mut expected);
        assert_eq!(found, expected, "{pixels} {inputs} {outputs}");
    }
}

#[test]
fn the_mean_of_the_pixels_is_that_of_each_channel() {
    let map = [1.0, 2.0, 3.0, 4.0, 3.0, 6.0, 9.0, 12.0];
    let mut mean = [f32::NAN; 4];
    mean_of_pixels(&map, &mut mean);
    assert_eq!(mean, [2.0, 4.0, 6.0, 8.0]);
}

#[test]
fn each_channel_has_its_own_factor_and_term() {
    let mut map = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
    scale_channels(&mut map, &[1.0, 2.0, 0.5, 0.0]);
    assert_eq!(map, [1.0, 4.0, 1.5, 0.0, 5.0, 12.0, 3.5, 0.0]);
    add_channels(&mut map, &[1.0, 0.0, 0.5, -3.0]);
    assert_eq!(map, [2.0, 4.0, 2.0, -3.0, 6.0, 12.0, 4.0, -3.0]);
}
