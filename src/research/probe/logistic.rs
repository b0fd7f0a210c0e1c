//! Multinomial logistic regression with scikit-learn's objective: `c` times the sum of the losses plus half the squared
//! weights, with intercepts that are not penalized. It is minimized by Newton's method with conjugate gradients, here and
//! not by a crate, because the same data must give the same bits on every machine.

use crate::research::statistics::numerics::{dot, softmax};

/// One labelled row of features.
pub type Sample<'a> = (&'a [f32], usize);

const MAX_STEPS: usize = 100;
const MAX_GRADIENTS: usize = 400;
/// The fit is done when no weight pulls by more than this.
const SETTLED: f64 = 1e-10;
/// How far each step solves its linear system.
const SOLVED: f64 = 1e-2;

/// A fitted classifier.
#[derive(Clone, Debug)]
pub struct Logistic {
    /// `[classes, width + 1]`; the last of a row is the intercept.
    weights: Vec<f64>,
    width: usize,
}

impl Logistic {
    /// Fits `samples` of `width` features into `classes` classes; `c` is the inverse of the regularisation.
    ///
    /// # Panics
    /// If a row or a class is out of range.
    pub fn fit(samples: &[Sample], width: usize, classes: usize, c: f64) -> Self {
        let mut model = Self { weights: vec![0.0; classes * (width + 1)], width };
        for _ in 0..MAX_STEPS {
            let probabilities = model.probabilities_of_each(samples);
            let gradient = model.gradient(samples, &probabilities, c);
            if gradient.iter().fold(0.0, |most: f64, pull| most.max(pull.abs())) < SETTLED {
                break;
            }
            let step = model.newton_step(samples, &probabilities, &gradient, c);
            if !model.descend(samples, &step, dot(&gradient, &step), c) {
                break;
            }
        }
        model
    }

    /// The class with the highest logit.
    pub fn predict(&self, row: &[f32]) -> usize {
        let logits = self.logits(row);
        (1..logits.len()).fold(0, |best, class| if logits[class] > logits[best] { class } else { best })
    }

    /// The probability of each class. `[classes]`
    pub fn probabilities(&self, row: &[f32]) -> Vec<f64> {
        let mut logits = self.logits(row);
        softmax(&mut logits);
        logits
    }

    fn logits(&self, row: &[f32]) -> Vec<f64> {
        let logit = |weights: &[f64]| {
            let sum: f64 = weights.iter().zip(row).map(|(weight, &value)| weight * f64::from(value)).sum();
            sum + weights[self.width]
        };
        self.weights.chunks_exact(self.width + 1).map(logit).collect()
    }

    /// The probabilities of each sample. `[samples][classes]`
    fn probabilities_of_each(&self, samples: &[Sample]) -> Vec<Vec<f64>> {
        samples.iter().map(|(row, _)| self.probabilities(row)).collect()
    }

    fn loss(&self, samples: &[Sample], c: f64) -> f64 {
        let of_sample = |(row, class): &Sample| {
            let mut logits = self.logits(row);
            let own = logits[*class];
            softmax(&mut logits) - own
        };
        c * samples.iter().map(of_sample).sum::<f64>() + 0.5 * self.regularised(&self.weights, &self.weights)
    }

    /// The product of two sets of weights without their intercepts.
    fn regularised(&self, a: &[f64], b: &[f64]) -> f64 {
        let rows = |weights| <[f64]>::chunks_exact(weights, self.width + 1);
        rows(a).zip(rows(b)).map(|(a, b)| dot(&a[..self.width], &b[..self.width])).sum()
    }

    fn gradient(&self, samples: &[Sample], probabilities: &[Vec<f64>], c: f64) -> Vec<f64> {
        let pull = |(probabilities, (_, own)): (&Vec<f64>, &Sample)| {
            let wanted = |class: usize| if class == *own { 1.0 } else { 0.0 };
            probabilities
                .iter()
                .enumerate()
                .map(|(class, probability)| c * (probability - wanted(class)))
                .collect()
        };
        let pulls: Vec<Vec<f64>> = probabilities.iter().zip(samples).map(pull).collect();
        self.backward(samples, &pulls, &self.weights)
    }

    /// The second derivative times a direction.
    fn curvature(
        &self,
        samples: &[Sample],
        probabilities: &[Vec<f64>],
        direction: &[f64],
        c: f64,
    ) -> Vec<f64> {
        let along = Self { weights: direction.to_vec(), width: self.width };
        let pull = |(probabilities, (row, _)): (&Vec<f64>, &Sample)| {
            let change = along.logits(row);
            let mean = dot(probabilities, &change);
            probabilities
                .iter()
                .zip(&change)
                .map(|(probability, change)| c * probability * (change - mean))
                .collect()
        };
        let pulls: Vec<Vec<f64>> = probabilities.iter().zip(samples).map(pull).collect();
        self.backward(samples, &pulls, direction)
    }

    /// The pulls on the logits as pulls on the weights, with the regularisation's own along `direction`.
    fn backward(&self, samples: &[Sample], pulls: &[Vec<f64>], direction: &[f64]) -> Vec<f64> {
        let mut result = direction.to_vec();
        result.chunks_exact_mut(self.width + 1).for_each(|weights| weights[self.width] = 0.0);
        for (pulls, (row, _)) in pulls.iter().zip(samples) {
            for (weights, pull) in result.chunks_exact_mut(self.width + 1).zip(pulls) {
                weights.iter_mut().zip(*row).for_each(|(sum, &value)| *sum += pull * f64::from(value));
                weights[self.width] += pull;
            }
        }
        result
    }

    /// Solves curvature times step = -gradient, as far as is worth it.
    fn newton_step(
        &self,
        samples: &[Sample],
        probabilities: &[Vec<f64>],
        gradient: &[f64],
        c: f64,
    ) -> Vec<f64> {
        let mut step = vec![0.0; gradient.len()];
        let mut residual: Vec<f64> = gradient.iter().map(|pull| -pull).collect();
        let mut direction = residual.clone();
        let mut square = dot(&residual, &residual);
        let enough = square * (SOLVED * square.sqrt().min(1.0)).powi(2);
        for _ in 0..MAX_GRADIENTS {
            let curved = self.curvature(samples, probabilities, &direction, c);
            let bend = dot(&direction, &curved);
            if bend <= 0.0 {
                break;
            }
            let length = square / bend;
            step.iter_mut().zip(&direction).for_each(|(step, along)| *step += length * along);
            residual.iter_mut().zip(&curved).for_each(|(left, curved)| *left -= length * curved);
            let next = dot(&residual, &residual);
            if next <= enough {
                break;
            }
            let turn = next / square;
            direction.iter_mut().zip(&residual).for_each(|(along, left)| *along = left + turn * *along);
            square = next;
        }
        step
    }

    /// Goes along `step`, halved until the loss falls; false where it does not.
    fn descend(&mut self, samples: &[Sample], step: &[f64], slope: f64, c: f64) -> bool {
        let (start, before) = (self.weights.clone(), self.loss(samples, c));
        let mut length = 1.0;
        while length > 1e-10 {
            let along = |(start, step): (&f64, &f64)| start + length * step;
            self.weights = start.iter().zip(step).map(along).collect();
            // Near the end the loss cannot show the fall for its rounding.
            if self.loss(samples, c) <= before + 1e-4 * length * slope + 1e-13 * before.abs() {
                return true;
            }
            length /= 2.0;
        }
        self.weights = start;
        false
    }
}
