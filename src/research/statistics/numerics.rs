//! Double-precision arithmetic for measurements on embeddings: inner products, the exponential and softmax.
//!
//! Sums run in the order of the values, so that they have the same bits on every machine and in any number
//! of threads.

/// The inner product of two slices; what one is longer than the other is left out.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Turns logits into probabilities; returns the logarithm of the sum of their exponentials.
pub fn softmax(logits: &mut [f64]) -> f64 {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    logits.iter_mut().for_each(|logit| *logit -= largest);
    exp(logits);
    let sum: f64 = logits.iter().sum();
    logits.iter_mut().for_each(|probability| *probability /= sum);
    largest + libm::log(sum)
}

const LOG2_E: f64 = std::f64::consts::LOG2_E;
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
const POLYNOMIAL: [f64; 5] = [
    1.666_666_666_666_660_2e-1,
    -2.777_777_777_701_559_3e-3,
    6.613_756_321_437_934e-5,
    -1.653_390_220_546_525_2e-6,
    4.138_136_797_057_238_5e-8,
];
/// Adding and subtracting 1.5 * 2^52 rounds to the nearest integer.
const ROUNDING: f64 = 6_755_399_441_055_744.0;
/// Below this the result is zero: the true value would be a denormal.
const LOWEST: f64 = -708.0;

/// e to the power of each of `values`, none of which is above zero: FreeBSD's `e_exp.c`, as `libm` has it, but
/// without a branch, so that the compiler takes several at once. Within one unit in the last place of `libm`'s.
pub fn exp(values: &mut [f64]) {
    for value in values {
        let x = value.max(LOWEST);
        let shifted = x * LOG2_E + ROUNDING;
        let power = shifted - ROUNDING;
        let (high, low) = (x - power * LN_2_HIGH, power * LN_2_LOW);
        let rest = high - low;
        let square = rest * rest;
        let [p1, p2, p3, p4, p5] = POLYNOMIAL;
        let c = rest - square * (p1 + square * (p2 + square * (p3 + square * (p4 + square * p5))));
        let mantissa = 1.0 + (rest * c / (2.0 - c) - low + high);
        // The last bits of `shifted` are the power; its first ones leave with the shift.
        let scale = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
        *value = if *value < LOWEST { 0.0 } else { mantissa * scale };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_that_of_libm_to_the_last_place_down_to_where_it_is_zero() {
        let mut random = crate::kernels::random::Random::new(2);
        let spread = [1e-9, 1e-3, 0.4, 1.0, 30.0, 707.0];
        let values: Vec<f64> =
            (0..120_000).map(|index| -random.uniform() * spread[index % spread.len()]).collect();
        let mut ours = values.clone();
        exp(&mut ours);
        for (value, ours) in values.iter().zip(&ours) {
            let apart = ours.to_bits().abs_diff(libm::exp(*value).to_bits());
            assert!(apart <= 1, "exp({value}) is {ours}, {apart} places away");
        }
        let mut ends = [0.0, -708.1, -1e300, f64::NEG_INFINITY];
        exp(&mut ends);
        assert_eq!(ends, [1.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn softmax_gives_probabilities_and_the_logarithm_of_their_sum() {
        let mut logits = [0.0, libm::log(3.0)];
        assert!((softmax(&mut logits) - libm::log(4.0)).abs() < 1e-15);
        assert!((logits[0] - 0.25).abs() < 1e-15 && (logits[1] - 0.75).abs() < 1e-15);
    }
}
