//! How finely the stages of a tower quantize.

use std::path::Path;

use super::*;
use crate::model::convolutional::Layer;
use crate::weights::{Checkpoint, FastVitConfig};

#[test]
fn the_first_stage_that_fills_blocks_has_two_digits_and_the_others_one() {
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
    // 8, 16, 32 and 64 channels, of which the third are a block.
    let [one, two] = [Digits::One, Digits::Two].map(|digits| [digits; 2]);
    assert_eq!(digits, [one, one, one, two, one, one]);
}
