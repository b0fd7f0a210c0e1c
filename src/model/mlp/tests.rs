//! Two layers in one go against each by itself.

use super::*;
use crate::kernels::random::Random;
use crate::weights::{Dtype, Tensor};

const WIDTH: usize = 64;
const HIDDEN: usize = 96;

/// A layer whose weights are quantized to eight bits as they are loaded.
fn layer(random: &mut Random, columns: usize, in_features: usize, digits: Digits) -> Linear {
    let values: Vec<u8> =
        (0..columns * in_features).flat_map(|_| (random.normal() as f32).to_le_bytes()).collect();
    let tensor =
        Tensor::new("layer.weight".to_owned(), vec![columns, in_features], Dtype::F32, values.into());
    let mut tensors =
        Tensors::new(vec![tensor.expect("as many values as its shape says")]).expect("one tensor");
    let layer =
        Linear::load_in_eight_bits(&mut tensors, "layer", columns, in_features, &[]).expect("finite weights");
    layer.with_digits(digits)
}

#[test]
fn what_lies_between_two_layers_has_the_digits_that_the_second_wants() {
    let mut random = Random::new(11);
    let choices = [Digits::One, Digits::Two];
    for (first, second) in choices.into_iter().flat_map(|first| choices.map(|second| (first, second))) {
        let expand = layer(&mut random, HIDDEN, WIDTH, first);
        let contract = layer(&mut random, WIDTH, HIDDEN, second);
        assert!(expand.is_packed() && contract.is_packed());
        let rows: Vec<f32> = (0..7 * WIDTH).map(|_| random.normal() as f32).collect();
        let (mut codes, mut next_codes) = (Activations::default(), Activations::default());
        let mut together = rows.clone();
        let layers = TwoLayers { expand: &expand, activation: Activation::Gelu, contract: &contract };
        layers
            .add(Source::Rows(&rows), &mut together, &mut Vec::new(), &mut codes, &mut next_codes)
            .expect("shapes that fit");

        let (mut hidden, mut apart) = (vec![0.0; 7 * HIDDEN], rows.clone());
        let activate = Epilogue { activation: Some(Activation::Gelu), ..Epilogue::default() };
        let residual = Epilogue { add_to_output: true, ..Epilogue::default() };
        expand.forward(Rows::Plain(&rows), &mut codes, activate, &mut hidden).expect("shapes that fit");
        contract.forward(Rows::Plain(&hidden), &mut codes, residual, &mut apart).expect("shapes that fit");
        assert_eq!(together, apart, "{first:?}, then {second:?}");
    }
}
