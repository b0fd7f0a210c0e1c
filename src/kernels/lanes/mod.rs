//! Four `f32` side by side: the unit in which every float kernel works.
//!
//! [`F32x4`] is a vector register where the build has `simd128` and an array elsewhere. Both do the
//! same IEEE operations lane by lane, so a kernel written once over it has the same bits everywhere.
//!
//! One thing is the machine's: where a module uses relaxed SIMD at all, LLVM 22 makes `relaxed_min` and `relaxed_max` of
//! [`F32x4::min`] and [`F32x4::max`] in all of it. Of a NaN and a number they may give either, and of two zeros either one.
//! So no kernel's result may depend on the sign of a zero that they give, and a NaN is a damaged model's.

pub mod integers;
#[cfg(any(test, not(target_feature = "simd128")))]
mod portable;
#[cfg(target_feature = "simd128")]
mod simd128;

#[cfg(not(target_feature = "simd128"))]
pub use portable::F32x4;
#[cfg(target_feature = "simd128")]
pub use simd128::{F32x4, transposed};

/// Adding 1.5 * 2^23 to |x| < 2^22 rounds it to the nearest integer, ties to even, and leaves that in the lowest bits.
const ROUNDING: f32 = 12_582_912.0;

impl F32x4 {
    /// Each lane rounded to the nearest integer, ties to even, and two to the power of that. Lanes must lie within
    /// -126..=127.
    #[inline(always)]
    pub fn round_and_exp2(self) -> (Self, Self) {
        let shifted = self.shifted();
        (shifted - Self::splat(ROUNDING), shifted.exp2_of_lowest_bits())
    }

    /// Sixteen lanes rounded to the nearest integer, ties to even, within 0..=127; NaN is 0.
    #[inline(always)]
    pub fn to_seven_bits(quads: [Self; 4]) -> [u8; 16] {
        let within = |quad| Self::splat(0.0).max(quad).min(Self::splat(127.0)).shifted();
        Self::bytes_less(quads.map(within), ROUNDING.to_bits())
    }

    /// Each lane with its nearest integer in its lowest bits.
    #[inline(always)]
    fn shifted(self) -> Self {
        self + Self::splat(ROUNDING)
    }

    /// Each lane rounded to the nearest integer, ties to even, within ±2^22: as `f32` and as an integer, of which a NaN
    /// gives any.
    #[inline(always)]
    pub fn to_nearest(self) -> (Self, [i32; 4]) {
        let shifted = self.shifted();
        (shifted - Self::splat(ROUNDING), shifted.bits_less(ROUNDING.to_bits()))
    }

    /// The smallest lane of each of four vectors, with the bits of [`F32x4::smallest`].
    #[inline(always)]
    pub fn smallest_of_each(vectors: [Self; 4]) -> Self {
        let [a, b, c, d] = Self::transposed(vectors);
        a.min(c).min(b.min(d))
    }

    /// The largest lane of each of four vectors, with the bits of [`F32x4::largest`].
    #[inline(always)]
    pub fn largest_of_each(vectors: [Self; 4]) -> Self {
        let [a, b, c, d] = Self::transposed(vectors);
        a.max(c).max(b.max(d))
    }

    /// The sum of the lanes: (0 + 2) + (1 + 3).
    #[inline(always)]
    pub fn sum(self) -> f32 {
        self.reduce(|x, y| x + y)
    }

    /// The largest lane.
    #[inline(always)]
    pub fn largest(self) -> f32 {
        self.reduce(Self::max)
    }

    /// The smallest lane.
    #[inline(always)]
    pub fn smallest(self) -> f32 {
        self.reduce(Self::min)
    }

    /// `merge(merge(0, 2), merge(1, 3))` of the lanes, without a branch.
    #[inline(always)]
    fn reduce(self, merge: impl Fn(Self, Self) -> Self) -> f32 {
        let halves = merge(self, self.swap_halves());
        merge(halves, halves.swap_neighbours()).first()
    }
}

/// The slice as groups of four.
///
/// # Panics
/// If the length is not a multiple of four: the callers' shapes are checked at load.
#[inline(always)]
pub fn quads(values: &[f32]) -> &[[f32; 4]] {
    let (quads, rest) = values.as_chunks::<4>();
    assert!(rest.is_empty(), "{} values are no whole number of lanes", values.len());
    quads
}

/// The slice as groups of four, to write to. Panics like [`quads`].
#[inline(always)]
pub fn quads_mut(values: &mut [f32]) -> &mut [[f32; 4]] {
    let (quads, rest) = values.as_chunks_mut::<4>();
    assert!(rest.is_empty(), "the values are no whole number of lanes");
    quads
}

/// The inner product of two slices of equal length. What is over a multiple of four is filled up with zeros.
///
/// # Panics
/// If the lengths differ.
#[inline(always)]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let ((a, last_a), (b, last_b)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    let mut sum = F32x4::splat(0.0);
    for (x, y) in a.iter().zip(b) {
        sum = sum + F32x4::load(x) * F32x4::load(y);
    }
    if !last_a.is_empty() {
        sum = sum + filled_up(last_a) * filled_up(last_b);
    }
    sum.sum()
}

/// Fewer than four values, with zeros after them.
fn filled_up(values: &[f32]) -> F32x4 {
    let mut quad = [0.0; 4];
    quad[..values.len()].copy_from_slice(values);
    F32x4::load(&quad)
}

/// The inner product of each of `rows` with each of `others`, with the bits of [`dot`]: side by side, because one sum
/// alone waits for itself. All have the same length, a multiple of four.
#[inline(always)]
pub fn dots<const M: usize, const N: usize>(rows: [&[f32]; M], others: [&[f32]; N]) -> [[f32; N]; M] {
    let length = rows.first().map_or(0, |row| row.len() / 4);
    let whole = |values| {
        let quads = quads(values);
        assert_eq!(quads.len(), length);
        &quads[..length]
    };
    let (rows, others) = (rows.map(whole), others.map(whole));
    let mut sums = [[F32x4::splat(0.0); N]; M];
    for index in 0..length {
        let others = others.map(|other| F32x4::load(&other[index]));
        for (sums, row) in sums.iter_mut().zip(rows) {
            let quad = F32x4::load(&row[index]);
            for (sum, other) in sums.iter_mut().zip(others) {
                *sum = *sum + quad * other;
            }
        }
    }
    sums.map(|row| row.map(F32x4::sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_goes_to_the_nearest_integer_and_ties_to_even() {
        let (rounded, powers) = F32x4::load(&[0.5, 1.5, -2.5, 126.7]).round_and_exp2();
        assert_eq!(rounded.to_array(), [0.0, 2.0, -2.0, 127.0]);
        assert_eq!(powers.to_array(), [1.0, 4.0, 0.25, 2f32.powi(127)]);
    }

    #[test]
    fn powers_of_two_cover_the_normal_range() {
        let (_, powers) = F32x4::load(&[-126.0, -1.0, 0.0, 127.0]).round_and_exp2();
        assert_eq!(powers.to_array(), [f32::MIN_POSITIVE, 0.5, 1.0, 2f32.powi(127)]);
    }

    #[test]
    fn seven_bits_hold_what_is_within_them_and_the_nearest_of_the_rest() {
        let codes = F32x4::to_seven_bits([
            F32x4::load(&[0.5, 1.5, 126.4, 127.4]),
            F32x4::load(&[-0.6, 1e30, -1e30, 300.0]),
            F32x4::load(&[f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY]),
            F32x4::splat(64.0),
        ]);
        assert_eq!(codes, [0, 2, 126, 127, 0, 127, 0, 127, 0, 0, 127, 0, 64, 64, 64, 64]);
    }

    #[test]
    fn the_nearest_integers_of_both_signs_have_ties_to_even() {
        let (rounded, integers) = F32x4::load(&[-32639.4, 2.5, -1.5, 0.0]).to_nearest();
        assert_eq!(rounded.to_array(), [-32639.0, 2.0, -2.0, 0.0]);
        assert_eq!(integers, [-32639, 2, -2, 0]);
    }

    #[test]
    fn the_least_and_the_most_of_four_vectors_are_those_of_each() {
        let vectors = [[4.0, -1.0, 3.0, 2.0], [0.0, -0.0, 7.0, 7.5], [-9.0, 1.0, -8.0, 6.0], [5.0; 4]];
        let vectors = vectors.map(|values| F32x4::load(&values));
        assert_eq!(F32x4::smallest_of_each(vectors).to_array(), vectors.map(F32x4::smallest));
        assert_eq!(F32x4::largest_of_each(vectors).to_array(), vectors.map(F32x4::largest));
    }

    #[test]
    fn products_side_by_side_have_the_bits_of_one_alone() {
        let row = |seed: u32| -> Vec<f32> {
            (0..24).map(|index| ((index * 37 + seed * 11) % 101) as f32 / 7.0 - 5.0).collect()
        };
        let (a, others) = (row(0), [row(1), row(2), row(3)]);
        let rows = [a.as_slice(), &others[0]];
        let together = dots(rows, others.each_ref().map(Vec::as_slice));
        assert_eq!(together, rows.map(|row| others.each_ref().map(|other| dot(row, other))));
    }

    #[test]
    fn a_product_of_any_length_is_that_of_the_values_with_zeros_after_them() {
        let values: Vec<f32> = (0..20).map(|index| (index * 37 % 11) as f32 / 3.0 - 1.5).collect();
        for length in 0..=9 {
            let (a, b) = (&values[..length], &values[9..][..length]);
            let with_zeros =
                |values: &[f32]| [values, &[0.0; 4][..length.next_multiple_of(4) - length]].concat();
            assert_eq!(dot(a, b), dot(&with_zeros(a), &with_zeros(b)), "{length}");
        }
    }

    /// Numbers of every size, both zeros, the infinities, no number, and the ends of what rounds to integers.
    const NUMBERS: [f32; 24] = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        1.5,
        -2.5,
        126.5,
        127.5,
        128.0,
        1e-45,
        -1e-45,
        1.2e-38,
        -3e-39,
        3.4e38,
        -3.4e38,
        8_388_607.5,
        4_194_303.5,
        -4_194_303.5,
        12_582_912.0,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        7e-9,
    ];

    /// Whether lanes have the same bits; where there is no number, its payload is the machine's.
    fn assert_same(found: F32x4, expected: portable::F32x4, of: &str) {
        let mut lanes = [0.0; 4];
        expected.store(&mut lanes);
        assert_eq!(lanes.map(f32::to_bits), expected.to_array().map(f32::to_bits));
        for (found, expected) in found.to_array().into_iter().zip(lanes) {
            let is_same = found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan();
            assert!(is_same, "{of}: {found:?}, not {expected:?}");
        }
    }

    #[test]
    fn vectors_do_what_arrays_do() {
        use portable::F32x4 as Array;
        let mut random = crate::kernels::random::Random::new(1);
        let mut quad = || -> [f32; 4] {
            std::array::from_fn(|_| match random.below(3) {
                0 => f32::from_bits(random.bits() as u32),
                _ => NUMBERS[random.below(NUMBERS.len())],
            })
        };
        for _ in 0..4000 {
            let (a, b, c, d) = (quad(), quad(), quad(), quad());
            let [x, y, z, w] = [a, b, c, d].map(|values| F32x4::load(&values));
            let [ax, ay, az, aw] = [a, b, c, d].map(|values| Array::load(&values));
            assert_same(F32x4::splat(a[0]), Array::splat(a[0]), "splat");
            assert_same(x + y, ax + ay, "add");
            assert_same(x - y, ax - ay, "subtract");
            assert_same(x * y, ax * ay, "multiply");
            assert_same(x / y, ax / ay, "divide");
            let is_any = |i: usize| a[i].is_nan() || b[i].is_nan() || a[i] == 0.0 && b[i] == 0.0;
            if !(cfg!(all(target_arch = "wasm32", feature = "relaxed")) && (0..4).any(is_any)) {
                assert_same(x.min(y), ax.min(ay), "min");
                assert_same(x.max(y), ax.max(ay), "max");
            }
            assert_same(x.if_less(y, z, w), ax.if_less(ay, az, aw), "if_less");
            assert_same(x.swap_halves(), ax.swap_halves(), "swap_halves");
            assert_same(x.swap_neighbours(), ax.swap_neighbours(), "swap_neighbours");
            assert_eq!(x.first().to_bits(), ax.first().to_bits(), "first");
            let rows = F32x4::transposed([x, y, z, w]).into_iter().zip(Array::transposed([ax, ay, az, aw]));
            rows.for_each(|(row, expected)| assert_same(row, expected, "transposed"));
            assert_eq!(x.bits_less(y.first().to_bits()), ax.bits_less(ay.first().to_bits()), "bits_less");
        }
    }

    #[test]
    fn vectors_take_the_integers_in_their_lowest_bits_as_arrays_do() {
        use portable::F32x4 as Array;
        let shifted = |n: i32| n as f32 + ROUNDING;
        for n in -126..=124 {
            let lanes = [n, n + 1, n + 2, n + 3].map(shifted);
            let (vector, array) = (F32x4::load(&lanes), Array::load(&lanes));
            assert_same(vector.exp2_of_lowest_bits(), array.exp2_of_lowest_bits(), "exp2_of_lowest_bits");
        }
        for n in 0..=240 {
            let quads: [[f32; 4]; 4] =
                std::array::from_fn(|quad| std::array::from_fn(|lane| shifted(n + (quad * 4 + lane) as i32)));
            let bytes = F32x4::bytes_less(quads.map(|quad| F32x4::load(&quad)), ROUNDING.to_bits());
            assert_eq!(bytes, Array::bytes_less(quads.map(|quad| Array::load(&quad)), ROUNDING.to_bits()));
        }
    }

    #[test]
    fn sums_pair_the_lanes_two_apart() {
        let lanes = [1e8, 1.0, -1e8, 1.0];
        assert_eq!(F32x4::load(&lanes).sum(), 2.0);
    }
}
