//! Products of activations with quantized weights: `out[r, c] = sum_k a[r, k] * w[c, k]`.
//!
//! # The contract
//!
//! Both operands come in blocks of [`BLOCK`] along the inner dimension `k`:
//!
//! - weights `w = s_w * q`, with `q` a signed byte;
//! - activations `a = s_a * (u + z)`, with `u` in 0..=127 and `z` of 16 bits (see [`Activations`]).
//!
//! A block's `dot = sum u * q + z * sum q` is an exact integer of 32 bits, and block after block, in ascending order,
//!
//! ```text
//! acc = acc + f32(dot) * (s_a * s_w)
//! ```
//!
//! each operation rounded to `f32` on its own. Where activations have two [`Digits`], what the first leaves of them,
//! `a - s_a * (u + z)` with product and difference rounded, is quantized in the same way, and its blocks come after all of
//! those. Then come the few outlier channels, known at load, that are kept out of both operands' codes because their values
//! are many times as large as the rest: `acc = acc + a * w`, in ascending order, in f32. Every implementation follows this to
//! the bit; they differ only in how they reach the integer. Seven bits for the activations keep
//! `i16x8.relaxed_dot_i8x16_i7x16_s` in the range where all machines agree: two products of a signed byte with at most 127
//! fit 16 bits.
//!
//! `layout` says how both lie in memory.

mod activations;
pub mod autotune;
#[cfg(target_arch = "x86_64")]
mod avx2;
mod epilogue;
mod interleave;
mod kernel;
mod layout;
#[cfg(target_arch = "aarch64")]
mod neon;
mod pack;
mod pairs;
mod portable;
mod product;
#[cfg(all(target_feature = "simd128", feature = "relaxed"))]
mod relaxed;
#[cfg(target_feature = "simd128")]
mod simd128;
mod tiles;
#[cfg(target_arch = "x86_64")]
mod vnni;

pub use activations::{Activations, Digits, Rows};
pub use kernel::Kernel;
pub use pack::PackedMatrix;

use std::sync::atomic::{AtomicU64, Ordering};

use super::activation::Activation;
use epilogue::{Finish, Target};
use tiles::Tiles;

/// Values of the inner dimension that share a scale.
pub const BLOCK: usize = 32;

/// How many products this process has computed.
static PRODUCTS: AtomicU64 = AtomicU64::new(0);

/// How many products with packed matrices this process has computed: each reads its weights once.
pub fn products() -> u64 {
    PRODUCTS.load(Ordering::Relaxed)
}

/// What happens to a sum before it is stored: `+ bias`, then the activation, then `+ out`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Epilogue<'a> {
    /// One value a column.
    pub bias: Option<&'a [f32]>,
    pub activation: Option<Activation>,
    /// Whether the result is added to what the output holds (a residual) instead of replacing it.
    pub add_to_output: bool,
}

/// Where a product goes: columns `first..first + columns` of a matrix `[rows, stride]`.
#[derive(Debug)]
pub struct Output<'a> {
    pub values: &'a mut [f32],
    pub stride: usize,
    pub first: usize,
}

impl PackedMatrix {
    /// Multiplies `activations` `[rows, in_features]` with this matrix into `output`.
    ///
    /// # Panics
    /// If the shapes do not fit together: models check theirs at load.
    pub fn multiply(&self, activations: &Activations, epilogue: Epilogue, output: Output) {
        self.multiply_with(Kernel::fastest(self.largest_code()), activations, epilogue, output);
    }

    /// [`Self::multiply`] with a chosen implementation.
    ///
    /// # Panics
    /// As [`Self::multiply`], and if the implementation cannot run here.
    pub fn multiply_with(
        &self,
        kernel: Kernel,
        activations: &Activations,
        epilogue: Epilogue,
        output: Output,
    ) {
        let first = output.first;
        let tiles = Tiles::new(output, activations.rows(), self.columns());
        let target = Target::Matrix { tiles, first };
        self.run(kernel, &Finish { matrix: self, activations, epilogue, target });
    }

    /// Multiplies `activations` `[rows, in_features]` with this matrix into the activations of another product
    /// `[rows, columns]`, which has these `digits`, with the bits of [`Activations::quantize`] without outlier channels: what
    /// lies between is never in memory as a whole.
    ///
    /// # Panics
    /// As [`Self::multiply`], if the columns are no whole blocks, and if something is to be added to the output.
    pub fn multiply_into(
        &self,
        activations: &Activations,
        epilogue: Epilogue,
        next: &mut Activations,
        digits: Digits,
    ) {
        assert!(!epilogue.add_to_output);
        let target = Target::Activations(next.begin_plain(activations.rows(), self.columns(), digits));
        let kernel = Kernel::fastest(self.largest_code());
        self.run(kernel, &Finish { matrix: self, activations, epilogue, target });
    }
}

#[cfg(test)]
mod contract_tests;
#[cfg(test)]
mod tests;
