//! Statistics against SciPy, statsmodels, scikit-learn and torchmetrics: `tests/golden/statistics`.

use clip_wasm::kernels::random::Random;
use clip_wasm::research::accuracy::{Accuracy, Outcome};
use clip_wasm::research::calibration::{Calibration, Judged};
use clip_wasm::research::logits::{Logits, Prediction, rank};
use clip_wasm::research::pca::principal_components;
use clip_wasm::research::probe::{Logistic, Sample};
use clip_wasm::research::statistics::{
    Bootstrap, Estimate, association_effect, cohens_d, difference_of_shares, holm, mcnemar_exact,
    permutation_test,
};
use serde_json::Value;

/// Both sides work in double precision and differ in the order of their sums, and where a value is sought
/// (temperature, components, regression) both sides stop within 1e-10 of it.
const TOLERANCE: f64 = 1e-9;

/// torchmetrics adds up confidences in single precision somewhere on its way to the error.
const SINGLE_PRECISION: f64 = 1e-7;

fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/statistics/statistics.json")).expect("the golden file")
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list")).iter().map(number).collect()
}

fn counts(value: &Value) -> Vec<usize> {
    numbers(value).into_iter().map(|number| number as usize).collect()
}

#[track_caller]
fn assert_close(ours: f64, expected: f64, what: &str) {
    assert!((ours - expected).abs() <= TOLERANCE, "{what}: {ours}, not {expected}");
}

#[test]
fn intervals_of_shares_equal_statsmodels() {
    let golden = &golden()["intervals"];
    for case in golden["wilson"].as_array().unwrap() {
        let ours = Estimate::share(counts(case)[0], counts(case)[1]);
        assert_close(ours.low, number(&case[2]), "Wilson, low");
        assert_close(ours.high, number(&case[3]), "Wilson, high");
    }
    for case in golden["newcombe"].as_array().unwrap() {
        let n = counts(case);
        let ours = difference_of_shares((n[0], n[1]), (n[2], n[3]));
        assert_close(ours.low, number(&case[4]), "Newcombe, low");
        assert_close(ours.high, number(&case[5]), "Newcombe, high");
    }
}

#[test]
fn the_bootstrap_equals_numpy_on_the_same_resamples() {
    let golden = &golden()["bootstrap"];
    let bootstrap = Bootstrap { resamples: number(&golden["resamples"]) as usize, seed: 7 };
    let ours = bootstrap.mean(&numbers(&golden["values"]));
    let expected = numbers(&golden["interval"]);
    assert_close(ours.low, expected[0], "low");
    assert_close(ours.high, expected[1], "high");
}

#[test]
fn mcnemar_and_holm_equal_statsmodels() {
    let golden = &golden()["tests"];
    for case in golden["mcnemar"].as_array().unwrap() {
        let ours = mcnemar_exact(counts(case)[0], counts(case)[1]);
        assert_close(ours, number(&case[2]), "McNemar");
    }
    let ours = holm(&numbers(&golden["holm"]["p"]));
    for (ours, expected) in ours.iter().zip(numbers(&golden["holm"]["adjusted"])) {
        assert_close(*ours, expected, "Holm");
    }
}

#[test]
fn the_permutation_test_equals_scipy_and_random_rearrangements_come_near() {
    let golden = &golden()["tests"]["permutation"];
    let (a, b) = (numbers(&golden["a"]), numbers(&golden["b"]));
    let exact = permutation_test(&a, &b, 1000, &mut Random::new(0)).unwrap();
    assert!(exact.exact && exact.rearrangements == 462);
    assert_close(exact.difference, number(&golden["difference"]), "difference");
    assert_close(exact.p, number(&golden["p"]), "p");
    assert_close(exact.p_greater, number(&golden["p_greater"]), "p greater");
    let drawn = permutation_test(&a, &b, 461, &mut Random::new(0)).unwrap();
    assert!(!drawn.exact && (drawn.p - exact.p).abs() < 0.1, "{drawn:?}");
    assert_close(cohens_d(&a, &b).unwrap(), number(&golden["cohens_d"]), "Cohen's d");
    assert_close(association_effect(&a, &b).unwrap(), number(&golden["association_effect"]), "association");
}

/// The golden logits and their true classes.
fn classification() -> (Value, Logits, Vec<usize>) {
    let golden = golden()["classification"].take();
    let values =
        golden["logits"].as_array().unwrap().iter().flat_map(numbers).map(|value| value as f32).collect();
    let truths = counts(&golden["truth"]);
    (golden, Logits::new(7, values), truths)
}

fn judged<'a>(logits: &'a Logits, truths: &[usize]) -> Vec<Judged<'a>> {
    let judge = |(row, &truth): (&'a [f32], &usize)| Judged { row, truth, prediction: Prediction::of(row) };
    logits.rows().zip(truths).map(judge).collect()
}

#[test]
fn accuracy_equals_scikit_learn() {
    let (golden, logits, truths) = classification();
    let outcome = |(row, &truth): (&[f32], &usize)| {
        let predicted = Prediction::of(row).predicted;
        Outcome { truth, predicted, rank: rank(row, truth) }
    };
    let outcomes: Vec<Outcome> = logits.rows().zip(&truths).map(outcome).collect();
    let labels: Vec<String> = (0..7).map(|class| class.to_string()).collect();
    let ours = Accuracy::of(&outcomes, &labels, &Bootstrap::default());
    assert_close(ours.acc1, number(&golden["acc1"]), "acc1");
    assert_close(ours.acc5.unwrap(), number(&golden["acc5"]), "acc5");
    assert_close(ours.mean_per_class_recall, number(&golden["mean_per_class_recall"]), "mean recall");
    let confusion = ours.confusion.unwrap();
    for (class, measures) in ours.per_class.iter().enumerate() {
        let value = |estimate: Option<Estimate>| estimate.map_or(0.0, |estimate| estimate.value);
        assert_eq!(confusion[class], counts(&golden["confusion"][class]));
        assert_eq!(measures.images, counts(&golden["support"])[class]);
        assert_close(value(measures.precision), number(&golden["precision"][class]), "precision");
        assert_close(value(measures.recall), number(&golden["recall"][class]), "recall");
        assert_close(measures.f1.unwrap_or(0.0), number(&golden["f1"][class]), "f1");
    }
    let [low, high] = ours.intervals.mean_per_class_recall;
    assert!(low < ours.mean_per_class_recall && ours.mean_per_class_recall < high);
}

#[test]
fn calibration_equals_torchmetrics_and_scipy() {
    let (golden, logits, truths) = classification();
    let ours = Calibration::of(&judged(&logits, &truths));
    let near = |ours: f64, key: &str| {
        let expected = number(&golden[key]);
        assert!((ours - expected).abs() < SINGLE_PRECISION, "{key}: {ours}, not {expected}");
    };
    near(ours.ece, "ece");
    near(ours.ece_at_temperature.unwrap(), "ece_at_temperature");
    assert_close(ours.temperature.unwrap(), number(&golden["temperature"]), "temperature");
}

#[test]
fn no_temperature_is_fitted_where_every_picture_is_right() {
    let logits = Logits::new(2, vec![1.0, 0.0, 0.0, 1.0]);
    assert_eq!(Calibration::of(&judged(&logits, &[0, 1])).temperature, None);
}

/// The golden rows and their classes.
fn rows() -> (Value, Vec<Vec<f32>>, Vec<usize>) {
    let golden = golden()["projections"].take();
    let row = |row: &Value| numbers(row).into_iter().map(|value| value as f32).collect();
    let rows = golden["rows"].as_array().unwrap().iter().map(row).collect();
    let classes = counts(&golden["classes"]);
    (golden, rows, classes)
}

#[test]
fn principal_components_equal_scikit_learn() {
    let (golden, rows, _) = rows();
    let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
    let ours = principal_components(&rows, 2);
    for (row, expected) in ours.coordinates.iter().zip(golden["pca"]["coordinates"].as_array().unwrap()) {
        row.iter()
            .zip(numbers(expected))
            .for_each(|(ours, expected)| assert_close(*ours, expected, "coordinate"));
    }
    for (ours, expected) in ours.explained.iter().zip(numbers(&golden["pca"]["explained"])) {
        assert_close(*ours, expected, "explained variance");
    }
}

#[test]
fn logistic_regression_equals_scikit_learn() {
    let (golden, rows, classes) = rows();
    let samples: Vec<Sample> =
        rows.iter().zip(&classes).map(|(row, &class)| (row.as_slice(), class)).collect();
    for (c, expected) in golden["logistic"].as_object().unwrap() {
        let model = Logistic::fit(&samples, 8, 3, c.parse().unwrap());
        for (row, expected) in rows.iter().zip(expected.as_array().unwrap()) {
            let shares = model.probabilities(row);
            shares
                .iter()
                .zip(numbers(expected))
                .for_each(|(ours, expected)| assert_close(*ours, expected, "share"));
        }
    }
}
