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

#[test]
fn no_more_than_four_blocks_have_two_digits() {
    // The published sizes: S0 and S1 have 64 channels, S2 80, which fill no blocks before the second stage.
    for (channels, blocks, stage, expected) in
        [(64, [2, 6, 10, 2], 0, 2), (64, [4, 12, 20, 4], 0, 4), (80, [4, 12, 24, 4], 1, 4)]
    {
        let all = (0..4).flat_map(|stage| (0..blocks[stage]).map(move |block| (stage, block)));
        let fine: Vec<_> = all
            .filter(|(stage, block)| super::super::digits_of(channels, *stage, *block) == Digits::Two)
            .collect();
        assert_eq!(fine, (0..expected).map(|block| (stage, block)).collect::<Vec<_>>());
    }
}
