//! A stage of a FastViT: what halves its map, and its blocks.

use super::fold::{BatchNorm, Folded, part_of};
use super::layers::{Convolution, Excitation, PointwiseBlock};
use super::map::Map;
use crate::error::Result;
use crate::kernels::attention::{AttentionMask, attend};
use crate::kernels::convolution::{add_channels, scale_channels};
use crate::kernels::matmul::{Epilogue, Rows};
use crate::model::linear::{Linear, load_floats, outlier_channels};
use crate::model::mlp::{Source, TwoLayers};
use crate::model::workspace::{Workspace, sized};
use crate::weights::{Activation, Tensors};

/// The side of the kernels that see far.
const LARGE: usize = 7;
/// The side of the others.
const SMALL: usize = 3;
/// How many times as wide the MLP's hidden layer is.
const EXPANSION: usize = 3;

/// What all stages have in common.
#[derive(Clone, Copy, Debug)]
pub struct Common {
    pub activation: Activation,
    /// Heads of the blocks that attend.
    pub heads: usize,
}

/// The layers between two stages: half the side, twice the channels.
#[derive(Debug)]
pub struct Downsampling {
    convolution: Convolution,
    pointwise: PointwiseBlock,
}

impl Downsampling {
    /// The layers `name`, to `channels` channels; `excites` says whether squeeze-and-excitation is among them.
    ///
    /// # Errors
    /// As [`Tensors::take`], and `NonFiniteWeight`.
    #[inline(never)]
    pub fn load(
        tensors: &mut Tensors,
        name: &str,
        channels: usize,
        excites: bool,
        common: Common,
    ) -> Result<Self> {
        let large = part_of(name, "proj.0");
        let folded = Folded::nothing(channels, 1, LARGE)
            .with_convolution(tensors, &part_of(&large, "large_conv"), LARGE)?
            .with_convolution(tensors, &part_of(&large, "small_conv"), SMALL)?;
        // A quarter of the channels, as a multiple of eight: timm's `make_divisible`.
        let squeezed = ((channels / 4 + 4) / 8 * 8).max(8);
        let excitation = excites
            .then(|| Excitation::load(tensors, &part_of(&large, "se"), channels, squeezed))
            .transpose()?;
        let convolution = Convolution::new(folded, &large, channels / 2, LARGE, 2)?;
        let pointwise = part_of(name, "proj.1");
        Ok(Self {
            convolution: convolution.excited(excitation).activated(common.activation),
            pointwise: PointwiseBlock::load(tensors, &pointwise, channels, common.activation)?,
        })
    }

    /// Takes a map through.
    pub fn forward(&self, map: &mut Map, workspace: &mut Workspace) {
        self.convolution.forward(map, workspace);
        self.pointwise.forward(map, workspace);
    }
}

/// A position encoding made by a convolution (Chu et al., 2021).
///
/// # Errors
/// As [`Tensors::take`], and `NonFiniteWeight`.
#[inline(never)]
pub fn load_positions(tensors: &mut Tensors, name: &str, channels: usize) -> Result<Convolution> {
    let folded =
        Folded::nothing(channels, 1, LARGE).with_plain(tensors, &part_of(name, "pos_enc"))?.with_input();
    Convolution::new(folded, name, channels, LARGE, 1)
}

/// A block: neighbours are mixed, by a convolution or by attention, then each pixel goes through an MLP.
#[derive(Debug)]
pub struct Block {
    mixer: Mixer,
    mlp: ConvolutionMlp,
}

#[derive(Debug)]
enum Mixer {
    /// RepMixer (Vasu et al., 2023), with its residual.
    Convolution(Convolution),
    Attention(Attention),
}

impl Block {
    /// The block `name`, which mixes by a convolution.
    ///
    /// # Errors
    /// As [`Tensors::take`], and `NonFiniteWeight`.
    #[inline(never)]
    pub fn load_mixing(tensors: &mut Tensors, name: &str, channels: usize, common: Common) -> Result<Self> {
        let mixer = part_of(name, "token_mixer");
        let branches = Folded::nothing(channels, 1, SMALL)
            .with_normed_input(tensors, &part_of(&mixer, "mixer.identity"))?
            .with_convolution(tensors, &part_of(&mixer, "mixer.conv_kxk.0"), SMALL)?
            .with_convolution(tensors, &part_of(&mixer, "mixer.conv_scale"), 1)?;
        let normed = Folded::nothing(channels, 1, SMALL)
            .with_normed_input(tensors, &part_of(&mixer, "norm.identity"))?;
        let scale = layer_scale(tensors, &part_of(&mixer, "layer_scale"), channels)?;
        let folded = branches.less(&normed, &scale).with_input();
        let scale = layer_scale(tensors, &part_of(name, "layer_scale"), channels)?;
        Ok(Self {
            mixer: Mixer::Convolution(Convolution::new(folded, &mixer, channels, SMALL, 1)?),
            mlp: ConvolutionMlp::load(tensors, name, channels, &scale, common)?,
        })
    }

    /// The block `name`, which attends.
    ///
    /// # Errors
    /// As [`Tensors::take`], `NonFiniteWeight`, and `Config` for more channels than a norm lists.
    #[inline(never)]
    pub fn load_attending(
        tensors: &mut Tensors,
        name: &str,
        channels: usize,
        common: Common,
    ) -> Result<Self> {
        let scale = layer_scale(tensors, &part_of(name, "layer_scale_2"), channels)?;
        Ok(Self {
            mixer: Mixer::Attention(Attention::load(tensors, name, channels, common)?),
            mlp: ConvolutionMlp::load(tensors, name, channels, &scale, common)?,
        })
    }

    /// Takes a map through; every pixel sees those of `all`.
    ///
    /// # Errors
    /// As [`Linear::forward`].
    pub fn forward(&self, map: &mut Map, all: &AttentionMask, workspace: &mut Workspace) -> Result<()> {
        match &self.mixer {
            Mixer::Convolution(mixer) => mixer.forward(map, workspace),
            Mixer::Attention(attention) => attention.forward(map, all, workspace)?,
        }
        self.mlp.forward(map, workspace)
    }
}

/// Attention over all pixels, after a batch norm.
#[derive(Debug)]
struct Attention {
    heads: usize,
    /// What the norm multiplies each channel with, and what it adds then.
    scale: Vec<f32>,
    shift: Vec<f32>,
    /// `[3 * channels, channels]`
    qkv: Linear,
    /// `[channels, channels]`, the residual's scale within.
    out: Linear,
}

impl Attention {
    #[inline(never)]
    fn load(tensors: &mut Tensors, name: &str, channels: usize, common: Common) -> Result<Self> {
        let norm_name = part_of(name, "norm");
        let norm = BatchNorm::load(tensors, &norm_name, channels)?;
        let outliers = outlier_channels(tensors, &norm_name, norm.norm())?;
        let (scale, shift) = norm.affine();
        let mixer = part_of(name, "token_mixer");
        let factors = layer_scale(tensors, &part_of(name, "layer_scale_1"), channels)?;
        let qkv =
            Linear::load_projection(tensors, &part_of(&mixer, "qkv"), 3 * channels, channels, &outliers)?;
        let out = Linear::load(tensors, &part_of(&mixer, "proj"), channels, channels, &[])?;
        Ok(Self { heads: common.heads, scale, shift, qkv, out: out.scaled(&factors)? })
    }

    fn forward(&self, map: &mut Map, all: &AttentionMask, workspace: &mut Workspace) -> Result<()> {
        let Workspace { input, qkv, attended, codes, .. } = workspace;
        let normal = sized(input, map.values.len());
        normal.copy_from_slice(&map.values);
        scale_channels(normal, &self.scale);
        add_channels(normal, &self.shift);
        let qkv = sized(qkv, 3 * map.values.len());
        self.qkv.forward(Rows::Plain(normal), codes, Epilogue::default(), qkv)?;
        let attended = sized(attended, map.values.len());
        attend(qkv, self.heads, map.channels, all, attended);
        let residual = Epilogue { add_to_output: true, ..Epilogue::default() };
        self.out.forward(Rows::Plain(attended), codes, residual, &mut map.values)
    }
}

/// An MLP that sees each pixel's neighbourhood: a depthwise convolution, then two layers, and the residual.
#[derive(Debug)]
struct ConvolutionMlp {
    convolution: Convolution,
    expand: Linear,
    activation: Activation,
    /// The residual's scale within.
    contract: Linear,
}

impl ConvolutionMlp {
    /// The MLP of the block `name`, whose residual is scaled by `scale`.
    #[inline(never)]
    fn load(
        tensors: &mut Tensors,
        name: &str,
        channels: usize,
        scale: &[f32],
        common: Common,
    ) -> Result<Self> {
        let name = part_of(name, "mlp");
        let hidden = EXPANSION * channels;
        let (folded, norm) = Folded::normed(tensors, &part_of(&name, "conv"), channels, LARGE)?;
        let outliers = outlier_channels(tensors, &part_of(&name, "conv.bn"), norm.norm())?;
        let contract = Linear::load(tensors, &part_of(&name, "fc2"), channels, hidden, &[])?;
        Ok(Self {
            convolution: Convolution::new(folded, &name, channels, LARGE, 1)?,
            expand: Linear::load(tensors, &part_of(&name, "fc1"), hidden, channels, &outliers)?,
            activation: common.activation,
            contract: contract.scaled(scale)?,
        })
    }

    fn forward(&self, map: &mut Map, workspace: &mut Workspace) -> Result<()> {
        self.convolution.apply(map, workspace);
        let Workspace { input, hidden, codes, next_codes, .. } = workspace;
        let source = Source::Rows(&input[..map.values.len()]);
        let layers =
            TwoLayers { expand: &self.expand, activation: self.activation, contract: &self.contract };
        layers.add(source, &mut map.values, hidden, codes, next_codes)
    }
}

/// The learned factor of each channel of a residual.
#[inline(never)]
fn layer_scale(tensors: &mut Tensors, name: &str, channels: usize) -> Result<Vec<f32>> {
    load_floats(tensors, &part_of(name, "gamma"), &[channels, 1, 1])
}
