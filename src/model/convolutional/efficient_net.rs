//! EfficientNet-Lite (Tan and Le, 2019; timm's `tf_efficientnet_lite0` to `lite4`): inverted residuals (Sandler et al.,
//! 2018), each of which widens its map, mixes neighbours channel by channel, and narrows it. Convolutions are padded as
//! TensorFlow does.

use super::fold::{BatchNorm, Folded, part_of};
use super::layers::{Convolution, PixelLayer};
use super::map::Map;
use super::{Layer, PREFIX};
use crate::error::Result;
use crate::kernels::convolution::FullConvolution;
use crate::model::linear::{Linear, load_floats};
use crate::model::workspace::{Workspace, sized};
use crate::weights::{
    Activation, ClipConfig, EfficientNetConfig, Tensor, Tensors, is_kept_in_floats, mean_after_relu6,
};

/// The kernels' sides, stage by stage.
const KERNELS: [usize; EfficientNetConfig::STAGES] = [3, 3, 5, 3, 5, 5, 3];
/// What each stage's first block divides the map's side by.
const STRIDES: [usize; EfficientNetConfig::STAGES] = [1, 2, 2, 2, 1, 2, 1];

/// A block: layers of pixels around a depthwise convolution.
#[derive(Debug)]
pub struct InvertedResidual {
    expand: Option<PixelLayer>,
    convolution: Convolution,
    contract: PixelLayer,
    /// Whether the block's input is added to its output.
    is_residual: bool,
}

impl InvertedResidual {
    /// Takes a map through.
    ///
    /// # Errors
    /// As [`Linear::forward`].
    pub fn forward(&self, map: &mut Map, workspace: &mut Workspace) -> Result<()> {
        let Workspace { input, hidden, planes, next, codes, .. } = workspace;
        let expanded = match &self.expand {
            None => map.values.as_slice(),
            Some(expand) => {
                let expanded = sized(hidden, map.side * map.side * expand.outputs());
                expand.apply(&map.values, codes, expanded)?;
                &*expanded
            }
        };
        let (side, mixed) = self.convolution.apply(expanded, map.side, planes, input);
        if self.is_residual {
            return self.contract.add(mixed, codes, &mut map.values);
        }
        let channels = self.contract.outputs();
        self.contract.apply(mixed, codes, sized(next, side * side * channels))?;
        map.replace(side, channels, next);
        Ok(())
    }
}

/// The tower's first convolution, the layers between that and the pooling, and the channels of the last map.
///
/// # Errors
/// As [`Tensors::take`], and `NonFiniteWeight`.
pub fn load(
    tensors: &mut Tensors,
    sizes: &EfficientNetConfig,
    config: &ClipConfig,
) -> Result<(FullConvolution, Vec<Layer>, usize)> {
    let is_quantized = |tensor: &Tensor| tensor.name.starts_with(PREFIX) && tensor.dtype.is_quantized();
    let is_quantized = tensors.iter().any(is_quantized);
    let mut layers = Layers {
        is_quantized,
        tensors,
        epsilon: f64::from(config.vision.layer_norm_eps),
        activation: config.vision.activation,
    };
    let norm = layers.norm(&part_of(PREFIX, "bn1"), sizes.stem)?;
    let (weights, bias) =
        layers.folded(&part_of(PREFIX, "conv_stem"), &norm, 3, 3)?.finish("v.trunk.conv_stem")?;
    let mut blocks = Vec::new();
    let mut inputs = sizes.stem;
    for (stage, (&count, &outputs)) in sizes.blocks.iter().zip(&sizes.channels).enumerate() {
        for block in 0..count {
            let stride = if block == 0 { STRIDES[stage] } else { 1 };
            let name = format!("{PREFIX}.blocks.{stage}.{block}");
            let expansion = if stage == 0 { 1 } else { EfficientNetConfig::EXPANSION };
            blocks.push(Layer::InvertedResidual(layers.block(
                &name,
                [inputs, outputs],
                expansion,
                KERNELS[stage],
                stride,
            )?));
            inputs = outputs;
        }
    }
    let channels = config.vision.width;
    let norm = layers.norm(&part_of(PREFIX, "bn2"), channels)?;
    let head =
        layers.pixel_layer(&part_of(PREFIX, "conv_head"), &norm, inputs, &[], Some(layers.activation))?;
    blocks.push(Layer::Pixel(head));
    Ok((FullConvolution::new(&weights, &bias).with_same_padding(), blocks, channels))
}

/// What loads the layers.
struct Layers<'a> {
    tensors: &'a mut Tensors,
    /// Whether layers of pixels run in eight bits.
    is_quantized: bool,
    /// What a batch norm adds to a variance.
    epsilon: f64,
    activation: Activation,
}

impl Layers<'_> {
    /// The block `name`, from some channels to others.
    #[inline(never)]
    fn block(
        &mut self,
        name: &str,
        [inputs, outputs]: [usize; 2],
        expansion: usize,
        kernel: usize,
        stride: usize,
    ) -> Result<InvertedResidual> {
        let (activation, inner) = (Some(self.activation), inputs * expansion);
        // Of the block that does not widen its map, timm counts the norms from the depthwise convolution on.
        let (first, last) = if expansion == 1 { (1, "conv_pw") } else { (2, "conv_pwl") };
        let expand = if expansion == 1 {
            None
        } else {
            let norm = self.norm(&part_of(name, "bn1"), inner)?;
            Some(self.pixel_layer(&part_of(name, "conv_pw"), &norm, inputs, &[], activation)?)
        };
        let norm = self.norm(&format!("{name}.bn{first}"), inner)?;
        let depthwise = part_of(name, "conv_dw");
        let folded = self.folded(&depthwise, &norm, 1, kernel)?;
        let mut convolution = Convolution::new(folded, &depthwise, inner, kernel, stride)?;
        convolution.convolution = convolution.convolution.with_same_padding();
        convolution.activation = activation;
        let means = mean_after_relu6(&norm.norm().gain, &norm.norm().bias);
        let norm = self.norm(&format!("{name}.bn{}", first + 1), outputs)?;
        let contract = self.pixel_layer(&part_of(name, last), &norm, inner, &means, None)?;
        Ok(InvertedResidual { expand, convolution, contract, is_residual: inputs == outputs && stride == 1 })
    }

    fn norm(&mut self, name: &str, channels: usize) -> Result<BatchNorm> {
        BatchNorm::load(self.tensors, name, channels, self.epsilon)
    }

    /// The convolution `name` with the norm behind it.
    #[inline(never)]
    fn folded(&mut self, name: &str, norm: &BatchNorm, inputs: usize, kernel: usize) -> Result<Folded> {
        let outputs = norm.norm().gain.len();
        let weights =
            load_floats(self.tensors, &part_of(name, "weight"), &[outputs, inputs, kernel, kernel])?;
        Ok(Folded::normed(&weights, inputs, kernel, norm))
    }

    /// The layer of pixels `name` with the norm behind it. A norm scales whole rows of weights, which are rounded each on its
    /// own, so that it makes no difference whether it is folded into them before or after they were. `means` are what the
    /// inputs are on average, where that is known.
    #[inline(never)]
    fn pixel_layer(
        &mut self,
        name: &str,
        norm: &BatchNorm,
        inputs: usize,
        means: &[f32],
        activation: Option<Activation>,
    ) -> Result<PixelLayer> {
        let outputs = norm.norm().gain.len();
        if is_kept_in_floats(name) {
            return PixelLayer::in_floats(self.folded(name, norm, inputs, 1)?, name, activation);
        }
        if !self.is_quantized {
            let weights = load_floats(self.tensors, &part_of(name, "weight"), &[outputs, inputs])?;
            return PixelLayer::in_floats(Folded::normed(&weights, inputs, 1, norm), name, activation);
        }
        let (scale, shift) = norm.affine();
        let layer = Linear::load_in_eight_bits(self.tensors, name, outputs, inputs, means)?;
        Ok(PixelLayer::in_eight_bits(layer.scaled(&scale)?.with_bias(shift), activation))
    }
}
