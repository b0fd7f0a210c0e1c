//! The inverse cosine transform: libjpeg-turbo's accurate one, as its vector code computes it.
//!
//! The algorithm is Loeffler, Ligtenberg and Moschytz's of 1989 with 13 fractional bits. Products are exact;
//! what lies between the two passes has 16 bits and saturates. Both matter for damaged files alone.

use crate::kernels::lanes::integers::{I16x8, I32x4};

/// Constants with 13 fractional bits.
const F0_298: i32 = 2446;
const F0_390: i32 = 3196;
const F0_541: i32 = 4433;
const F0_765: i32 = 6270;
const F0_899: i32 = 7373;
const F1_175: i32 = 9633;
const F1_501: i32 = 12299;
const F1_847: i32 = 15137;
const F1_961: i32 = 16069;
const F2_053: i32 = 16819;
const F2_562: i32 = 20995;
const F3_072: i32 = 25172;
const FRACTION: i32 = 13;
/// Bits that the first pass keeps.
const KEPT: u32 = 2;

/// Eight rows of eight samples from a block of coefficients and their quantization, both row after row.
pub(super) fn samples(coefficients: &[i16; 64], quantization: &[u16; 64]) -> [[u8; 8]; 8] {
    let rows = coefficients.as_chunks::<8>().0;
    let steps = quantization.as_chunks::<8>().0;
    let value = |row: usize| I16x8::load(&rows[row]) * I16x8::load(&steps[row].map(|step| step as i16));
    let columns = if coefficients[8..].iter().fold(0, |any, coefficient| any | coefficient) == 0 {
        let first = (value(0) * I16x8::pairs(1 << KEPT, 1 << KEPT)).to_array();
        first.map(|value| I16x8::pairs(value, value))
    } else {
        I16x8::transposed(pass::<{ FRACTION - KEPT as i32 }>(std::array::from_fn(value)))
    };
    let levels = I16x8::transposed(pass::<{ FRACTION + KEPT as i32 + 3 }>(columns));
    let mut samples = [[0; 8]; 8];
    for (rows, levels) in samples.as_chunks_mut::<2>().0.iter_mut().zip(levels.as_chunks::<2>().0) {
        let both = I16x8::levels(levels[0], levels[1]);
        rows.as_flattened_mut().copy_from_slice(&both);
    }
    samples
}

/// Eight transforms of eight values, one in each lane.
#[inline(always)]
fn pass<const SHIFT: i32>(values: [I16x8; 8]) -> [I16x8; 8] {
    let [v0, v1, v2, v3, v4, v5, v6, v7] = values;
    // Of values side by side, the first times one constant and the second times another.
    let products = |values: [I16x8; 2], first: i32, second: i32| {
        values.map(|half| half.dot(I16x8::pairs(first as i16, second as i16)))
    };
    let zero = I16x8::pairs(0, 0);

    let sum = products((v0 + v4).interleaved(zero), 1 << FRACTION, 0);
    let difference = products((v0 - v4).interleaved(zero), 1 << FRACTION, 0);
    let sides = v2.interleaved(v6);
    let high = products(sides, F0_541 + F0_765, F0_541);
    let low = products(sides, F0_541, F0_541 - F1_847);
    let even = [plus(sum, high), plus(difference, low), minus(difference, low), minus(sum, high)];

    let sums = (v7 + v3).interleaved(v5 + v1);
    let c = products(sums, F1_175 - F1_961, F1_175);
    let d = products(sums, F1_175, F1_175 - F0_390);
    let (outer, inner) = (v7.interleaved(v1), v5.interleaved(v3));
    let odd = [
        plus(products(outer, -F0_899, F1_501 - F0_899), d),
        plus(products(inner, -F2_562, F3_072 - F2_562), c),
        plus(products(inner, F2_053 - F2_562, -F2_562), d),
        plus(products(outer, F0_298 - F0_899, -F0_899), c),
    ];

    let mut out = values;
    for k in 0..4 {
        let rounded = |[first, second]: [I32x4; 2]| {
            let shifted = |half: I32x4| (half + I32x4::splat(1 << (SHIFT - 1))).shifted_right::<SHIFT>();
            I32x4::narrowed(shifted(first), shifted(second))
        };
        out[k] = rounded(plus(even[k], odd[k]));
        out[7 - k] = rounded(minus(even[k], odd[k]));
    }
    out
}

#[inline(always)]
fn plus([a, b]: [I32x4; 2], [c, d]: [I32x4; 2]) -> [I32x4; 2] {
    [a + c, b + d]
}

#[inline(always)]
fn minus([a, b]: [I32x4; 2], [c, d]: [I32x4; 2]) -> [I32x4; 2] {
    [a - c, b - d]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::random::Random;

    /// The transform by its definition, a value at a time.
    fn reference(coefficients: &[i16; 64], quantization: &[u16; 64]) -> [[u8; 8]; 8] {
        let mut rows = [[0i16; 8]; 8];
        for (index, value) in rows.as_flattened_mut().iter_mut().enumerate() {
            *value = coefficients[index].wrapping_mul(quantization[index] as i16);
        }
        let columns = if coefficients[8..].iter().all(|&coefficient| coefficient == 0) {
            transposed([rows[0].map(|value| value.wrapping_shl(KEPT)); 8])
        } else {
            transposed(plain_pass(&rows, FRACTION - KEPT as i32))
        };
        let levels = transposed(plain_pass(&columns, FRACTION + KEPT as i32 + 3));
        levels.map(|row| row.map(|level| (level.clamp(-128, 127) + 128) as u8))
    }

    fn plain_pass(values: &[[i16; 8]; 8], shift: i32) -> [[i16; 8]; 8] {
        let mut out = [[0; 8]; 8];
        for lane in 0..8 {
            let [v0, v1, v2, v3, v4, v5, v6, v7] = values.map(|row| row[lane]);
            let wide = i32::from;

            let sum = wide(v0.wrapping_add(v4)) << FRACTION;
            let difference = wide(v0.wrapping_sub(v4)) << FRACTION;
            let (v2, v6) = (wide(v2), wide(v6));
            let high = v2 * (F0_541 + F0_765) + v6 * F0_541;
            let low = v2 * F0_541 + v6 * (F0_541 - F1_847);
            let even = [sum + high, difference + low, difference - low, sum - high];

            let (a, b) = (wide(v7.wrapping_add(v3)), wide(v5.wrapping_add(v1)));
            let (v1, v3, v5, v7) = (wide(v1), wide(v3), wide(v5), wide(v7));
            let c = a * (F1_175 - F1_961) + b * F1_175;
            let d = a * F1_175 + b * (F1_175 - F0_390);
            let odd = [
                v7 * -F0_899 + v1 * (F1_501 - F0_899) + d,
                v5 * -F2_562 + v3 * (F3_072 - F2_562) + c,
                v5 * (F2_053 - F2_562) + v3 * -F2_562 + d,
                v7 * (F0_298 - F0_899) + v1 * -F0_899 + c,
            ];

            for k in 0..4 {
                let rounded = |value: i32| {
                    let value = value.wrapping_add(1 << (shift - 1)) >> shift;
                    value.clamp(i16::MIN.into(), i16::MAX.into()) as i16
                };
                out[k][lane] = rounded(even[k].wrapping_add(odd[k]));
                out[7 - k][lane] = rounded(even[k].wrapping_sub(odd[k]));
            }
        }
        out
    }

    fn transposed(values: [[i16; 8]; 8]) -> [[i16; 8]; 8] {
        let mut out = [[0; 8]; 8];
        for (row, values) in values.iter().enumerate() {
            for (column, &value) in values.iter().enumerate() {
                out[column][row] = value;
            }
        }
        out
    }

    #[test]
    fn blocks_in_lanes_have_the_samples_of_the_plain_transform() {
        let mut random = Random::new(1);
        for round in 0..20_000 {
            let size = [3, 40, 1000, 1 << 16][round % 4];
            let value = |random: &mut Random| (random.below(size) as i32 - size as i32 / 2) as i16;
            let mut block = [0; 64];
            let filled = [1, 2, 9, 64][round / 4 % 4];
            block[..filled].fill_with(|| value(&mut random));
            let highest = [1, 16, 255, 65_535][round / 16 % 4];
            let quantization = std::array::from_fn(|_| 1 + random.below(highest) as u16);
            assert_eq!(samples(&block, &quantization), reference(&block, &quantization), "{block:?}");
        }
    }
}
