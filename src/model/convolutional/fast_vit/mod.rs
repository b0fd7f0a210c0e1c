//! MobileCLIP's vision tower, FastViT (Vasu et al., 2023): convolutions that mix neighbours and linear layers that mix
//! channels, over a map whose side halves from stage to stage; the last stage attends. Takes its tensors and makes its
//! layers of them, in the order in which a picture goes through.

mod blocks;

pub use self::blocks::{Attention, ConvolutionMlp};

use self::blocks::layer_scale;
use super::fold::{Folded, part_of};
use super::layers::{Convolution, Excitation, PixelLayer};
use super::map::Map;
use super::{Layer, PREFIX};
use crate::error::Result;
use crate::kernels::convolution::FullConvolution;
use crate::kernels::matmul::{BLOCK, Digits};
use crate::model::linear::check_width;
use crate::weights::{Activation, ClipConfig, FastVitConfig, Tensors};

const STAGES: usize = 4;
/// The side of the kernels that see far.
const LARGE: usize = 7;
/// The side of the others.
const SMALL: usize = 3;
/// How many MLPs of the first stage whose channels fill blocks have inputs of two digits, at most. Noise and sharp patterns lose most
/// there. They have a tenth of the products: 2 of 20 blocks in S0, 4 of 40 in S1, 4 of 44 in S2.
const FINE_BLOCKS: usize = 4;
/// From this stage on, squeeze-and-excitation follows the convolution that halves the map.
const FIRST_EXCITED: usize = 2;

/// The tower's first convolution, the layers between that and the pooling, and the channels of the last map.
///
/// # Errors
/// As [`Tensors::take`], `NonFiniteWeight`, and `Config` for a number of heads that the kernels cannot run, or more channels
/// than a norm lists.
pub fn load(
    tensors: &mut Tensors,
    sizes: &FastVitConfig,
    config: &ClipConfig,
) -> Result<(FullConvolution, Vec<Layer>, usize)> {
    let (activation, heads) = (config.vision.activation, config.vision.heads);
    let last = sizes.channels << (STAGES - 1);
    check_width("clip.vision.attention.head_count", last, heads)?;
    let mut layers = Layers { tensors, layers: Vec::new(), activation, heads };
    let first = layers.load(sizes)?;
    Ok((first, layers.layers, 2 * last))
}

/// The layers so far. Each is put behind them as soon as it is there: what is given back instead is moved about, and has to be
/// dropped, at every step, in code that every visitor downloads.
struct Layers<'a> {
    tensors: &'a mut Tensors,
    layers: Vec<Layer>,
    activation: Activation,
    heads: usize,
}

impl Layers<'_> {
    /// Everything between a picture's first convolution, which is given back, and the pooling.
    ///
    /// # Errors
    /// As [`Tensors::take`], `NonFiniteWeight`, and `Config` for more channels than a norm lists.
    fn load(&mut self, sizes: &FastVitConfig) -> Result<FullConvolution> {
        let first = self.load_stem(sizes.channels)?;
        for stage in 0..STAGES {
            self.load_stage(stage, sizes)?;
        }
        self.load_last(sizes.channels << (STAGES - 1))?;
        Ok(first)
    }

    /// A picture's first map, of a quarter of its side.
    fn load_stem(&mut self, channels: usize) -> Result<FullConvolution> {
        let name = part_of(PREFIX, "stem.0");
        let (weights, bias) = self.branches(&name, channels, 3)?.finish(&name)?;
        let name = part_of(PREFIX, "stem.1");
        let folded = self.branches(&name, channels, 1)?;
        self.push(Convolution::new(folded, &name, channels, SMALL, 2)?, true);
        self.load_pointwise(&part_of(PREFIX, "stem.2"), channels)?;
        Ok(FullConvolution::new(&weights, &bias))
    }

    fn load_stage(&mut self, stage: usize, sizes: &FastVitConfig) -> Result<()> {
        let (name, channels) = (format!("{PREFIX}.stages.{stage}"), sizes.channels << stage);
        let is_last = stage + 1 == STAGES;
        if stage > 0 {
            self.load_downsampling(&part_of(&name, "downsample.proj"), channels, stage >= FIRST_EXCITED)?;
        }
        if is_last {
            self.load_positions(&part_of(&name, "pos_emb"), channels)?;
        }
        for block in 0..sizes.blocks[stage] {
            let name = format!("{name}.blocks.{block}");
            let scale = if is_last {
                let attention = Attention::load(self.tensors, &name, channels, self.heads)?;
                self.layers.push(Layer::Attention(attention));
                "layer_scale_2"
            } else {
                self.load_mixer(&part_of(&name, "token_mixer"), channels)?;
                "layer_scale"
            };
            let mlp = ConvolutionMlp::load(self.tensors, &name, channels, scale, self.activation)?;
            self.layers.push(Layer::Mlp(mlp.with_digits(digits_of(sizes.channels, stage, block))));
        }
        Ok(())
    }

    /// What stands between two stages: half the side, twice the channels.
    fn load_downsampling(&mut self, name: &str, channels: usize, excites: bool) -> Result<()> {
        let large = part_of(name, "0");
        let mut folded = Folded::nothing(channels, 1, LARGE);
        folded.add_convolution(self.tensors, &part_of(&large, "large_conv"), LARGE)?;
        folded.add_convolution(self.tensors, &part_of(&large, "small_conv"), SMALL)?;
        let mut convolution = Convolution::new(folded, &large, channels / 2, LARGE, 2)?;
        if excites {
            // A quarter of the channels, as a multiple of eight: timm's `make_divisible`.
            let squeezed = ((channels / 4 + 4) / 8 * 8).max(8);
            convolution.excitation =
                Some(Excitation::load(self.tensors, &part_of(&large, "se"), channels, squeezed)?);
        }
        self.push(convolution, true);
        self.load_pointwise(&part_of(name, "1"), channels)
    }

    /// A position encoding made by a convolution (Chu et al., 2021).
    fn load_positions(&mut self, name: &str, channels: usize) -> Result<()> {
        let mut folded = Folded::nothing(channels, 1, LARGE);
        folded.add_plain(self.tensors, &part_of(name, "pos_enc"))?;
        folded.add_input();
        self.push(Convolution::new(folded, name, channels, LARGE, 1)?, false);
        Ok(())
    }

    /// RepMixer (Vasu et al., 2023), with its residual.
    fn load_mixer(&mut self, name: &str, channels: usize) -> Result<()> {
        let mut folded = self.branches(&part_of(name, "mixer"), channels, 1)?;
        folded.add_normed_input(self.tensors, &part_of(name, "mixer.identity"))?;
        let mut normed = Folded::nothing(channels, 1, SMALL);
        normed.add_normed_input(self.tensors, &part_of(name, "norm.identity"))?;
        let scale = layer_scale(self.tensors, &part_of(name, "layer_scale"), channels)?;
        folded.subtract_and_scale(&normed, &scale);
        folded.add_input();
        self.push(Convolution::new(folded, name, channels, SMALL, 1)?, false);
        Ok(())
    }

    /// The convolution after the stages, from `channels` channels to twice as many.
    fn load_last(&mut self, channels: usize) -> Result<()> {
        let (name, outputs) = (part_of(PREFIX, "final_conv"), 2 * channels);
        let folded = self.branches(&name, outputs, 1)?;
        let mut convolution = Convolution::new(folded, &name, channels, SMALL, 1)?;
        convolution.excitation =
            Some(Excitation::load(self.tensors, &part_of(&name, "se"), outputs, outputs / 16)?);
        self.push(convolution, true);
        Ok(())
    }

    /// A small kernel and one of a single pixel, which most convolutions are sums of.
    #[inline(never)]
    fn branches(&mut self, name: &str, outputs: usize, inputs: usize) -> Result<Folded> {
        let mut folded = Folded::nothing(outputs, inputs, SMALL);
        folded.add_convolution(self.tensors, &part_of(name, "conv_kxk.0"), SMALL)?;
        folded.add_convolution(self.tensors, &part_of(name, "conv_scale"), 1)?;
        Ok(folded)
    }

    /// A MobileOne block with a kernel of one pixel (Vasu et al., 2023). No residual goes past these few layers, so that in
    /// eight bits they alone would cost more than all others together; they are multiplied in f32.
    fn load_pointwise(&mut self, name: &str, channels: usize) -> Result<()> {
        let mut folded = Folded::nothing(channels, channels, 1);
        folded.add_normed_input(self.tensors, &part_of(name, "identity"))?;
        folded.add_convolution(self.tensors, &part_of(name, "conv_kxk.0"), 1)?;
        self.layers.push(Layer::Pixel(PixelLayer::in_floats(folded, name, Some(self.activation))?));
        Ok(())
    }

    fn push(&mut self, convolution: Convolution, activates: bool) {
        let activation = activates.then_some(self.activation);
        self.layers.push(Layer::Convolution(Convolution { activation, ..convolution }));
    }
}

/// How finely the inputs of a block's MLP are quantized, in a tower whose first stage has `channels` channels.
fn digits_of(channels: usize, stage: usize, block: usize) -> Digits {
    let fills_blocks = |stage: usize| (channels << stage).is_multiple_of(BLOCK);
    let is_first = fills_blocks(stage) && !(0..stage).any(fills_blocks);
    if is_first && block < FINE_BLOCKS { Digits::Two } else { Digits::One }
}
