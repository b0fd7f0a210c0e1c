//! A value with its 95 % interval; Wilson's interval of a proportion, which needs no resampling.

use serde::Serialize;

/// The two-sided 95 % quantile of the normal distribution.
const Z_95: f64 = 1.959_963_984_540_054;

/// A value with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    /// The number of pictures; for a difference between two sets, of both together.
    pub n: usize,
}

impl Estimate {
    /// The proportion `successes / total` with Wilson's score interval (1927); for a total of 0, the interval is 0 to 1.
    pub fn share(successes: usize, total: usize) -> Self {
        if total == 0 {
            return Self { value: 0.0, low: 0.0, high: 1.0, n: 0 };
        }
        let (n, p) = (total as f64, successes as f64 / total as f64);
        let z2 = Z_95 * Z_95 / n;
        let centre = (p + z2 / 2.0) / (1.0 + z2);
        let half = Z_95 * (p * (1.0 - p) / n + z2 / (4.0 * n)).sqrt() / (1.0 + z2);
        Self { value: p, low: (centre - half).max(0.0), high: (centre + half).min(1.0), n: total }
    }

    /// The bounds of the interval.
    pub fn interval(&self) -> [f64; 2] {
        [self.low, self.high]
    }
}

/// The difference `a - b` of the proportions of two independent samples, each (successes, total), with Newcombe's
/// hybrid score interval (1998, method 10).
pub fn difference_of_shares(a: (usize, usize), b: (usize, usize)) -> Estimate {
    let (a, b) = (Estimate::share(a.0, a.1), Estimate::share(b.0, b.1));
    let reach = |x: f64, y: f64| (x * x + y * y).sqrt();
    let value = a.value - b.value;
    Estimate {
        value,
        low: value - reach(a.value - a.low, b.high - b.value),
        high: value + reach(a.high - a.value, b.value - b.low),
        n: a.n + b.n,
    }
}
