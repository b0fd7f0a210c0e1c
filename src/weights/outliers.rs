//! Outlier channels: those that a layer norm makes far larger than the rest.
//!
//! A quantized file lists them, because the weights that it keeps for them in f16 are in this order. In files of
//! before, which list none, they are those that the norm's gain and bias tell.

use std::collections::BTreeMap;

/// The outlier channels, ascending, of each norm that has some, by its name, as in `v.blk.3.ln1`.
pub type Outliers = BTreeMap<String, Vec<u32>>;
