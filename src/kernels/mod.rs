//! Arithmetic on slices, in one fixed order per output, so that every build gives the same bits.

pub mod resample;
