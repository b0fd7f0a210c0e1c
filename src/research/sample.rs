//! Random samples of a data set's pictures.

use std::collections::HashMap;

use crate::kernels::random::Random;

/// The places of up to `each` pictures of every label, drawn at random: a stratified sample without replacement.
/// `pictures` are names and labels; those without a label are a stratum of their own. In the order of `pictures`.
///
/// What is drawn depends on the seed and on the pictures' names alone, never on their order; a larger sample of the
/// same seed holds the smaller one.
pub fn of_each_label(pictures: &[(&str, Option<&str>)], each: usize, seed: u64) -> Vec<usize> {
    let mut strata: HashMap<Option<&str>, Vec<(u64, &str, usize)>> = HashMap::new();
    for (place, &(name, label)) in pictures.iter().enumerate() {
        let drawn = Random::keyed(seed, &format!("sample {name}")).bits();
        strata.entry(label).or_default().push((drawn, name, place));
    }
    let mut places = Vec::new();
    for mut stratum in strata.into_values() {
        stratum.sort_unstable();
        places.extend(stratum.iter().take(each).map(|(_, _, place)| place));
    }
    places.sort_unstable();
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|index| format!("cat/{index}.png")).collect()
    }

    fn cats(names: &[String]) -> Vec<(&str, Option<&str>)> {
        names.iter().map(|name| (name.as_str(), Some("cat"))).collect()
    }

    #[test]
    fn each_label_gives_its_share_and_the_order_of_the_files_does_not_matter() {
        let names = names(20);
        let mut pictures = cats(&names);
        pictures.push(("dog/1.png", Some("dog")));
        pictures.push(("none.png", None));
        let drawn = of_each_label(&pictures, 3, 0);
        assert_eq!(drawn.len(), 5);
        assert!(drawn.is_sorted() && drawn.ends_with(&[20, 21]));
        let mut turned = pictures.clone();
        turned.reverse();
        let mut again: Vec<&str> =
            of_each_label(&turned, 3, 0).iter().map(|&place| turned[place].0).collect();
        again.reverse();
        assert_eq!(again, drawn.iter().map(|&place| pictures[place].0).collect::<Vec<_>>());
    }

    #[test]
    fn another_seed_draws_others_and_a_larger_sample_holds_the_smaller() {
        let names = names(100);
        let drawn = |each, seed| of_each_label(&cats(&names), each, seed);
        assert_ne!(drawn(10, 0), drawn(10, 1));
        let larger = drawn(20, 0);
        assert!(drawn(10, 0).iter().all(|place| larger.contains(place)));
        assert_eq!(drawn(1000, 0).len(), 100);
    }

    #[test]
    fn every_picture_is_drawn_about_as_often_as_any_other() {
        let names = names(10);
        let mut times = [0u32; 10];
        for seed in 0..2000 {
            of_each_label(&cats(&names), 3, seed).into_iter().for_each(|place| times[place] += 1);
        }
        // Binomial(2000, 0.3): 600 with a deviation of 20.5; five of them are 103.
        assert!(times.iter().all(|times| times.abs_diff(600) < 103), "{times:?}");
    }
}
