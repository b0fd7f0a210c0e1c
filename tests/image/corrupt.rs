//! Corruptions against the libraries that ImageNet-C was made with: `tests/golden/corrupt`.

use clip_wasm::image::corrupt::{Corruption, Severity};
use clip_wasm::image::{Rgb8, decode};
use clip_wasm::kernels::random::Random;
use serde_json::Value;

const SIDE: usize = 64;

/// The largest difference of a level, and the largest mean difference, from the reference.
///
/// Both sides round levels down, so that a value a hair below a whole level on one side is one lower. That is rare where
/// both work in double precision; the reference's kernel of the defocus, and its zooms, are in single precision, where a
/// plain area comes out just below its level.
const LARGEST: i32 = 1;
const MEAN: f64 = 0.4;

/// How many standard errors of the mean figures may lie apart: both sides have [`DRAWS`] draws, and 150 figures are
/// compared.
const STANDARD_ERRORS: f64 = 5.0;
const DRAWS: usize = 40;
/// Figures that hardly vary between draws are compared to this share.
const SHARE: f64 = 0.005;

fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/corrupt/moments.json")).expect("the golden file")
}

fn input() -> Rgb8 {
    decode(include_bytes!("../golden/corrupt/input.png")).expect("the golden picture").image
}

/// The part of the golden sheet for a corruption (a row) and a severity (a column).
fn expected(sheet: &Rgb8, row: usize, column: usize) -> Vec<u8> {
    let line = |y: usize| {
        let start = ((row * SIDE + y) * sheet.width() + column * SIDE) * 3;
        &sheet.data()[start..start + SIDE * 3]
    };
    (0..SIDE).flat_map(line).copied().collect()
}

/// Largest and mean difference of two pictures.
fn differences(ours: &[u8], theirs: &[u8]) -> (i32, f64) {
    let apart = ours.iter().zip(theirs).map(|(&a, &b)| (i32::from(a) - i32::from(b)).abs());
    (apart.clone().max().unwrap_or(0), f64::from(apart.sum::<i32>()) / ours.len() as f64)
}

#[test]
fn corruptions_without_dice_equal_the_reference() {
    let (golden, image) = (golden(), input());
    let sheet = decode(include_bytes!("../golden/corrupt/exact.png")).expect("the golden sheet").image;
    let mut wrong = Vec::new();
    for (row, name) in golden["exact"].as_array().unwrap().iter().enumerate() {
        let corruption = Corruption::named(name.as_str().unwrap()).unwrap();
        for (column, severity) in Severity::ALL.into_iter().enumerate() {
            let ours = corruption.apply(&image, severity, "", &mut Random::new(0)).unwrap();
            let (largest, mean) = differences(ours.data(), &expected(&sheet, row, column));
            println!("{name} {}: largest {largest}, mean {mean:.4}", column + 1);
            if largest > LARGEST || mean > MEAN {
                wrong.push(format!("{name} {}: largest {largest}, mean {mean:.4}", column + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Mean, variance, and mean distance from the input.
fn figures(image: &Rgb8, damaged: &Rgb8) -> [f64; 3] {
    let count = damaged.data().len() as f64;
    let mean = damaged.data().iter().map(|&level| f64::from(level)).sum::<f64>() / count;
    let variance = damaged.data().iter().map(|&level| (f64::from(level) - mean).powi(2)).sum::<f64>() / count;
    [mean, variance, differences(damaged.data(), image.data()).1]
}

#[test]
fn corruptions_with_dice_have_the_moments_of_the_reference() {
    let (golden, image) = (golden(), input());
    let mut wrong = Vec::new();
    for (name, severities) in golden["moments"].as_object().unwrap() {
        let corruption = Corruption::named(name).unwrap();
        for severity in Severity::ALL {
            let theirs = &severities[usize::from(severity.number()) - 1];
            let draw = |seed| corruption.apply(&image, severity, "", &mut Random::new(seed)).unwrap();
            let drawn: Vec<[f64; 3]> = (0..DRAWS as u64).map(|seed| figures(&image, &draw(seed))).collect();
            for (figure, what) in ["mean", "variance", "distance"].into_iter().enumerate() {
                let ours = drawn.iter().map(|figures| figures[figure]).sum::<f64>() / DRAWS as f64;
                let [expected, deviation] =
                    ["mean", "deviation"].map(|key| theirs[key][figure].as_f64().unwrap());
                let error = deviation * (2.0 / DRAWS as f64).sqrt();
                let allowed = STANDARD_ERRORS * error + SHARE * expected;
                println!("{name} {}: {what} {ours:.2}, reference {expected:.2}", severity.number());
                if (ours - expected).abs() > allowed {
                    let severity = severity.number();
                    wrong.push(format!(
                        "{name} {severity}: {what} {ours:.3}, not {expected:.3} ± {allowed:.3}"
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
