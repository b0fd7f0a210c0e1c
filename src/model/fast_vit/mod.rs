//! MobileCLIP's vision tower, FastViT (Vasu et al., 2023): convolutions that mix neighbours and linear layers that mix
//! channels, over a map whose side halves from stage to stage; the last stage attends.

mod fold;
mod layers;
mod map;
mod stage;

use candle_core::{Device, Tensor};

use self::fold::{Folded, part_of};
use self::layers::{Convolution, Excitation, PointwiseBlock};
use self::map::Map;
use self::stage::{Block, Common, Downsampling, load_positions};
use super::linear::{Linear, check_width};
use super::workspace::{Workspace, Workspaces, sized};
use crate::error::{Error, Result};
use crate::kernels::attention::AttentionMask;
use crate::kernels::convolution::{FullConvolution, mean_of_pixels};
use crate::kernels::matmul::{Epilogue, Rows};
use crate::kernels::threads;
use crate::weights::{Activation, ClipConfig, FastVitConfig, Tensors};

/// What its tensors begin with.
const PREFIX: &str = "v.trunk";
/// The stages of which the first two convolutions and the last one's attention are made.
const STAGES: usize = 4;
/// From this stage on, squeeze-and-excitation follows the convolution that halves the map.
const FIRST_EXCITED: usize = 2;
/// How many times as large a picture's side is as the last map's.
const REDUCTION: usize = 32;

/// The tower.
#[derive(Debug)]
pub struct FastVit {
    bytes: usize,
    image_size: usize,
    activation: Activation,
    stem: Stem,
    stages: Vec<Stage>,
    /// The last convolution, to twice the channels.
    last: Convolution,
    /// `[projection_dim, channels]`
    projection: Linear,
    /// Every pixel of the last stage sees all.
    all: AttentionMask,
    workspaces: Workspaces,
}

/// What makes the first map of a picture: a quarter of its side.
#[derive(Debug)]
struct Stem {
    first: FullConvolution,
    second: Convolution,
    third: PointwiseBlock,
}

#[derive(Debug)]
struct Stage {
    downsampling: Option<Downsampling>,
    positions: Option<Convolution>,
    blocks: Vec<Block>,
}

impl FastVit {
    /// Takes the tower's tensors.
    ///
    /// # Errors
    /// As [`Tensors::take`], `NonFiniteWeight`, and `Config` for a number of heads that the kernels cannot run.
    pub fn load(tensors: &mut Tensors, sizes: &FastVitConfig, config: &ClipConfig) -> Result<Self> {
        let (activation, heads) = (config.vision.activation, config.vision.heads);
        let last = sizes.channels << (STAGES - 1);
        check_width("clip.vision.attention.head_count", last, heads)?;
        let of_trunk = tensors.iter().filter(|tensor| tensor.name.starts_with(PREFIX));
        let bytes = of_trunk.map(bytes_in_memory).sum();
        let common = Common { activation, heads };
        let stem = Stem::load(tensors, sizes.channels, activation)?;
        let mut stages = Vec::new();
        for stage in 0..STAGES {
            stages.push(Stage::load(tensors, stage, sizes, common)?);
        }
        let side = config.image_size / REDUCTION;
        Ok(Self {
            bytes,
            image_size: config.image_size,
            activation,
            stem,
            stages,
            last: load_last(tensors, last, activation)?,
            projection: Linear::load_head(
                tensors,
                &part_of(PREFIX, "head.fc"),
                config.projection_dim,
                2 * last,
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
        let (images, _, _, _) = pixels.dims4()?;
        let pixels = pixels.reshape((images, 3 * self.image_size * self.image_size))?.to_vec2::<f32>()?;
        let shape = (images * of_picture, self.projection.columns());
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
        let mut map = self.stem.forward(pixels, self.image_size, self.activation, workspace);
        for stage in &self.stages {
            if let Some(downsampling) = &stage.downsampling {
                downsampling.forward(&mut map, workspace);
            }
            if let Some(positions) = &stage.positions {
                positions.forward(&mut map, workspace);
            }
            stage.blocks.iter().try_for_each(|block| block.forward(&mut map, &self.all, workspace))?;
        }
        self.last.forward(&mut map, workspace);
        Ok(map)
    }

    /// Bytes of memory that the weights take, about: the branches of convolutions are counted before they are folded.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Stem {
    #[inline(never)]
    fn load(tensors: &mut Tensors, channels: usize, activation: Activation) -> Result<Self> {
        let name = |layer: usize| format!("{PREFIX}.stem.{layer}");
        let branches = |tensors: &mut Tensors, name: &str, inputs: usize| {
            Folded::nothing(channels, inputs, 3)
                .with_convolution(tensors, &part_of(name, "conv_kxk.0"), 3)?
                .with_convolution(tensors, &part_of(name, "conv_scale"), 1)
        };
        let (weights, bias) = branches(tensors, &name(0), 3)?.finish(&name(0))?;
        let second = Convolution::new(branches(tensors, &name(1), 1)?, &name(1), channels, 3, 2)?;
        Ok(Self {
            first: FullConvolution::new(&weights, &bias),
            second: second.activated(activation),
            third: PointwiseBlock::load(tensors, &name(2), channels, activation)?,
        })
    }

    /// The first map of a picture's pixels `[3, side, side]`; its buffer is the workspace's `x`.
    fn forward(&self, pixels: &[f32], side: usize, activation: Activation, workspace: &mut Workspace) -> Map {
        let (channels, half) = (self.first.outputs(), self.first.side_of(side));
        let mut values = std::mem::take(&mut workspace.x);
        values.resize(half * half * channels, 0.0);
        self.first.apply(pixels, side, activation, &mut values);
        let mut map = Map { side: half, channels, values };
        self.second.forward(&mut map, workspace);
        self.third.forward(&mut map, workspace);
        map
    }
}

impl Stage {
    #[inline(never)]
    fn load(tensors: &mut Tensors, stage: usize, sizes: &FastVitConfig, common: Common) -> Result<Self> {
        let (name, channels) = (format!("{PREFIX}.stages.{stage}"), sizes.channels << stage);
        let excites = stage >= FIRST_EXCITED;
        let is_last = stage + 1 == STAGES;
        let downsampling = (stage > 0)
            .then(|| Downsampling::load(tensors, &part_of(&name, "downsample"), channels, excites, common))
            .transpose()?;
        let positions =
            is_last.then(|| load_positions(tensors, &part_of(&name, "pos_emb"), channels)).transpose()?;
        let load = if is_last { Block::load_attending } else { Block::load_mixing };
        let mut blocks = Vec::new();
        for block in 0..sizes.blocks[stage] {
            blocks.push(load(tensors, &format!("{name}.blocks.{block}"), channels, common)?);
        }
        Ok(Self { downsampling, positions, blocks })
    }
}

/// What a tensor takes once it is loaded: nine eighths of a byte for each value of a packed matrix, else four.
fn bytes_in_memory(tensor: &crate::weights::Tensor) -> usize {
    if tensor.dtype.is_quantized() { tensor.elements() / 8 * 9 } else { tensor.elements() * 4 }
}

/// The convolution after the stages, from `channels` channels to twice as many.
#[inline(never)]
fn load_last(tensors: &mut Tensors, channels: usize, activation: Activation) -> Result<Convolution> {
    let name = part_of(PREFIX, "final_conv");
    let outputs = 2 * channels;
    let folded = Folded::nothing(outputs, 1, 3)
        .with_convolution(tensors, &part_of(&name, "conv_kxk.0"), 3)?
        .with_convolution(tensors, &part_of(&name, "conv_scale"), 1)?;
    let excitation = Excitation::load(tensors, &part_of(&name, "se"), outputs, outputs / 16)?;
    let convolution = Convolution::new(folded, &name, channels, 3, 1)?;
    Ok(convolution.excited(Some(excitation)).activated(activation))
}
