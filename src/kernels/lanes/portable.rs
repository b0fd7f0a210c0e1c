//! Four lanes as an array, for targets without WebAssembly SIMD; the compiler vectorizes it.

use std::ops::{Add, Div, Mul, Sub};

/// Four `f32`.
#[derive(Clone, Copy, Debug)]
pub struct F32x4([f32; 4]);

impl F32x4 {
    /// `value` in each lane.
    #[inline(always)]
    pub fn splat(value: f32) -> Self {
        Self([value; 4])
    }

    #[inline(always)]
    pub fn load(values: &[f32; 4]) -> Self {
        Self(*values)
    }

    #[inline(always)]
    pub fn store(self, values: &mut [f32; 4]) {
        *values = self.0;
    }

    #[inline(always)]
    pub fn to_array(self) -> [f32; 4] {
        self.0
    }

    /// Lane 0.
    #[inline(always)]
    pub(super) fn first(self) -> f32 {
        self.0[0]
    }

    /// Lanes 2, 3, 0, 1.
    #[inline(always)]
    pub(super) fn swap_halves(self) -> Self {
        let [a, b, c, d] = self.0;
        Self([c, d, a, b])
    }

    /// Lanes 1, 0, 3, 2.
    #[inline(always)]
    pub(super) fn swap_neighbours(self) -> Self {
        let [a, b, c, d] = self.0;
        Self([b, a, d, c])
    }

    /// Lane `i` of each of four vectors as vector `i`.
    #[inline(always)]
    pub(super) fn transposed(rows: [Self; 4]) -> [Self; 4] {
        std::array::from_fn(|i| Self(rows.map(|row| row.0[i])))
    }

    /// The bits of each lane, less those of `base`.
    #[inline(always)]
    pub(super) fn bits_less(self, base: u32) -> [i32; 4] {
        self.0.map(|lane| lane.to_bits().wrapping_sub(base) as i32)
    }

    /// Lane by lane `if other < self { other } else { self }`.
    #[inline(always)]
    pub fn min(self, other: Self) -> Self {
        self.zip(other, |x, y| if y < x { y } else { x })
    }

    /// Lane by lane `if self < other { other } else { self }`.
    #[inline(always)]
    pub fn max(self, other: Self) -> Self {
        self.zip(other, |x, y| if x < y { y } else { x })
    }

    /// Lane by lane `if self < bound { value } else { otherwise }`.
    #[inline(always)]
    pub fn if_less(self, bound: Self, value: Self, otherwise: Self) -> Self {
        let pick = |i: usize| if self.0[i] < bound.0[i] { value.0[i] } else { otherwise.0[i] };
        Self([pick(0), pick(1), pick(2), pick(3)])
    }

    /// Two to the power of the integer -126..=127 that a lane has in its lowest bits: see [`F32x4::shifted`].
    #[inline(always)]
    pub(super) fn exp2_of_lowest_bits(self) -> Self {
        Self(self.0.map(|n| f32::from_bits(n.to_bits().wrapping_add(127) << 23)))
    }

    /// The bits of sixteen lanes, less those of `base`: within 0..=255.
    #[inline(always)]
    pub(super) fn bytes_less(quads: [Self; 4], base: u32) -> [u8; 16] {
        std::array::from_fn(|i| quads[i / 4].0[i % 4].to_bits().wrapping_sub(base) as u8)
    }

    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        let (a, b) = (self.0, other.0);
        Self([f(a[0], b[0]), f(a[1], b[1]), f(a[2], b[2]), f(a[3], b[3])])
    }
}

impl Add for F32x4 {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |x, y| x + y)
    }
}

impl Sub for F32x4 {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |x, y| x - y)
    }
}

impl Mul for F32x4 {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |x, y| x * y)
    }
}

impl Div for F32x4 {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.zip(other, |x, y| x / y)
    }
}
