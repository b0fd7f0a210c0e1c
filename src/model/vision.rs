//! The vision tower: pixels to an embedding.

use candle_core::{Device, Tensor};

use super::attention_pool::AttentionPool;
use super::block::Encoder;
use super::linear::{Linear, load_floats, load_norm, outlier_channels};
use super::pixels::pictures;
use super::positions::resized;
use super::workspace::{Workspace, Workspaces, sized};
use crate::error::{Error, Result};
use crate::kernels::attention::AttentionMask;
use crate::kernels::layer_norm::LayerNorm;
use crate::kernels::matmul::{Epilogue, Rows};
use crate::kernels::rotary::Rotary;
use crate::kernels::threads;
use crate::weights::{ClipConfig, ModelFamily, Tensors};

/// Rows of several pictures that go through the blocks together at most, so that a pass takes no more memory than it does
/// for some hundred rows: beyond, the weights are read seldom enough.
const ROWS_PER_PASS: usize = 512;
/// The most pictures of a pass: beyond, hardly anything is gained, and whoever waits for one of them waits longer.
const PICTURES_PER_PASS: usize = 8;

/// A vision transformer (Dosovitskiy et al., 2021), with what CLIP, SigLIP or Perception Encoder put around its blocks.
#[derive(Debug)]
pub struct VisionTower {
    image_size: usize,
    patch_size: usize,
    /// Whether pictures keep their shape, and patches are given row by row, column by column, channel by channel.
    naflex: bool,
    /// `[width, 3 * patch_size * patch_size]`, the inner dimension padded to whole blocks
    patch_embedding: Linear,
    /// What is added to the samples of patches: see [`Linear::load_patches`].
    patch_offset: f32,
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
    /// Attention pooling over all tokens, and Perception Encoder's projection after it.
    Pool {
        pool: Box<AttentionPool>,
        /// `[projection_dim, width]`
        projection: Option<Linear>,
    },
}

impl VisionTower {
    /// Takes the tower's tensors.
    ///
    /// # Errors
    /// As [`Tensors::take`], `NonFiniteWeight`, and `Config` for a width the kernels cannot run.
    pub fn load(tensors: &mut Tensors, config: &ClipConfig) -> Result<Self> {
        let (tower, width) = (&config.vision, config.vision.width);
        let (tokens, has_class) = (config.vision_tokens(), config.family.has_class_token());
        let (pools, side) = (config.family.pools_by_attention(), config.image_size / config.patch_size);
        let rotary = (config.family == ModelFamily::PerceptionEncoder)
            .then(|| Rotary::of_patches(side, tower.width / tower.heads));
        let patch = [width, config.channels, config.patch_size, config.patch_size];
        let flat = [width, config.channels * config.patch_size * config.patch_size];
        let patches = if config.naflex { &flat[..] } else { &patch[..] };
        let quantized =
            tensors.iter().any(|tensor| tensor.name.starts_with("v.blk.") && tensor.dtype.is_quantized());
        let patch_offset = if quantized { config.family.sample_offset() } else { 0.0 };
        let of_class = |tensors: &mut Tensors| load_floats(tensors, "v.class_embd", &[width]);
        let patch_bias = |tensors: &mut Tensors| load_floats(tensors, "v.patch_embd.bias", &[width]);
        let class_embedding = if has_class { of_class(tensors)? } else { Vec::new() };
        let bias = if has_class { Vec::new() } else { patch_bias(tensors)? };
        Ok(Self {
            image_size: config.image_size,
            patch_size: config.patch_size,
            naflex: config.naflex,
            patch_embedding: Linear::load_patches(
                tensors,
                "v.patch_embd.weight",
                patches,
                bias,
                quantized,
                patch_offset,
            )?,
            patch_offset,
            class_embedding,
            positions: load_floats(tensors, "v.position_embd.weight", &[tokens, width])?,
            norm_before: if has_class { Some(load_norm(tensors, "v.pre_ln", tower)?) } else { None },
            encoder: Encoder::load(tensors, "v", tower)?.with_rotary(rotary),
            readout: Readout::load(tensors, config)?,
            all: AttentionMask::whole(tokens, 0..tokens),
            last: AttentionMask::whole(tokens, 0..if pools { tokens } else { 1 }),
            patches: if pools {
                AttentionMask::whole(tokens, usize::from(has_class)..tokens)
            } else {
                AttentionMask::each_alone(1..tokens)
            },
            workspaces: Workspaces::default(),
        })
    }

    /// How many pictures go through the blocks together at most, which then read the weights once for all of them. It is
    /// one where pictures are large, and where the weights are not packed.
    pub fn pictures_per_pass(&self) -> usize {
        if self.is_packed() { PICTURES_PER_PASS.min(ROWS_PER_PASS / self.tokens()).max(1) } else { 1 }
    }

    /// The embeddings `[images, projection_dim]` of `pixels` `[images, 3, image_size, image_size]`,
    /// as projected or pooled, not normalised. Each has the bits that it has alone. With NaFlex, the sides of the pixels are
    /// any multiples of the patches'.
    ///
    /// # Errors
    /// `Candle` for pixels of another shape.
    pub fn forward(&self, pixels: &Tensor) -> Result<Tensor> {
        let size = self.size_of(pixels)?;
        let pixels = pictures(pixels, size.0, size.1)?;
        let (images, columns) = (pixels.len(), self.readout.columns());
        let mut embeddings = vec![0.0; images * columns];
        let together = self.pictures_per_pass();
        threads::inside(|| {
            self.workspaces.with(|workspace| {
                let targets = embeddings.chunks_mut(together * columns);
                pixels.chunks(together).zip(targets).try_for_each(|(pixels, embeddings)| {
                    let x = self.states(pixels, size, &self.last, workspace)?;
                    self.readout.forward(&x, pixels.len(), workspace, embeddings)?;
                    workspace.x = x;
                    Ok::<(), Error>(())
                })
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
        let size = self.size_of(pixels)?;
        let pixels = pictures(&pixels.narrow(0, 0, 1)?, size.0, size.1)?;
        let (rows, columns) = self.grid(size);
        let shape = (rows * columns, self.readout.columns());
        let mut embeddings = vec![0.0; shape.0 * shape.1];
        let together = self.readout.pictures_per_pass();
        threads::inside(|| {
            self.workspaces.with(|workspace| {
                let x = self.states(&pixels, size, &self.patches, workspace)?;
                let rows = x.chunks(together * self.patch_embedding.columns());
                rows.zip(embeddings.chunks_mut(together * shape.1)).try_for_each(|(rows, embeddings)| {
                    self.readout.forward(rows, embeddings.len() / shape.1, workspace, embeddings)
                })?;
                workspace.x = x;
                Ok::<(), Error>(())
            })
        })?;
        Ok(Tensor::from_vec(embeddings, shape, &Device::Cpu)?)
    }

    /// The (height, width) of the pictures of `pixels` `[images, 3, height, width]`: with NaFlex their own.
    ///
    /// # Errors
    /// `Candle` for sides that are no whole patches.
    fn size_of(&self, pixels: &Tensor) -> Result<(usize, usize)> {
        if !self.naflex {
            return Ok((self.image_size, self.image_size));
        }
        let (_, _, height, width) = pixels.dims4()?;
        if [height, width].iter().all(|side| *side > 0 && side.is_multiple_of(self.patch_size)) {
            return Ok((height, width));
        }
        let problem = format!("{height} x {width} pixels are no whole patches of {}", self.patch_size);
        Err(candle_core::Error::Msg(problem))?
    }

    /// Rows and columns of patches of a picture of (height, width).
    fn grid(&self, (height, width): (usize, usize)) -> (usize, usize) {
        (height / self.patch_size, width / self.patch_size)
    }

    /// The states `[pictures, queries, width]` that the last block leaves of those tokens of each picture that ask there,
    /// all of them with NaFlex; the buffer is the workspace's, to be given back.
    fn states(
        &self,
        pictures: &[Vec<f32>],
        size: (usize, usize),
        last: &AttentionMask,
        workspace: &mut Workspace,
    ) -> Result<Vec<f32>> {
        let width = self.patch_embedding.columns();
        let (grid, side) = (self.grid(size), self.image_size / self.patch_size);
        let patches = grid.0 * grid.1;
        let of_picture = patches * self.patch_embedding.in_features();
        let rows = sized(&mut workspace.input, pictures.len() * of_picture);
        for (pixels, rows) in pictures.iter().zip(rows.chunks_exact_mut(of_picture)) {
            self.cut_patches(pixels, size, rows);
        }
        let other_grid = (grid != (side, side)).then(|| {
            let tokens = grid.0 * grid.1;
            (resized(&self.positions, side, grid, width), AttentionMask::whole(tokens, 0..tokens))
        });
        let (positions, all, last) = match &other_grid {
            Some((positions, all)) => (positions, all, all),
            None => (&self.positions, &self.all, last),
        };
        let embedded = sized(&mut workspace.hidden, pictures.len() * patches * width);
        self.patch_embedding.forward(
            Rows::Plain(rows),
            &mut workspace.codes,
            Epilogue::default(),
            embedded,
        )?;

        let mut x = std::mem::take(&mut workspace.x);
        x.clear();
        for embedded in embedded.chunks_exact(patches * width) {
            let values = self.class_embedding.iter().chain(embedded);
            x.extend(values.zip(positions).map(|(value, position)| value + position));
        }
        if let Some(norm) = &self.norm_before {
            let normal = sized(&mut workspace.input, x.len());
            norm.apply(&x, normal);
            x.copy_from_slice(normal);
        }
        match pictures.len() {
            1 => self.encoder.forward(&mut x, all, last, workspace)?,
            several => {
                let masks = [all, last].map(|mask| mask.repeated(several, all.queries().len()));
                self.encoder.forward(&mut x, &masks[0], &masks[1], workspace)?;
            }
        }
        Ok(x)
    }

    /// The rows that a picture has in the blocks.
    fn tokens(&self) -> usize {
        self.all.queries().len()
    }

    fn is_packed(&self) -> bool {
        self.patch_embedding.is_packed() && self.encoder.is_packed()
    }

    /// The patches of an image `[3, height, width]` as `rows` `[patches, in_features]`: channel, then row, then
    /// column, as the convolution's kernel has them, or row, column, channel with NaFlex; then zeros up to whole blocks.
    fn cut_patches(&self, pixels: &[f32], (height, width): (usize, usize), rows: &mut [f32]) {
        let (patch, in_features) = (self.patch_size, self.patch_embedding.in_features());
        let across = width / patch;
        for (index, row) in rows.chunks_exact_mut(in_features).enumerate() {
            let (y, x) = (index / across, index % across);
            let (samples, padding) = row.split_at_mut(3 * patch * patch);
            padding.fill(0.0);
            let offset = self.patch_offset;
            let line = |channel: usize, dy: usize| {
                let start = (channel * height + y * patch + dy) * width + x * patch;
                &pixels[start..][..patch]
            };
            if self.naflex {
                for (dy, target) in samples.chunks_exact_mut(3 * patch).enumerate() {
                    for channel in 0..3 {
                        let target = target.iter_mut().skip(channel).step_by(3);
                        target.zip(line(channel, dy)).for_each(|(target, sample)| *target = *sample + offset);
                    }
                }
            } else {
                for (index, target) in samples.chunks_exact_mut(patch).enumerate() {
                    let line = line(index / patch, index % patch);
                    target.iter_mut().zip(line).for_each(|(target, sample)| *target = *sample + offset);
                }
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
        let (columns, width) = (config.projection_dim, config.vision.width);
        if let Some(heads) = config.pooling_heads {
            let pool = Box::new(AttentionPool::load(tensors, &config.vision, heads)?);
            if config.family == ModelFamily::Siglip {
                return Ok(Self::Pool { pool, projection: None });
            }
            // A file lists the norm's outlier channels for the projection too, whose name says nothing of the pooling
            // between them: exact weights for some of its channels do no harm.
            let outliers = outlier_channels(tensors, "v.post_ln", pool.norm())?;
            let projection = Linear::load_head(tensors, "visual_projection", columns, width, &outliers)?;
            return Ok(Self::Pool { pool, projection: Some(projection) });
        }
        let norm = load_norm(tensors, "v.post_ln", &config.vision)?;
        let outliers = outlier_channels(tensors, "v.post_ln", &norm)?;
        let projection = Linear::load_projection(tensors, "visual_projection", columns, width, &outliers)?;
        Ok(Self::Class { norm, projection })
    }

    /// The length of an embedding.
    fn columns(&self) -> usize {
        match self {
            Self::Class { projection, .. } => projection.columns(),
            Self::Pool { projection: Some(projection), .. } => projection.columns(),
            Self::Pool { pool, projection: None } => pool.columns(),
        }
    }

    /// How many pictures, or parts of one that are read as such, are best read together.
    fn pictures_per_pass(&self) -> usize {
        match self {
            Self::Class { .. } => ROWS_PER_PASS,
            Self::Pool { pool, .. } => (ROWS_PER_PASS / pool.rows_of_picture()).max(1),
        }
    }

    /// Takes the rows that the last block left of `pictures` pictures, `x` `[pictures, rows, width]`, to their
    /// embeddings.
    fn forward(
        &self,
        x: &[f32],
        pictures: usize,
        workspace: &mut Workspace,
        embeddings: &mut [f32],
    ) -> Result<()> {
        let is_packed = match self {
            Self::Class { projection, .. } => projection.is_packed(),
            Self::Pool { pool, projection } => {
                pool.is_packed() && projection.as_ref().is_none_or(Linear::is_packed)
            }
        };
        // Together only where that changes no bit.
        let together = if is_packed { pictures } else { 1 };
        let rows = x.chunks(x.len() / pictures * together);
        let mut embeddings = rows.zip(embeddings.chunks_mut(together * self.columns()));
        embeddings.try_for_each(|(x, embeddings)| match self {
            Self::Class { norm, projection } => {
                let class = Rows::Normalised(norm, x);
                projection.forward(class, &mut workspace.codes, Epilogue::default(), embeddings)
            }
            Self::Pool { pool, projection } => {
                let tokens = x.len() / together / pool.columns();
                let Some(projection) = projection else {
                    return pool.forward(x, tokens, workspace, embeddings);
                };
                let mut pooled = std::mem::take(&mut workspace.pooled);
                pooled.resize(together * pool.columns(), 0.0);
                pool.forward(x, tokens, workspace, &mut pooled)?;
                let rows = Rows::Plain(&pooled);
                projection.forward(rows, &mut workspace.codes, Epilogue::default(), embeddings)?;
                workspace.pooled = pooled;
                Ok(())
            }
        })
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Class { projection, .. } => projection.bytes(),
            Self::Pool { pool, projection } => pool.bytes() + projection.as_ref().map_or(0, Linear::bytes),
        }
    }
}
