//! The vision tower: pixels to an embedding.

use candle_core::{Device, Tensor};

use super::attention_pool::AttentionPool;
use super::block::Encoder;
use super::linear::{Linear, load_floats, load_norm, outlier_channels};
use super::workspace::{Workspace, Workspaces, sized};
use crate::error::{Error, Result};
use crate::kernels::attention::AttentionMask;
use crate::kernels::layer_norm::LayerNorm;
use crate::kernels::matmul::{Epilogue, Rows};
use crate::kernels::threads;
use crate::weights::{ClipConfig, ModelFamily, Tensors};

/// A vision transformer (Dosovitskiy et al., 2021), with what CLIP or SigLIP put around its blocks.
#[derive(Debug)]
pub struct VisionTower {
    image_size: usize,
    patch_size: usize,
    /// `[width, 3 * patch_size * patch_size]`, the inner dimension padded to whole blocks
    patch_embedding: Linear,
    /// `[width]`, empty where there is no class token
    class_embedding: Vec<f32>,
    /// `[tokens, width]`, the class token first
    positions: Vec<f32>,
    /// CLIP's extra norm before the blocks.
    norm_before: Option<LayerNorm>,
    encoder: Encoder,
    readout: Readout,
    /// Every token sees the whole image.
    all: AttentionMask,
    /// The tokens whose output the last block computes, because it is read.
    last: AttentionMask,
    /// The mask of the last block where the patches' own embeddings are computed.
    patches: AttentionMask,
    workspaces: Workspaces,
}

/// How the last hidden states become the embedding.
#[derive(Debug)]
enum Readout {
    /// The class token's state, normalised and projected.
    Class {
        norm: LayerNorm,
        /// `[projection_dim, width]`
        projection: Linear,
    },
    /// Attention pooling over all tokens.
    Pool(Box<AttentionPool>),
}

impl VisionTower {
    /// Takes the tower's tensors.
    ///
    /// # Errors
    /// As [`Tensors::take`], `NonFiniteWeight`, and `Config` for a width the kernels cannot run.
    pub fn load(tensors: &mut Tensors, config: &ClipConfig) -> Result<Self> {
        let (tower, width) = (&config.vision, config.vision.width);
        let (tokens, has_class) = (config.vision_tokens(), config.family == ModelFamily::Clip);
        let patches = [width, config.channels, config.patch_size, config.patch_size];
        let quantized =
            tensors.iter().any(|tensor| tensor.name.starts_with("v.blk.") && tensor.dtype.is_quantized());
        let of_class = |tensors: &mut Tensors| load_floats(tensors, "v.class_embd", &[width]);
        let patch_bias = |tensors: &mut Tensors| load_floats(tensors, "v.patch_embd.bias", &[width]);
        let class_embedding = if has_class { of_class(tensors)? } else { Vec::new() };
        let bias = if has_class { Vec::new() } else { patch_bias(tensors)? };
        Ok(Self {
            image_size: config.image_size,
            patch_size: config.patch_size,
            patch_embedding: Linear::load_patches(tensors, "v.patch_embd.weight", patches, bias, quantized)?,
            class_embedding,
            positions: load_floats(tensors, "v.position_embd.weight", &[tokens, width])?,
            norm_before: if has_class { Some(load_norm(tensors, "v.pre_ln", tower)?) } else { None },
            encoder: Encoder::load(tensors, "v", tower)?,
            readout: Readout::load(tensors, config)?,
            all: AttentionMask::whole(tokens, 0..tokens),
            last: AttentionMask::whole(tokens, 0..if has_class { 1 } else { tokens }),
            patches: if has_class {
                AttentionMask::each_alone(1..tokens)
            } else {
                AttentionMask::whole(tokens, 0..tokens)
            },
            workspaces: Workspaces::default(),
        })
    }

    /// The embeddings `[images, projection_dim]` of `pixels` `[images, 3, image_size, image_size]`,
    /// as projected or pooled, not normalised.
    ///
    /// # Errors
    /// `Candle` for pixels of another shape.
    pub fn forward(&self, pixels: &Tensor) -> Result<Tensor> {
        let (images, _, _, _) = pixels.dims4()?;
        let pixels = pixels.reshape((images, 3 * self.image_size * self.image_size))?.to_vec2::<f32>()?;
        let columns = self.readout.columns();
        let mut embeddings = vec![0.0; images * columns];
        threads::inside(|| {
            self.workspaces.with(|workspace| {
                let mut targets = embeddings.chunks_exact_mut(columns);
                pixels
                    .iter()
                    .zip(&mut targets)
                    .try_for_each(|(image, embedding)| self.embed(image, workspace, embedding))
            })
        })?;
        Ok(Tensor::from_vec(embeddings, (images, columns), &Device::Cpu)?)
    }

    /// The embeddings `[patches, projection_dim]` of the patches of one image, row by row, of `pixels`
    /// `[1, 3, image_size, image_size]`. Where the tokens would be gathered into one embedding, each patch
    /// sees itself alone and goes the rest of the way, so that it stays about its place (MaskCLIP: Zhou et
    /// al., 2022): that is the last block's attention where there is a class token, else the pooling.
    ///
    /// # Errors
    /// `Candle` for pixels of another shape.
    pub fn embed_patches(&self, pixels: &Tensor) -> Result<Tensor> {
        let pixels = pixels.reshape(3 * self.image_size * self.image_size)?.to_vec1::<f32>()?;
        let shape = (self.patches.queries().len(), self.readout.columns());
        let mut embeddings = vec![0.0; shape.0 * shape.1];
        threads::inside(|| {
            self.workspaces.with(|workspace| {
                let x = self.states(&pixels, &self.patches, workspace)?;
                let width = self.patch_embedding.columns();
                x.chunks_exact(width)
                    .zip(embeddings.chunks_exact_mut(shape.1))
                    .try_for_each(|(row, embedding)| self.readout.forward(row, workspace, embedding))?;
                workspace.x = x;
                Ok::<(), Error>(())
            })
        })?;
        Ok(Tensor::from_vec(embeddings, shape, &Device::Cpu)?)
    }

    /// Takes one image's pixels `[3, image_size, image_size]` to its embedding `[projection_dim]`.
    fn embed(&self, pixels: &[f32], workspace: &mut Workspace, embedding: &mut [f32]) -> Result<()> {
        let x = self.states(pixels, &self.last, workspace)?;
        self.readout.forward(&x, workspace, embedding)?;
        workspace.x = x;
        Ok(())
    }

    /// The states `[queries, width]` that the last block leaves of those tokens that ask there; the buffer is
    /// the workspace's, to be given back.
    fn states(&self, pixels: &[f32], last: &AttentionMask, workspace: &mut Workspace) -> Result<Vec<f32>> {
        let width = self.patch_embedding.columns();
        let patches = (self.image_size / self.patch_size).pow(2);
        let rows = sized(&mut workspace.input, patches * self.patch_embedding.in_features());
        self.cut_patches(pixels, rows);
        let embedded = sized(&mut workspace.hidden, patches * width);
        self.patch_embedding.forward(
            Rows::Plain(rows),
            &mut workspace.codes,
            Epilogue::default(),
            embedded,
        )?;

        let mut x = std::mem::take(&mut workspace.x);
        x.clear();
        let values = self.class_embedding.iter().chain(&*embedded);
        x.extend(values.zip(&self.positions).map(|(value, position)| value + position));
        if let Some(norm) = &self.norm_before {
            let normal = sized(&mut workspace.input, x.len());
            norm.apply(&x, normal);
            x.copy_from_slice(normal);
        }
        self.encoder.forward(&mut x, &self.all, last, workspace)?;
        Ok(x)
    }

    /// The patches of an image `[3, size, size]` as `rows` `[patches, in_features]`: channel, then row, then
    /// column, as the convolution's kernel has them, then zeros up to whole blocks.
    fn cut_patches(&self, pixels: &[f32], rows: &mut [f32]) {
        let (size, patch, in_features) =
            (self.image_size, self.patch_size, self.patch_embedding.in_features());
        let side = size / patch;
        for (index, row) in rows.chunks_exact_mut(in_features).enumerate() {
            let (y, x) = (index / side, index % side);
            let (lines, padding) = row.split_at_mut(3 * patch * patch);
            padding.fill(0.0);
            for (line, target) in lines.chunks_exact_mut(patch).enumerate() {
                let (channel, dy) = (line / patch, line % patch);
                let start = (channel * size + y * patch + dy) * size + x * patch;
                target.copy_from_slice(&pixels[start..][..patch]);
            }
        }
    }

    /// Bytes of memory the weights take.
    pub fn bytes(&self) -> usize {
        let floats = self.class_embedding.len() + self.positions.len();
        self.patch_embedding.bytes() + self.encoder.bytes() + self.readout.bytes() + floats * 4
    }
}

impl Readout {
    fn load(tensors: &mut Tensors, config: &ClipConfig) -> Result<Self> {
        if config.family == ModelFamily::Siglip {
            return Ok(Self::Pool(Box::new(AttentionPool::load(tensors, &config.vision)?)));
        }
        let (columns, width) = (config.projection_dim, config.vision.width);
        let norm = load_norm(tensors, "v.post_ln", &config.vision)?;
        let outliers = outlier_channels(tensors, "v.post_ln", &norm)?;
        let projection = Linear::load_projection(tensors, "visual_projection", columns, width, &outliers)?;
        Ok(Self::Class { norm, projection })
    }

    /// The length of an embedding.
    fn columns(&self) -> usize {
        match self {
            Self::Class { projection, .. } => projection.columns(),
            Self::Pool(pool) => pool.columns(),
        }
    }

    /// Takes the rows that the last block left, `x` `[rows, width]`, to the embedding.
    fn forward(&self, x: &[f32], workspace: &mut Workspace, embedding: &mut [f32]) -> Result<()> {
        match self {
            Self::Class { norm, projection } => {
                let class = Rows::Normalised(norm, x);
                projection.forward(class, &mut workspace.codes, Epilogue::default(), embedding)
            }
            Self::Pool(pool) => pool.forward(x, workspace, embedding),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Class { projection, .. } => projection.bytes(),
            Self::Pool(pool) => pool.bytes(),
        }
    }
}
