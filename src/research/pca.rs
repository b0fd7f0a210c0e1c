//! Principal components of embeddings, and a map of them. Computed here, because a few leading ones are a loop over
//! inner products whose order is fixed, so that they have the same bits everywhere: crates for linear algebra promise
//! none.

use serde::Serialize;

use super::embedding_set::EmbeddingSet;
use super::statistics::numerics::dot;
use crate::kernels::random::Random;

/// Directions that are followed beyond the wanted ones: they make the wanted ones settle sooner.
const EXTRA: usize = 6;
const MAX_ROUNDS: usize = 500;
/// Settled when no direction turns by more than this in a round.
const SETTLED: f64 = 1e-13;

/// Rows in the coordinates of their largest variance.
#[derive(Clone, Debug, Serialize)]
pub struct Components {
    /// `[rows][components]`
    pub coordinates: Vec<Vec<f64>>,
    /// The share of the variance that lies along each component.
    pub explained: Vec<f64>,
}

/// The pictures of a set in two dimensions, and where their labels lie among them.
#[derive(Clone, Debug, Serialize)]
pub struct Map {
    #[serde(flatten)]
    pub components: Components,
    pub classes: Vec<MapClass>,
}

/// The pictures of one label on the map.
#[derive(Clone, Debug, Serialize)]
pub struct MapClass {
    pub label: String,
    /// Places of its pictures in the list.
    pub members: Vec<usize>,
    pub centre: [f64; 2],
    /// Root of the mean squared distance from the centre.
    pub spread: f64,
}

impl Map {
    /// Maps unit embeddings.
    pub fn of(set: &EmbeddingSet) -> Self {
        let units = set.units();
        let rows: Vec<&[f32]> = units.iter().map(Vec::as_slice).collect();
        let components = principal_components(&rows, 2);
        let labels = set.classes();
        let mut members = vec![Vec::new(); labels.len()];
        for (place, picture) in set.pictures().iter().enumerate() {
            let class = picture.label.as_ref().and_then(|label| labels.binary_search(label).ok());
            if let Some(class) = class {
                members[class].push(place);
            }
        }
        let class = |(label, members): (String, Vec<usize>)| {
            let along = |place: usize, axis: usize| {
                components.coordinates[place].get(axis).copied().unwrap_or_default()
            };
            let count = members.len().max(1) as f64;
            let centre =
                [0, 1].map(|axis| members.iter().map(|&place| along(place, axis)).sum::<f64>() / count);
            let apart = |&place: &usize| {
                [0, 1].map(|axis| (along(place, axis) - centre[axis]).powi(2)).iter().sum::<f64>()
            };
            let spread = (members.iter().map(apart).sum::<f64>() / count).sqrt();
            MapClass { label, members, centre, spread }
        };
        let classes = labels.into_iter().zip(members).map(class).collect();
        Self { components, classes }
    }
}

/// The first `count` principal components of `rows` of equal length, by subspace iteration.
///
/// A component's sign is free; here its direction's largest entry is positive.
pub fn principal_components(rows: &[&[f32]], count: usize) -> Components {
    let width = rows.first().map_or(0, |row| row.len());
    let centred = centred(rows, width);
    let count = count.min(width).min(rows.len());
    let mut basis = start(width, (count + EXTRA).min(width));
    for _ in 0..MAX_ROUNDS {
        let mut next = spread(&centred, &basis);
        rotate_to_axes(&mut next, &basis);
        orthonormalise(&mut next);
        let turned = |(old, new): (&Vec<f64>, &Vec<f64>)| 1.0 - dot(old, new).abs();
        let largest = basis.iter().zip(&next).take(count).map(turned).fold(0.0, f64::max);
        basis = next;
        if largest < SETTLED {
            break;
        }
    }
    basis.truncate(count);
    basis.iter_mut().for_each(|direction| point_up(direction));
    let coordinates: Vec<Vec<f64>> =
        centred.iter().map(|row| basis.iter().map(|direction| dot(row, direction)).collect()).collect();
    let total: f64 = centred.iter().map(|row| dot(row, row)).sum();
    let along = |axis: usize| coordinates.iter().map(|row| row[axis] * row[axis]).sum::<f64>();
    let explained = (0..count).map(|axis| if total > 0.0 { along(axis) / total } else { 0.0 }).collect();
    Components { coordinates, explained }
}

fn centred(rows: &[&[f32]], width: usize) -> Vec<Vec<f64>> {
    let mut mean = vec![0.0; width];
    for row in rows {
        mean.iter_mut().zip(*row).for_each(|(sum, &value)| *sum += f64::from(value));
    }
    mean.iter_mut().for_each(|sum| *sum /= rows.len().max(1) as f64);
    rows.iter()
        .map(|row| row.iter().zip(&mean).map(|(&value, mean)| f64::from(value) - mean).collect())
        .collect()
}

/// Random directions, always the same.
fn start(width: usize, count: usize) -> Vec<Vec<f64>> {
    let mut random = Random::new(0);
    let mut basis: Vec<Vec<f64>> =
        (0..count).map(|_| (0..width).map(|_| random.between(-1.0, 1.0)).collect()).collect();
    orthonormalise(&mut basis);
    basis
}

/// The unscaled covariance times each direction.
fn spread(rows: &[Vec<f64>], basis: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut result = vec![vec![0.0; rows.first().map_or(0, Vec::len)]; basis.len()];
    for row in rows {
        for (direction, sum) in basis.iter().zip(&mut result) {
            let along = dot(row, direction);
            sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += along * value);
        }
    }
    result
}

/// Turns the images of a basis so that each is one axis of the variance inside its span, largest first:
/// Jacobi's rotations of the small matrix.
fn rotate_to_axes(images: &mut [Vec<f64>], basis: &[Vec<f64>]) {
    let mut small: Vec<Vec<f64>> =
        basis.iter().map(|direction| images.iter().map(|image| dot(direction, image)).collect()).collect();
    for _ in 0..8 {
        for (a, b) in (0..basis.len()).flat_map(|a| (0..a).map(move |b| (a, b))) {
            if small[a][b] == 0.0 {
                continue;
            }
            let angle = (small[b][b] - small[a][a]) / (2.0 * small[a][b]);
            let tangent = if angle < 0.0 { -1.0 } else { 1.0 } / (angle.abs() + (angle * angle + 1.0).sqrt());
            let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
            let sine = tangent * cosine;
            rotate(&mut small, a, b, cosine, sine);
            for row in &mut small {
                (row[a], row[b]) = (cosine * row[a] - sine * row[b], sine * row[a] + cosine * row[b]);
            }
            rotate(images, a, b, cosine, sine);
        }
    }
    let mut order: Vec<usize> = (0..basis.len()).collect();
    order.sort_by(|&a, &b| small[b][b].total_cmp(&small[a][a]));
    let sorted: Vec<Vec<f64>> = order.iter().map(|&index| images[index].clone()).collect();
    images.clone_from_slice(&sorted);
}

/// Rotates row `a` against row `b`.
fn rotate(rows: &mut [Vec<f64>], a: usize, b: usize, cosine: f64, sine: f64) {
    for column in 0..rows[a].len() {
        let (x, y) = (rows[a][column], rows[b][column]);
        (rows[a][column], rows[b][column]) = (cosine * x - sine * y, sine * x + cosine * y);
    }
}

/// Gram and Schmidt, twice, so that rounding leaves nothing behind. A direction that vanishes stays zero.
fn orthonormalise(basis: &mut [Vec<f64>]) {
    for index in 0..basis.len() {
        for _ in 0..2 {
            let (done, rest) = basis.split_at_mut(index);
            for other in done {
                let along = dot(&rest[0], other);
                rest[0].iter_mut().zip(other).for_each(|(value, other)| *value -= along * *other);
            }
        }
        let length = dot(&basis[index], &basis[index]).sqrt();
        if length > 0.0 {
            basis[index].iter_mut().for_each(|value| *value /= length);
        }
    }
}

fn point_up(direction: &mut [f64]) {
    let larger = |a: f64, b: f64| if b.abs() > a.abs() { b } else { a };
    if direction.iter().copied().fold(0.0, larger) < 0.0 {
        direction.iter_mut().for_each(|value| *value = -*value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::research::embedding_set::Picture;

    #[test]
    fn a_map_has_each_label_where_its_pictures_lie() {
        let mut set = EmbeddingSet::new(4);
        for (label, embedding) in
            [("b", [1.0, 0.1, 0.0, 0.0]), ("a", [0.0, 1.0, 0.0, 0.0]), ("b", [1.0, -0.1, 0.0, 0.0])]
        {
            set.push(
                Picture { name: label.into(), label: Some(label.into()), ..Picture::default() },
                &embedding,
            )
            .unwrap();
        }
        let map = Map::of(&set);
        let members: Vec<&[usize]> = map.classes.iter().map(|class| class.members.as_slice()).collect();
        assert_eq!(members, [&[1][..], &[0, 2]]);
        assert_eq!(map.classes[0].spread, 0.0);
        assert!(map.classes[1].spread > 0.05 && map.components.explained[0] > 0.9);
    }
}
