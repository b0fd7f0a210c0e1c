//! Arithmetic on slices: knows no model, no file, no image.
//!
//! Every output has one fixed order of operations, so that each build, flavour and number of
//! threads gives the same bits. Three rules make it so:
//!
//! - Products of quantized weights are sums of integers, which are exact in any order.
//! - `f32` sums run in four [`lanes`], the same four whether the machine has vectors or not, and
//!   products are never fused with sums.
//! - `exp` and what is built on it are polynomials of our own, not the platform's.

pub mod activation;
pub mod attention;
pub mod convolution;
pub mod exp;
pub mod lanes;
pub mod layer_norm;
pub mod matmul;
pub mod random;
pub mod resample;
pub mod rotary;
pub mod threads;

#[cfg(test)]
mod tests;
