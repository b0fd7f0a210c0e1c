//! Lanes of integers as one WebAssembly vector.

use super::super::simd128::{load, store, widening_load};
use std::arch::wasm32::*;
use std::ops::{Add, Mul, Sub};

/// Eight `i16`.
#[derive(Clone, Copy, Debug)]
pub struct I16x8(v128);

/// Four `i32`.
#[derive(Clone, Copy, Debug)]
pub struct I32x4(v128);

/// The first, second and last of each three bytes.
#[inline(always)]
pub fn thirds(bytes: &[u8; 48]) -> [[u8; 16]; 3] {
    let [a, b, c] = [0, 16, 32].map(|start| load(bytes[start..].first_chunk().expect("sixteen of 48 bytes")));
    // What lies in the first two vectors, and then with that what lies in the last.
    let first = i8x16_shuffle::<0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 0, 0, 0, 0, 0>(a, b);
    let first = i8x16_shuffle::<0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 20, 23, 26, 29>(first, c);
    let second = i8x16_shuffle::<1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 0, 0, 0, 0, 0>(a, b);
    let second = i8x16_shuffle::<0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 21, 24, 27, 30>(second, c);
    let third = i8x16_shuffle::<2, 5, 8, 11, 14, 17, 20, 23, 26, 29, 0, 0, 0, 0, 0, 0>(a, b);
    let third = i8x16_shuffle::<0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 19, 22, 25, 28, 31>(third, c);
    [store(first), store(second), store(third)]
}

impl I16x8 {
    /// `even` and `odd` in turns.
    #[inline(always)]
    pub fn pairs(even: i16, odd: i16) -> Self {
        Self(i32x4_splat(i32::from(even as u16) | i32::from(odd) << 16))
    }

    #[inline(always)]
    pub fn load(values: &[i16; 8]) -> Self {
        Self(load(values))
    }

    #[inline(always)]
    pub fn to_array(self) -> [i16; 8] {
        store(self.0)
    }

    /// Eight bytes, 0 to 255.
    #[inline(always)]
    pub fn widened(bytes: &[u8; 8]) -> Self {
        Self(widening_load(bytes))
    }

    /// Lanes of both in turns: from the first half of each, and from the second.
    #[inline(always)]
    pub fn interleaved(self, other: Self) -> [Self; 2] {
        let (first, second) = (
            i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(self.0, other.0),
            i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(self.0, other.0),
        );
        [Self(first), Self(second)]
    }

    /// The inner product of each two neighbouring lanes with those of `other`.
    #[inline(always)]
    pub fn dot(self, other: Self) -> I32x4 {
        I32x4(i32x4_dot_i16x8(self.0, other.0))
    }

    /// The lanes of both, clamped to -128..=127, and 128 added.
    #[inline(always)]
    pub fn levels(first: Self, second: Self) -> [u8; 16] {
        store(v128_xor(i8x16_narrow_i16x8(first.0, second.0), i8x16_splat(i8::MIN)))
    }
}

impl I32x4 {
    /// `value` in each lane.
    #[inline(always)]
    pub fn splat(value: i32) -> Self {
        Self(i32x4_splat(value))
    }

    #[cfg(test)]
    pub fn to_array(self) -> [i32; 4] {
        store(self.0)
    }

    #[inline(always)]
    pub fn shifted_left<const BITS: i32>(self) -> Self {
        Self(i32x4_shl(self.0, BITS as u32))
    }

    /// With the sign.
    #[inline(always)]
    pub fn shifted_right<const BITS: i32>(self) -> Self {
        Self(i32x4_shr(self.0, BITS as u32))
    }

    /// The lanes of both, clamped to what an `i16` holds.
    #[inline(always)]
    pub fn narrowed(first: Self, second: Self) -> I16x8 {
        I16x8(i16x8_narrow_i32x4(first.0, second.0))
    }

    /// The sum of the lanes of each of four vectors.
    #[inline(always)]
    pub fn sum_of_each(vectors: [Self; 4]) -> Self {
        let [a, b, c, d] = vectors.map(|vector| vector.0);
        let halves = |a, b| i32x4_add(i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<2, 6, 3, 7>(a, b));
        let (ab, cd) = (halves(a, b), halves(c, d));
        Self(i32x4_add(i64x2_shuffle::<0, 2>(ab, cd), i64x2_shuffle::<1, 3>(ab, cd)))
    }
}

impl Add for I16x8 {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(i16x8_add(self.0, other.0))
    }
}

impl Sub for I16x8 {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(i16x8_sub(self.0, other.0))
    }
}

impl Mul for I16x8 {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(i16x8_mul(self.0, other.0))
    }
}

impl Add for I32x4 {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(i32x4_add(self.0, other.0))
    }
}

impl Sub for I32x4 {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(i32x4_sub(self.0, other.0))
    }
}
