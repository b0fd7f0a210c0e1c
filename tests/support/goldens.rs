//! What PyTorch gives for the small models, and how near embeddings come to it.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{Device, Tensor};

/// The inputs and outputs that lie beside a golden model.
pub type Goldens = HashMap<String, Tensor>;

pub fn goldens(folder: &Path) -> Goldens {
    candle_core::safetensors::load(folder.join("expected.safetensors"), &Device::Cpu).unwrap()
}

/// The prompts, as token ids.
pub fn prompts(goldens: &Goldens) -> Vec<Vec<u32>> {
    (0..)
        .map_while(|n| goldens.get(&format!("input_ids.{n}")))
        .map(|ids| ids.to_vec1::<i64>().unwrap().iter().map(|id| *id as u32).collect())
        .collect()
}

/// The cosines of embeddings to their `truth` `[embeddings, projection_dim]`.
pub fn cosines(ours: &[Vec<f32>], truth: &Tensor) -> Vec<f64> {
    let truth = truth.to_vec2::<f32>().unwrap();
    assert_eq!(ours.len(), truth.len());
    ours.iter().zip(&truth).map(|(ours, truth)| cosine(ours, truth)).collect()
}

pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Asserts that one minus each cosine is at most `allowed`.
pub fn assert_close(ours: &[Vec<f32>], truth: &Tensor, allowed: f64, what: &str) {
    for (row, cosine) in cosines(ours, truth).into_iter().enumerate() {
        let distance = 1.0 - cosine;
        assert!(distance <= allowed, "{what} {row}: one minus the cosine is {distance:e}");
    }
}
