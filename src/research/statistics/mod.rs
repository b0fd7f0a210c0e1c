//! Intervals, tests and effect sizes. The references are SciPy and statsmodels: `tests/task` holds their
//! values.

mod bootstrap;
mod effect_size;
mod estimate;
mod holm;
mod mcnemar;
mod moments;
pub mod numerics;
mod permutation;

pub use bootstrap::{Bootstrap, percentile};
pub use effect_size::{association_effect, cohens_d};
pub use estimate::{Estimate, difference_of_shares};
pub use holm::holm;
pub use mcnemar::mcnemar_exact;
pub use moments::{deviation, mean};
pub use permutation::{Permutation, permutation_test};
