//! The permutation test of a difference of means between two groups.

use serde::Serialize;

use super::moments::mean;
use crate::kernels::random::Random;

/// Differences this close, relative to the largest value, count as equal: sums in another order.
const EQUAL: f64 = 1e-12;

/// What the test found. SciPy's conventions: two-sided is twice the smaller side, and random
/// rearrangements count the observed one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Permutation {
    /// Mean of the first group minus mean of the second.
    pub difference: f64,
    /// Two-sided p.
    pub p: f64,
    /// p of the first group's mean being the greater.
    pub p_greater: f64,
    /// Rearrangements looked at: all there are where `exact`.
    pub rearrangements: usize,
    pub exact: bool,
}

/// Tests whether the means of `a` and `b` differ: over all splits if there are at most `rearrangements`,
/// else over that many random ones. `None` if a group is empty.
pub fn permutation_test(
    a: &[f64],
    b: &[f64],
    rearrangements: usize,
    random: &mut Random,
) -> Option<Permutation> {
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let mut values = [a, b].concat();
    let largest = values.iter().fold(0f64, |largest, value| largest.max(value.abs()));
    let total: f64 = values.iter().sum();
    let of_sum = |sum: f64| sum / a.len() as f64 - (total - sum) / b.len() as f64;
    let mut count = Count { observed: of_sum(a.iter().sum()), slack: EQUAL * largest, ..Count::default() };
    let exact = splits(values.len(), a.len(), rearrangements).is_some();
    if exact {
        each_split(&values, a.len(), |sum| count.add(of_sum(sum)));
    } else {
        for _ in 0..rearrangements {
            random.shuffle(&mut values);
            count.add(of_sum(values[..a.len()].iter().sum()));
        }
    }
    let extra = usize::from(!exact);
    let share = |hits: usize| (hits + extra) as f64 / (count.all + extra) as f64;
    Some(Permutation {
        difference: mean(a) - mean(b),
        p: (2.0 * share(count.greater).min(share(count.less))).min(1.0),
        p_greater: share(count.greater),
        rearrangements: count.all,
        exact,
    })
}

/// Rearranged differences on either side of the observed one.
#[derive(Default)]
struct Count {
    observed: f64,
    slack: f64,
    all: usize,
    greater: usize,
    less: usize,
}

impl Count {
    fn add(&mut self, difference: f64) {
        self.all += 1;
        self.greater += usize::from(difference >= self.observed - self.slack);
        self.less += usize::from(difference <= self.observed + self.slack);
    }
}

/// Ways to choose `chosen` of `all`, unless there are more than `most`.
fn splits(all: usize, chosen: usize, most: usize) -> Option<usize> {
    let smaller = chosen.min(all - chosen);
    (0..smaller).try_fold(1usize, |ways, index| {
        let ways = ways.checked_mul(all - index)? / (index + 1);
        (ways <= most).then_some(ways)
    })
}

/// Calls `visit` with the sum of every choice of `chosen` values.
fn each_split(values: &[f64], chosen: usize, mut visit: impl FnMut(f64)) {
    let mut choice: Vec<usize> = (0..chosen).collect();
    loop {
        visit(choice.iter().map(|&index| values[index]).sum());
        let room = |place: &usize| choice[*place] < values.len() - chosen + *place;
        let Some(place) = (0..chosen).rev().find(room) else { return };
        let first = choice[place] + 1;
        choice[place..].iter_mut().enumerate().for_each(|(step, index)| *index = first + step);
    }
}
