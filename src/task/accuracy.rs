//! Accuracy of zero-shot classification over a labelled set, in CLIP_benchmark's terms.

use serde::Serialize;

/// The two-sided 95 % quantile of the normal distribution.
const Z_95: f64 = 1.959_963_984_540_054;

/// A share of a count, with its 95 % interval by Wilson's score method (1927).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Share {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Share {
    /// `successes` of `total`, which may be zero.
    pub fn new(successes: usize, total: usize) -> Self {
        if total == 0 {
            return Self { value: 0.0, low: 0.0, high: 1.0 };
        }
        let (n, p) = (total as f64, successes as f64 / total as f64);
        let z2 = Z_95 * Z_95 / n;
        let centre = (p + z2 / 2.0) / (1.0 + z2);
        let half = Z_95 * (p * (1.0 - p) / n + z2 / (4.0 * n)).sqrt() / (1.0 + z2);
        Self { value: p, low: (centre - half).max(0.0), high: (centre + half).min(1.0) }
    }
}

/// Counts of predictions, picture after picture.
#[derive(Clone, Debug)]
pub struct Tally {
    classes: usize,
    /// `[true class, predicted class]`
    confusion: Vec<usize>,
    top5: usize,
}

/// The measures of a finished tally. Keys as in CLIP_benchmark.
#[derive(Clone, Debug, Serialize)]
pub struct Accuracy {
    pub images: usize,
    pub acc1: f64,
    pub acc5: f64,
    pub mean_per_class_recall: f64,
    pub intervals: Intervals,
    /// `[true class][predicted class]`
    pub confusion: Vec<Vec<usize>>,
}

/// 95 % intervals of the shares.
#[derive(Clone, Debug, Serialize)]
pub struct Intervals {
    pub acc1: [f64; 2],
    pub acc5: [f64; 2],
}

impl Tally {
    /// An empty tally over `classes` classes.
    pub fn new(classes: usize) -> Self {
        Self { classes, confusion: vec![0; classes * classes], top5: 0 }
    }

    /// Counts one picture of class `truth`, whose classes come best first in `ranking`.
    ///
    /// # Panics
    /// If a class is out of range or the ranking is empty.
    pub fn add(&mut self, truth: usize, ranking: &[usize]) {
        self.confusion[truth * self.classes + ranking[0]] += 1;
        self.top5 += usize::from(ranking.iter().take(5).any(|class| *class == truth));
    }

    /// The measures. A class without pictures does not count for the mean recall.
    pub fn finish(&self) -> Accuracy {
        let rows: Vec<&[usize]> = self.confusion.chunks(self.classes.max(1)).collect();
        let images = self.confusion.iter().sum();
        let hits = (0..self.classes).map(|class| rows[class][class]).sum();
        let recalls: Vec<f64> = (rows.iter().enumerate())
            .filter_map(|(class, row)| {
                let total: usize = row.iter().sum();
                (total > 0).then(|| row[class] as f64 / total as f64)
            })
            .collect();
        let (acc1, acc5) = (Share::new(hits, images), Share::new(self.top5, images));
        Accuracy {
            images,
            acc1: acc1.value,
            acc5: acc5.value,
            mean_per_class_recall: recalls.iter().sum::<f64>() / recalls.len().max(1) as f64,
            intervals: Intervals { acc1: [acc1.low, acc1.high], acc5: [acc5.low, acc5.high] },
            confusion: rows.into_iter().map(<[usize]>::to_vec).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_intervals_agree_with_scipy() {
        // binomtest(count, total).proportion_ci(method="wilson"), SciPy 1.17
        for (count, total, low, high) in [(8, 10, 0.490_162_47, 0.943_317_80), (0, 5, 0.0, 0.434_482_46)] {
            let share = Share::new(count, total);
            assert!((share.low - low).abs() < 1e-7 && (share.high - high).abs() < 1e-7, "{share:?}");
        }
    }

    #[test]
    fn measures_count_hits_near_hits_and_recall_by_class() {
        let mut tally = Tally::new(7);
        tally.add(0, &[0, 1, 2, 3, 4, 5, 6]);
        tally.add(0, &[1, 2, 3, 4, 0, 5, 6]);
        tally.add(0, &[1, 2, 3, 4, 5, 0, 6]);
        tally.add(2, &[2, 0, 1, 3, 4, 5, 6]);
        let accuracy = tally.finish();
        assert_eq!((accuracy.images, accuracy.acc1, accuracy.acc5), (4, 0.5, 0.75));
        assert!((accuracy.mean_per_class_recall - (1.0 / 3.0 + 1.0) / 2.0).abs() < 1e-12);
        assert_eq!(accuracy.confusion[0][1], 2);
    }

    #[test]
    fn an_empty_tally_knows_that_it_knows_nothing() {
        let accuracy = Tally::new(3).finish();
        assert_eq!((accuracy.images, accuracy.acc1), (0, 0.0));
        assert_eq!(accuracy.intervals.acc1, [0.0, 1.0]);
    }
}
