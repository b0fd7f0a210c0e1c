//! Lanes of integers as arrays, for targets without vectors of their own here.

use std::ops::{Add, Mul, Sub};

/// Eight `i16`.
#[derive(Clone, Copy, Debug)]
pub struct I16x8([i16; 8]);

/// Four `i32`.
#[derive(Clone, Copy, Debug)]
pub struct I32x4([i32; 4]);

/// The first, second and last of each three bytes.
#[inline(always)]
pub fn thirds(bytes: &[u8; 48]) -> [[u8; 16]; 3] {
    std::array::from_fn(|third| std::array::from_fn(|index| bytes[index * 3 + third]))
}

impl I16x8 {
    /// `even` and `odd` in turns.
    #[inline(always)]
    pub fn pairs(even: i16, odd: i16) -> Self {
        Self([even, odd, even, odd, even, odd, even, odd])
    }

    #[inline(always)]
    pub fn load(values: &[i16; 8]) -> Self {
        Self(*values)
    }

    #[inline(always)]
    pub fn to_array(self) -> [i16; 8] {
        self.0
    }

    /// Eight bytes, 0 to 255.
    #[inline(always)]
    pub fn widened(bytes: &[u8; 8]) -> Self {
        Self(bytes.map(i16::from))
    }

    /// Lanes of both in turns: from the first half of each, and from the second.
    #[inline(always)]
    pub fn interleaved(self, other: Self) -> [Self; 2] {
        let half = |first: usize| std::array::from_fn(|i| [self.0, other.0][i % 2][first + i / 2]);
        [Self(half(0)), Self(half(4))]
    }

    /// The inner product of each two neighbouring lanes with those of `other`.
    #[inline(always)]
    pub fn dot(self, other: Self) -> I32x4 {
        let product = |i: usize| i32::from(self.0[i]) * i32::from(other.0[i]);
        I32x4(std::array::from_fn(|i| product(2 * i).wrapping_add(product(2 * i + 1))))
    }

    /// The lanes of both, clamped to -128..=127, and 128 added.
    #[inline(always)]
    pub fn levels(first: Self, second: Self) -> [u8; 16] {
        std::array::from_fn(|i| ([first.0, second.0][i / 8][i % 8].clamp(-128, 127) + 128) as u8)
    }

    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(i16, i16) -> i16) -> Self {
        Self(std::array::from_fn(|i| f(self.0[i], other.0[i])))
    }
}

impl I32x4 {
    /// `value` in each lane.
    #[inline(always)]
    pub fn splat(value: i32) -> Self {
        Self([value; 4])
    }

    #[inline(always)]
    pub fn to_array(self) -> [i32; 4] {
        self.0
    }

    #[inline(always)]
    pub fn shifted_left<const BITS: i32>(self) -> Self {
        Self(self.0.map(|lane| lane << BITS))
    }

    /// With the sign.
    #[inline(always)]
    pub fn shifted_right<const BITS: i32>(self) -> Self {
        Self(self.0.map(|lane| lane >> BITS))
    }

    /// The lanes of both, clamped to what an `i16` holds.
    #[inline(always)]
    pub fn narrowed(first: Self, second: Self) -> I16x8 {
        let narrow = |lane: i32| lane.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
        I16x8(std::array::from_fn(|i| narrow([first.0, second.0][i / 4][i % 4])))
    }

    /// The sum of the lanes of each of four vectors.
    #[inline(always)]
    pub fn sum_of_each(vectors: [Self; 4]) -> Self {
        Self(vectors.map(|vector| vector.0.into_iter().fold(0, i32::wrapping_add)))
    }

    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(i32, i32) -> i32) -> Self {
        Self(std::array::from_fn(|i| f(self.0[i], other.0[i])))
    }
}

impl Add for I16x8 {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, i16::wrapping_add)
    }
}

impl Sub for I16x8 {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, i16::wrapping_sub)
    }
}

impl Mul for I16x8 {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, i16::wrapping_mul)
    }
}

impl Add for I32x4 {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, i32::wrapping_add)
    }
}

impl Sub for I32x4 {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, i32::wrapping_sub)
    }
}
