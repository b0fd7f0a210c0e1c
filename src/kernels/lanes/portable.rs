//! Four lanes as an array, for machines without WebAssembly vectors. The compiler finds their own.

use std::ops::{Add, Div, Mul, Sub};

/// Four `f32`.
#[derive(Clone, Copy, Debug)]
pub struct F32x4([f32; 4]);

impl F32x4 {
    /// The same value in each lane.
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

    /// Two to the power of each lane, which must be an integer in -126..=127.
    #[inline(always)]
    pub fn exp2_of_integer(self) -> Self {
        Self(self.0.map(|n| f32::from_bits(((n as i32 + 127) << 23) as u32)))
    }

    /// Sixteen lanes as integers within 0..=127, towards zero; NaN is 0.
    #[inline(always)]
    pub fn to_seven_bits(quads: [Self; 4]) -> [u8; 16] {
        std::array::from_fn(|i| (quads[i / 4].0[i % 4] as i32).clamp(0, 127) as u8)
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
