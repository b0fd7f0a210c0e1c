//! The inverse cosine transform: libjpeg-turbo's accurate one, as its vector code computes it.
//!
//! The algorithm is Loeffler, Ligtenberg and Moschytz's of 1989 with 13 fractional bits. Products are exact;
//! what lies between the two passes has 16 bits and saturates. Both matter for damaged files alone.

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
const FRACTION: u32 = 13;
/// Bits that the first pass keeps.
const KEPT: u32 = 2;

/// Eight rows of eight samples from a block of coefficients and their quantization, both row after row.
pub(super) fn samples(coefficients: &[i16; 64], quantization: &[u16; 64]) -> [[u8; 8]; 8] {
    let mut rows = [[0i16; 8]; 8];
    for ((row, coefficients), steps) in
        rows.iter_mut().zip(coefficients.as_chunks::<8>().0).zip(quantization.as_chunks::<8>().0)
    {
        for ((value, &coefficient), &step) in row.iter_mut().zip(coefficients).zip(steps) {
            *value = coefficient.wrapping_mul(step as i16);
        }
    }
    let columns = if coefficients[8..].iter().all(|&coefficient| coefficient == 0) {
        transposed([rows[0].map(|value| value.wrapping_shl(KEPT)); 8])
    } else {
        transposed(pass::<{ FRACTION - KEPT }>(&rows))
    };
    let levels = transposed(pass::<{ FRACTION + KEPT + 3 }>(&columns));
    levels.map(|row| row.map(|level| (level.clamp(-128, 127) + 128) as u8))
}

/// Eight transforms of eight values, one in each lane.
#[inline(always)]
fn pass<const SHIFT: u32>(values: &[[i16; 8]; 8]) -> [[i16; 8]; 8] {
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
                let value = value.wrapping_add(1 << (SHIFT - 1)) >> SHIFT;
                value.clamp(i16::MIN.into(), i16::MAX.into()) as i16
            };
            out[k][lane] = rounded(even[k].wrapping_add(odd[k]));
            out[7 - k][lane] = rounded(even[k].wrapping_sub(odd[k]));
        }
    }
    out
}

#[inline(always)]
fn transposed(values: [[i16; 8]; 8]) -> [[i16; 8]; 8] {
    let mut out = [[0; 8]; 8];
    for (row, values) in values.iter().enumerate() {
        for (column, &value) in values.iter().enumerate() {
            out[column][row] = value;
        }
    }
    out
}
