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
    /// Pictures that it is of; of a difference between two sets, those of both.
    pub n: usize,
}

impl Estimate {
    /// The share of `successes` in `total`, by Wilson's score method (1927). Of nothing, nothing is known.
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

    /// The bounds alone.
    pub fn interval(&self) -> [f64; 2] {
        [self.low, self.high]
    }
}

/// The difference `a - b` of the shares of two independent samples, each (successes, total), by Newcombe's
/// hybrid of Wilson's intervals (1998, method 10).
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
