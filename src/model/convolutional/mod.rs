//! The convolutional vision towers: [MobileCLIP's FastViT](fast_vit) and [EfficientNet-Lite](efficient_net). A picture's map
//! goes through a list of layers; the mean of the last one's pixels is projected.

mod efficient_net;
mod fast_vit;
mod fold;
mod layers;
mod map;

use candle_core::{Device, Tensor};

use self::efficient_net::InvertedResidual;
use self::fast_vit::{Attention, ConvolutionMlp};
use self::fold::part_of;
use self::layers::{Convolution, PixelLayer};
use self::map::Map;
use super::linear::Linear;
use super::pixels::pictures;
use super::workspace::{Workspace, Workspaces, sized};
use crate::error::{Error, Result};
use crate::kernels::attention::AttentionMask;
use crate::kernels::convolution::{FullConvolution, mean_of_pixels};
use crate::kernels::matmul::{Epilogue, Rows};
use crate::kernels::threads;
use crate::weights::{Activation, ClipConfig, ConvolutionalConfig, Tensors};

/// What its tensors begin with.
const PREFIX: &str = "v.trunk";

/// A layer.
#[derive(Debug)]
enum Layer {
    Convolution(Convolution),
    Pixel(PixelLayer),
    Attention(Attention),
    Mlp(ConvolutionMlp),
    InvertedResidual(InvertedResidual),
}

/// The tower.
#[derive(Debug)]
pub struct ConvolutionalTower {
    bytes: usize,
    image_size: usize,
    activation: Activation,
    /// What makes a map of a picture.
    first: FullConvolution,
    layers: Vec<Layer>,
    /// `[projection_dim, channels]`
    projection: Linear,
    /// Every pixel of the last map sees all.
    all: AttentionMask,
    workspaces: Workspaces,
}

impl ConvolutionalTower {
    /// Takes the tower's tensors.
    ///
    /// # Errors
    /// As [`Tensors::take`], `NonFiniteWeight`, and `Config` for sizes that the kernels cannot run.
    pub fn load(tensors: &mut Tensors, sizes: &ConvolutionalConfig, config: &ClipConfig) -> Result<Self> {
        let of_trunk = tensors.iter().filter(|tensor| tensor.name.starts_with(PREFIX));
        let bytes = of_trunk.map(bytes_in_memory).sum();
        let (first, layers, channels) = match sizes {
            ConvolutionalConfig::FastVit(sizes) => fast_vit::load(tensors, sizes, config)?,
            ConvolutionalConfig::EfficientNet(sizes) => efficient_net::load(tensors, sizes, config)?,
        };
        let side = config.image_size / ConvolutionalConfig::REDUCTION;
        Ok(Self {
            bytes,
            image_size: config.image_size,
            activation: config.vision.activation,
            first,
            layers,
            projection: Linear::load_head(
                tensors,
                &part_of(PREFIX, "head.fc"),
                config.projection_dim,
                channels,
                &[],
            )?,
            all: AttentionMask::whole(side * side, 0..side * side),
            workspaces: Workspaces::default(),
        })
    }

    /// The embeddings `[images, projection_dim]` of `pixels` `[images, 3, image_size, image_size]`, not normalised. Each
    /// picture goes through alone: its maps have thousands of rows, for which the weights are read once already.
    ///
    /// # Errors
    /// `Candle` for pixels of another shape.
    pub fn forward(&self, pixels: &Tensor) -> Result<Tensor> {
        self.embed(pixels, 1)
    }

    /// The embeddings `[patches, projection_dim]` of the places of the last map, row by row, of `pixels`
    /// `[1, 3, image_size, image_size]`. Their mean is the picture's embedding: the projection is linear, so that it may
    /// come before the pooling (Zhou et al., 2016).
    ///
    /// # Errors
    /// `Candle` for pixels of another shape.
    pub fn embed_patches(&self, pixels: &Tensor) -> Result<Tensor> {
        self.embed(pixels, self.all.queries().len())
    }

    /// The embeddings of the places of each picture's last map, or of their mean where there is to be one of each picture.
    fn embed(&self, pixels: &Tensor, of_picture: usize) -> Result<Tensor> {
        let pixels = pictures(pixels, self.image_size, self.image_size)?;
        let shape = (pixels.len() * of_picture, self.projection.columns());
        let mut embeddings = vec![0.0; shape.0 * shape.1];
        threads::inside(|| {
            self.workspaces.with(|workspace| {
                let embeddings = embeddings.chunks_mut(of_picture * shape.1);
                pixels.iter().zip(embeddings).try_for_each(|(pixels, embeddings)| {
                    let map = self.last_map(pixels, workspace)?;
                    let mean = sized(&mut workspace.input, map.channels);
                    mean_of_pixels(&map.values, mean);
                    let rows = Rows::Plain(if of_picture == 1 { mean } else { &map.values });
                    self.projection.forward(rows, &mut workspace.codes, Epilogue::default(), embeddings)?;
                    workspace.x = map.values;
                    Ok::<(), Error>(())
                })
            })
        })?;
        Ok(Tensor::from_vec(embeddings, shape, &Device::Cpu)?)
    }

    /// The map before the pooling; its buffer is the workspace's `x`, to be given back.
    fn last_map(&self, pixels: &[f32], workspace: &mut Workspace) -> Result<Map> {
        let (side, channels) = (self.first.side_of(self.image_size), self.first.outputs());
        let mut values = std::mem::take(&mut workspace.x);
        values.resize(side * side * channels, 0.0);
        self.first.apply(pixels, self.image_size, self.activation, &mut values);
        let mut map = Map { side, channels, values };
        for layer in &self.layers {
            match layer {
                Layer::Convolution(convolution) => convolution.forward(&mut map, workspace),
                Layer::Pixel(layer) => layer.forward(&mut map, workspace)?,
                Layer::Attention(attention) => attention.forward(&mut map, &self.all, workspace)?,
                Layer::Mlp(mlp) => mlp.forward(&mut map, workspace)?,
                Layer::InvertedResidual(block) => block.forward(&mut map, workspace)?,
            }
        }
        Ok(map)
    }

    /// Bytes of memory that the weights take, about: the branches of convolutions are counted before they are folded.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// What a tensor takes once it is loaded: nine eighths of a byte for each value of a packed matrix, else four.
fn bytes_in_memory(tensor: &crate::weights::Tensor) -> usize {
    if tensor.dtype.is_quantized() { tensor.elements() / 8 * 9 } else { tensor.elements() * 4 }
}
