//! The exponential, and softmax and the sigmoid over it.
//!
//! Range reduction by ln 2 in two parts, then the degree-5 polynomial of Cephes' `expf`
//! (S. Moshier, 1989). Relative error below 2^-22 over the whole range; zero below -87.3.

use super::lanes::{F32x4, quads_mut};

const LOG2_E: f32 = std::f32::consts::LOG2_E;
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;
/// Below this the result is zero: the true value would be a denormal.
const LOWEST: f32 = -87.3;
/// Above this the result stays at exp(88.0): finite, near the largest `f32`.
const HIGHEST: f32 = 88.0;
const POLYNOMIAL: [f32; 6] =
    [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];

/// e to the power of each lane.
#[inline(always)]
pub fn exp(x: F32x4) -> F32x4 {
    let clamped = x.max(F32x4::splat(LOWEST)).min(F32x4::splat(HIGHEST));
    let (n, power) = (clamped * F32x4::splat(LOG2_E)).round_and_exp2();
    let r = clamped - n * F32x4::splat(LN_2_HIGH) - n * F32x4::splat(LN_2_LOW);
    let mut p = F32x4::splat(POLYNOMIAL[0]);
    for c in &POLYNOMIAL[1..] {
        p = p * r + F32x4::splat(*c);
    }
    let y = p * (r * r) + r + F32x4::splat(1.0);
    x.if_less(F32x4::splat(LOWEST), F32x4::splat(0.0), y * power)
}

/// e to the power of one number, with the bits of [`exp`].
pub fn exp_scalar(x: f32) -> f32 {
    exp(F32x4::splat(x)).to_array()[0]
}

/// 1 / (1 + e^-x), with the bits of [`exp`].
pub fn sigmoid_scalar(x: f32) -> f32 {
    1.0 / (1.0 + exp_scalar(-x))
}

/// Softmax in place, given back to be read. The length is a multiple of four; unused entries hold -infinity and become
/// 0.
///
/// An empty slice, or one of nothing but -infinity, is left without meaning.
pub fn softmax(all: &mut [f32]) -> &[f32] {
    let values = quads_mut(all);
    let mut largest = F32x4::splat(f32::NEG_INFINITY);
    for quad in values.iter() {
        largest = largest.max(F32x4::load(quad));
    }
    let largest = F32x4::splat(largest.largest());
    let mut sum = F32x4::splat(0.0);
    // Four at a time: engines of WebAssembly make the polynomial's constants anew each time they are used.
    let (fours, rest) = values.as_chunks_mut::<4>();
    for four in fours {
        let powers = four.each_ref().map(|quad| exp(F32x4::load(quad) - largest));
        for (quad, power) in four.iter_mut().zip(powers) {
            power.store(quad);
            sum = sum + power;
        }
    }
    for quad in rest {
        let power = exp(F32x4::load(quad) - largest);
        power.store(quad);
        sum = sum + power;
    }
    let scale = F32x4::splat(1.0 / sum.sum());
    for quad in values.iter_mut() {
        (F32x4::load(quad) * scale).store(quad);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_agrees_with_double_precision_over_its_whole_range() {
        let mut worst = 0f64;
        for i in 0..200_000 {
            let x = -87.2 + i as f32 * (175.0 / 200_000.0);
            let truth = f64::from(x).exp();
            worst = worst.max(((f64::from(exp_scalar(x)) - truth) / truth).abs());
        }
        assert!(worst < 2f64.powi(-22), "relative error {worst:e}");
    }

    #[test]
    fn exp_is_zero_below_its_range_and_finite_above() {
        assert_eq!(exp_scalar(-100.0), 0.0);
        assert_eq!(exp_scalar(f32::NEG_INFINITY), 0.0);
        assert!(exp_scalar(1e9).is_finite());
        assert_eq!(exp_scalar(0.0), 1.0);
    }

    #[test]
    fn softmax_gives_padding_nothing_and_sums_to_one() {
        let mut values = [3.0, 1.0, 2.0, 3.0, 5.0, f32::NEG_INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY];
        softmax(&mut values);
        assert_eq!(values[5..], [0.0; 3]);
        assert!((values.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert_eq!(values[0], values[3]);
    }
}
