//! Intervals, tests and effect sizes. The references are SciPy and statsmodels: `tests/research/statistics.rs`
//! compares with their values. Written here, because each is a few lines, and crates for statistics use the platform's
//! mathematical functions, whose bits differ between machines.

mod bootstrap;
mod confidence_interval;
mod effect_size;
mod holm;
mod mcnemar;
mod moments;
pub mod numerics;
mod permutation;

pub use bootstrap::{Bootstrap, percentile};
pub use confidence_interval::{Estimate, difference_of_shares};
pub use effect_size::{association_effect, cohens_d};
pub use holm::holm;
pub use mcnemar::mcnemar_exact;
pub use moments::{deviation, mean};
pub use permutation::{Permutation, permutation_test};
