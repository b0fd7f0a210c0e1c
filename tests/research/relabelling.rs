//! How long it takes to measure saved embeddings against other labels. Prints its figure; run it by
//! `cargo test --release --test research -- --ignored --nocapture`.

use std::time::Instant;

use clip_wasm::kernels::random::Random;
use clip_wasm::research::embedding_set::{EmbeddingSet, Picture};
use clip_wasm::research::evaluation::Evaluation;
use clip_wasm::research::labels::Labels;
use clip_wasm::research::statistics::Bootstrap;
use clip_wasm::task::zero_shot::normalise;

const PICTURES: usize = 5000;
const LABELS: usize = 1000;
/// The embeddings' width in CLIP ViT-B.
const WIDTH: usize = 512;
/// How far pictures lie from their label, so that about half of them are recognised.
const SPREAD: f64 = 0.25;

fn direction(random: &mut Random) -> Vec<f32> {
    let mut direction: Vec<f32> = (0..WIDTH).map(|_| random.normal() as f32).collect();
    normalise(&mut direction);
    direction
}

#[test]
#[ignore = "measures time"]
fn five_thousand_pictures_against_a_thousand_labels() {
    let mut random = Random::new(1);
    let embeddings: Vec<Vec<f32>> = (0..LABELS).map(|_| direction(&mut random)).collect();
    let names: Vec<String> = (0..LABELS).map(|label| format!("label {label}")).collect();
    let mut set = EmbeddingSet::new(WIDTH);
    for index in 0..PICTURES {
        let label = index % LABELS;
        let near: Vec<f32> =
            embeddings[label].iter().map(|value| value + (SPREAD * random.normal()) as f32).collect();
        set.push(
            Picture { name: format!("{index}.png"), label: Some(names[label].clone()), ..Picture::default() },
            &near,
        )
        .unwrap();
    }
    let labels = Labels { names: &names, embeddings: &embeddings, logit_scale: 100.0 };
    for _ in 0..3 {
        let begun = Instant::now();
        let evaluation = Evaluation::of(&set, &labels, &Bootstrap::default());
        let (accuracy, calibration) = (evaluation.accuracy.unwrap(), evaluation.calibration.unwrap());
        let (acc1, temperature) = (accuracy.acc1, calibration.temperature);
        println!("{:.3} s; acc1 {acc1:.4}, temperature {temperature:.4?}", begun.elapsed().as_secs_f64());
    }
}
