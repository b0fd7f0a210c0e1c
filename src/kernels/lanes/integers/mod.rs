//! Eight `i16` and four `i32` side by side: the unit in which resampling and JPEG's cosine transform work.
//!
//! They are vector registers on WebAssembly and on x86-64, and arrays elsewhere. Sums and products wrap around and a
//! narrowing saturates, lane by lane, so that all implementations give the same integers.

#[cfg(any(test, not(any(target_feature = "simd128", all(target_arch = "x86_64", target_feature = "sse2")))))]
mod portable;
#[cfg(target_feature = "simd128")]
mod simd128;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod sse2;

#[cfg(not(any(target_feature = "simd128", all(target_arch = "x86_64", target_feature = "sse2"))))]
pub use portable::{I16x8, I32x4, thirds};
#[cfg(target_feature = "simd128")]
pub use simd128::{I16x8, I32x4, thirds};
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
pub use sse2::{I16x8, I32x4, thirds};

impl I16x8 {
    /// Lane `i` of each of eight vectors as vector `i`.
    #[inline(always)]
    pub fn transposed(rows: [Self; 8]) -> [Self; 8] {
        // Each round puts the upper four between the lower four.
        let mut rows = rows;
        for _ in 0..3 {
            let [a, b, c, d, e, f, g, h] = rows;
            let [[a, b], [c, d], [e, f], [g, h]] =
                [a.interleaved(e), b.interleaved(f), c.interleaved(g), d.interleaved(h)];
            rows = [a, b, c, d, e, f, g, h];
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::random::Random;

    /// Eight numbers of every size, the extremes among them.
    fn eight(random: &mut Random) -> [i16; 8] {
        std::array::from_fn(|_| match random.below(4) {
            0 => [i16::MIN, -1, 0, 1, i16::MAX][random.below(5)],
            1 => random.below(256) as i16,
            _ => random.bits() as i16,
        })
    }

    #[test]
    fn vectors_of_integers_do_what_arrays_do() {
        use portable::I16x8 as Array;
        let mut random = Random::new(1);
        for _ in 0..4000 {
            let (a, b, c, d) =
                (eight(&mut random), eight(&mut random), eight(&mut random), eight(&mut random));
            let [x, y, z, w] = [a, b, c, d].map(|values| I16x8::load(&values));
            let [ax, ay, az, aw] = [a, b, c, d].map(|values| Array::load(&values));
            assert_eq!(x.to_array(), a);
            assert_eq!((x + y).to_array(), (ax + ay).to_array(), "add");
            assert_eq!((x - y).to_array(), (ax - ay).to_array(), "subtract");
            assert_eq!((x * y).to_array(), (ax * ay).to_array(), "multiply");
            assert_eq!(I16x8::pairs(a[0], a[1]).to_array(), Array::pairs(a[0], a[1]).to_array(), "pairs");
            let halves = x.interleaved(y).map(I16x8::to_array);
            assert_eq!(halves, ax.interleaved(ay).map(Array::to_array), "interleaved");
            assert_eq!(I16x8::levels(x, y), Array::levels(ax, ay), "levels");
            let bytes = a.map(|value| value as u8);
            assert_eq!(I16x8::widened(&bytes).to_array(), Array::widened(&bytes).to_array(), "widened");

            let dots = [x.dot(y), x.dot(z), y.dot(w), z.dot(w)];
            let expected = [ax.dot(ay), ax.dot(az), ay.dot(aw), az.dot(aw)];
            assert_eq!(dots.map(I32x4::to_array), expected.map(portable::I32x4::to_array), "dot");
            let ([p, q, ..], [ap, aq, ..]) = (dots, expected);
            assert_eq!((p + q).to_array(), (ap + aq).to_array(), "add");
            assert_eq!((p - q).to_array(), (ap - aq).to_array(), "subtract");
            assert_eq!(p.shifted_left::<15>().to_array(), ap.shifted_left::<15>().to_array(), "left");
            assert_eq!(p.shifted_right::<11>().to_array(), ap.shifted_right::<11>().to_array(), "right");
            let narrowed = I32x4::narrowed(p, q.shifted_right::<14>());
            let array = portable::I32x4::narrowed(ap, aq.shifted_right::<14>());
            assert_eq!(narrowed.to_array(), array.to_array(), "narrowed");
            let sums = I32x4::sum_of_each(dots).to_array();
            assert_eq!(sums, portable::I32x4::sum_of_each(expected).to_array(), "sum_of_each");
            assert_eq!(I32x4::splat(sums[0]).to_array(), portable::I32x4::splat(sums[0]).to_array(), "splat");
        }
    }

    #[test]
    fn a_transposed_block_has_rows_for_columns() {
        let rows: [[i16; 8]; 8] =
            std::array::from_fn(|row| std::array::from_fn(|column| (row * 8 + column) as i16));
        let columns = I16x8::transposed(rows.each_ref().map(I16x8::load)).map(I16x8::to_array);
        assert_eq!(columns, std::array::from_fn(|column| std::array::from_fn(|row| rows[row][column])));
    }

    #[test]
    fn every_third_byte_is_found() {
        let bytes: [u8; 48] = std::array::from_fn(|index| index as u8);
        assert_eq!(portable::thirds(&bytes)[1][..4], [1, 4, 7, 10]);
        assert_eq!(thirds(&bytes), portable::thirds(&bytes));
    }
}
