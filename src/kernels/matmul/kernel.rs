//! The implementations of the product of tiles with a panel, and which of them runs.

#![expect(
    unsafe_code,
    reason = "calls what only some processors can run, and what trusts the lengths checked here"
)]

#[cfg(target_arch = "x86_64")]
use std::arch::is_x86_feature_detected;
use std::sync::atomic::{AtomicU8, Ordering};

use serde::Serialize;

#[cfg(target_arch = "x86_64")]
use super::avx2;
#[cfg(all(target_feature = "simd128", feature = "relaxed"))]
use super::layout::ROWS;
use super::layout::{NARROW, Tile, tile_block_bytes};
#[cfg(target_arch = "aarch64")]
use super::neon;
use super::pack::Panel;
use super::portable;
#[cfg(all(target_feature = "simd128", feature = "relaxed"))]
use super::relaxed;
#[cfg(target_feature = "simd128")]
use super::simd128;
#[cfg(target_arch = "x86_64")]
use super::vnni;

/// An implementation of the tile product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kernel {
    /// Plain Rust: the reference.
    Portable,
    /// x86-64: `vpmaddubsw`, widened after each step, over all eight columns of a panel at once.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// x86-64: `vpdpbusd` over all eight columns of a panel.
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    /// x86-64: `vpdpbusd` over four columns and four rows.
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
    /// AArch64: products of 16 bits, added pairwise into 32.
    #[cfg(target_arch = "aarch64")]
    Neon,
    /// AArch64: `sdot`.
    #[cfg(target_arch = "aarch64")]
    NeonDot,
    /// WebAssembly SIMD: codes widened to 16 bits, `i32x4.dot_i16x8_s`.
    #[cfg(target_feature = "simd128")]
    Widening,
    /// Relaxed SIMD: `i16x8.relaxed_dot_i8x16_i7x16_s`, a whole block added up in 16 bits. Only for
    /// weights of five bits at most.
    #[cfg(all(target_feature = "simd128", feature = "relaxed"))]
    RelaxedNarrow,
    /// Relaxed SIMD: the same with two steps in 16 bits, where [`super::pairs`] of them fit.
    #[cfg(all(target_feature = "simd128", feature = "relaxed"))]
    RelaxedPairs,
    /// Relaxed SIMD: the same, in full tiles widened by a product with ones, for which V8's 256-bit code is shorter.
    #[cfg(all(target_feature = "simd128", feature = "relaxed"))]
    RelaxedPairsOnes,
    /// Relaxed SIMD: `i32x4.relaxed_dot_i8x16_i7x16_add_s`.
    #[cfg(all(target_feature = "simd128", feature = "relaxed"))]
    RelaxedDot,
}

/// The fastest implementation for weights of at most five bits, and for others, as indices of
/// [`Kernel::ALL`] plus one; 0 before autotuning.
static FASTEST: [AtomicU8; 2] = [AtomicU8::new(0), AtomicU8::new(0)];

impl Kernel {
    /// Every implementation in this build, slowest first as a rule. All give the same bits.
    pub const ALL: &[Self] = &[
        Self::Portable,
        #[cfg(target_arch = "x86_64")]
        Self::Avx2,
        #[cfg(target_arch = "x86_64")]
        Self::AvxVnni,
        #[cfg(target_arch = "x86_64")]
        Self::Avx512Vnni,
        #[cfg(target_arch = "aarch64")]
        Self::Neon,
        #[cfg(target_arch = "aarch64")]
        Self::NeonDot,
        #[cfg(target_feature = "simd128")]
        Self::Widening,
        #[cfg(all(target_feature = "simd128", feature = "relaxed"))]
        Self::RelaxedNarrow,
        #[cfg(all(target_feature = "simd128", feature = "relaxed"))]
        Self::RelaxedPairs,
        #[cfg(all(target_feature = "simd128", feature = "relaxed"))]
        Self::RelaxedPairsOnes,
        #[cfg(all(target_feature = "simd128", feature = "relaxed"))]
        Self::RelaxedDot,
    ];

    /// Whether this machine can run it on weights whose codes' magnitude is at most `largest`.
    pub fn can_run(self, largest: u8) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2"),
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("avxvnni"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => {
                is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512vnni")
            }
            #[cfg(target_arch = "aarch64")]
            Self::Neon => std::arch::is_aarch64_feature_detected!("neon"),
            #[cfg(target_arch = "aarch64")]
            Self::NeonDot => std::arch::is_aarch64_feature_detected!("dotprod"),
            #[cfg(all(target_feature = "simd128", feature = "relaxed"))]
            Self::RelaxedNarrow => largest <= NARROW,
            _ => largest <= 128,
        }
    }

    /// The implementation to use for weights whose codes' magnitude is at most `largest`: the one
    /// found fastest by [`autotune`](super::autotune), or the last in [`Self::ALL`] that can run.
    pub fn fastest(largest: u8) -> Self {
        match FASTEST[class(largest)].load(Ordering::Relaxed) {
            0 => Self::ALL
                .iter()
                .rev()
                .copied()
                .find(|kernel| kernel.can_run(largest))
                .unwrap_or(Self::Portable),
            found => Self::ALL[usize::from(found) - 1],
        }
    }

    /// Makes this the choice for weights like those of magnitude `largest`.
    pub(super) fn set_fastest(self, largest: u8) {
        let index = Self::ALL.iter().position(|kernel| *kernel == self);
        FASTEST[class(largest)].store(index.map_or(0, |index| index as u8 + 1), Ordering::Relaxed);
    }

    /// Whether it reads in which order a block's steps are taken.
    #[inline(always)]
    pub(super) fn takes_orders(self) -> bool {
        #[cfg(all(target_feature = "simd128", feature = "relaxed"))]
        return matches!(self, Self::RelaxedPairs | Self::RelaxedPairsOnes);
        #[cfg(not(all(target_feature = "simd128", feature = "relaxed")))]
        false
    }

    /// Adds the products of tiles of `R` rows, which lie side by side, with a panel to their `sums`. All have the same
    /// number of blocks, checked here once for the implementations below.
    #[inline(always)]
    pub(super) fn multiply<const R: usize>(self, tiles: &[u8], panel: Panel, sums: &mut [Tile<R>]) {
        let Panel { blocks: panel, orders } = panel;
        assert_eq!(tiles.len(), panel.len() * sums.len() * tile_block_bytes(R));
        assert!(!self.takes_orders() || orders.len() == panel.len());
        match self {
            Self::Portable => portable::multiply(tiles, panel, sums),
            // SAFETY: chosen only where `can_run` has seen AVX2.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { avx2::multiply(tiles, panel, sums) },
            // SAFETY: chosen only where `can_run` has seen their instructions.
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni => unsafe { vnni::multiply_256(tiles, panel, sums) },
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => unsafe { vnni::multiply_512(tiles, panel, sums) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Self::Neon => unsafe { neon::multiply(tiles, panel, sums) },
            #[cfg(target_arch = "aarch64")]
            Self::NeonDot => unsafe { neon::multiply_dot(tiles, panel, sums) },
            // SAFETY: the lengths have just been checked, and a module with relaxed SIMD runs only where there is some.
            #[cfg(target_feature = "simd128")]
            Self::Widening => unsafe { simd128::multiply(tiles, panel, sums) },
            #[cfg(all(target_feature = "simd128", feature = "relaxed"))]
            Self::RelaxedNarrow => unsafe { relaxed::multiply_narrow(tiles, panel, sums) },
            // Tiles of fewer rows are a small part of the work, and share the code of `RelaxedPairs`.
            #[cfg(all(target_feature = "simd128", feature = "relaxed"))]
            Self::RelaxedPairsOnes if R == ROWS => unsafe {
                relaxed::multiply_pairs::<R, true>(tiles, panel, orders, sums)
            },
            #[cfg(all(target_feature = "simd128", feature = "relaxed"))]
            Self::RelaxedPairs | Self::RelaxedPairsOnes => unsafe {
                relaxed::multiply_pairs::<R, false>(tiles, panel, orders, sums)
            },
            #[cfg(all(target_feature = "simd128", feature = "relaxed"))]
            Self::RelaxedDot => unsafe { relaxed::multiply(tiles, panel, sums) },
        }
    }
}

/// Which of [`FASTEST`] weights belong to.
fn class(largest: u8) -> usize {
    usize::from(largest > NARROW)
}
