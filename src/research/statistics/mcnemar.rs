//! McNemar's test (1947) in its exact form.

/// The two-sided p of a paired comparison, from the pictures that only one of the two got right.
///
/// Under the hypothesis of no difference each of them is a fair coin, so this is twice the binomial tail.
pub fn mcnemar_exact(only_first: usize, only_second: usize) -> f64 {
    let (fewer, all) = (only_first.min(only_second), only_first + only_second);
    let ln_factorial = |n: usize| libm::lgamma(n as f64 + 1.0);
    let ln_all = ln_factorial(all) - all as f64 * std::f64::consts::LN_2;
    let chance = |k: usize| libm::exp(ln_all - ln_factorial(k) - ln_factorial(all - k));
    let tail: f64 = (0..=fewer).map(chance).sum();
    (2.0 * tail).min(1.0)
}
