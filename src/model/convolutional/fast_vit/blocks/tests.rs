//! How finely the stages of a tower quantize.

use std::path::Path;

use super::*;
use crate::model::convolutional::Layer;
use crate::weights::{Checkpoint, FastVitConfig};

#[test]
fn the_first_stage_has_two_digits_and_the_others_one() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models/mobileclip");
    let mut checkpoint = Checkpoint::open(&folder).expect("a golden model");
    let sizes = FastVitConfig { channels: 8, blocks: [1, 2, 1, 2] };
    checkpoint.config.vision.heads = 2;
    let (_, layers, _) =
        super::super::load(&mut checkpoint.tensors, &sizes, &checkpoint.config).expect("its tower");
    let digits: Vec<_> = layers
        .iter()
        .filter_map(|layer| match layer {
            Layer::Mlp(ConvolutionMlp { expand, contract, .. }) => {
                Some([expand, contract].map(Linear::digits))
            }
            _ => None,
        })
        .collect();
    let of_first = vec![[Digits::Two; 2]];
    assert_eq!(digits, [of_first, vec![[Digits::One; 2]; 5]].concat());
}
