//! The vision tower: pixels to an embedding.

use candle_core::{Device, Tensor};

use super::block::{Encoder, load_norm};
use super::linear::{Linear, load_floats};
use super::workspace::Workspaces;
use crate::error::Result;
use crate::kernels::attention::Reach;
use crate::kernels::layer_norm::LayerNorm;
use crate::weights::{ClipConfig, Tensors};

/// A vision transformer (Dosovitskiy et al., 2021) with CLIP's extra norm before the blocks.
#[derive(Debug)]
pub struct VisionTower {
    image_size: usize,
    patch_size: usize,
    /// `[width, 3 * patch_size * patch_size]`, the inner dimension padded to whole blocks
    patch_embedding: Linear,
    /// `[width]`
    class_embedding: Vec<f32>,
    /// `[1 + patches, width]`, the class token first
    positions: Vec<f32>,
    norm_before: LayerNorm,
    encoder: Encoder,
    norm_after: LayerNorm,
    /// `[projection_dim, width]`
    projection: Linear,
    workspaces: Workspaces,
}

impl VisionTower {
    /// Takes the tower's tensors.
    ///
    /// # Errors
    /// As [`Tensors::take`], `NonFiniteWeight`, and `Config` for a width the kernels cannot run.
    pub fn load(tensors: &mut Tensors, config: &ClipConfig) -> Result<Self> {
        let (tower, width) = (&config.vision, config.vision.width);
        let tokens = 1 + (config.image_size / config.patch_size).pow(2);
        let patches = [width, config.channels, config.patch_size, config.patch_size];
        let quantized =
            tensors.iter().any(|tensor| tensor.name.starts_with("v.blk.") && tensor.dtype.is_quantized());
        let norm_after = load_norm(tensors, "v.post_ln", &config.vision)?;
        let wide = norm_after.wide_channels();
        let projection =
            Linear::load_projection(tensors, "visual_projection", config.projection_dim, width, &wide)?;
        Ok(Self {
            image_size: config.image_size,
            patch_size: config.patch_size,
            patch_embedding: Linear::load_patches(tensors, "v.patch_embd.weight", patches, quantized)?,
            class_embedding: load_floats(tensors, "v.class_embd", &[width])?,
            positions: load_floats(tensors, "v.position_embd.weight", &[tokens, width])?,
            norm_before: load_norm(tensors, "v.pre_ln", tower)?,
            encoder: Encoder::load(tensors, "v", tower)?,
            projection,
            norm_after,
            workspaces: Workspaces::default(),
        })
    }

    /// The embeddings `[images, projection_dim]` of `pixels` `[images, 3, image_size, image_size]`,
    /// as projected, not normalised.
    ///
    /// # Errors
    /// `Candle` for pixels of another shape.
    pub fn forward(&self, pixels: &Tensor) -> Result<Tensor> {
        let (images, _, _, _) = pixels.dims4()?;
        let pixels = pixels.reshape((images, 3, self.image_size, self.image_size))?;
        let pixels = pixels.flatten_all()?.to_vec1::<f32>()?;
        let (width, tokens) = (self.class_embedding.len(), self.positions.len() / self.class_embedding.len());
        let embedding = self.workspaces.with(|workspace| {
            let patches = self.patches(&pixels);
            let embedded = self.patch_embedding.project(&patches, workspace)?;
            let mut x = Vec::with_capacity(images * tokens * width);
            for image in embedded.chunks_exact((tokens - 1) * width) {
                let row = self.class_embedding.iter().chain(image);
                x.extend(row.zip(&self.positions).map(|(value, position)| value + position));
            }
            let mut normal = vec![0.0; x.len()];
            self.norm_before.apply(&x, &mut normal);
            let (all, class) = (Reach::whole(images, tokens, 0..tokens), Reach::whole(images, tokens, 0..1));
            self.encoder.forward(&mut normal, &all, &class, workspace)?;
            let mut class = vec![0.0; normal.len()];
            self.norm_after.apply(&normal, &mut class);
            self.projection.project(&class, workspace)
        })?;
        Ok(Tensor::from_vec(embedding, (images, self.projection.columns()), &Device::Cpu)?)
    }

    /// The patches of images `[images, 3, size, size]` as rows `[images * patches, inner]`: channel,
    /// then row, then column, as the convolution's kernel has them.
    fn patches(&self, pixels: &[f32]) -> Vec<f32> {
        let (size, patch, inner) = (self.image_size, self.patch_size, self.patch_embedding.inner());
        let side = size / patch;
        let images = pixels.len() / (3 * size * size);
        let mut rows = vec![0.0; images * side * side * inner];
        for (index, row) in rows.chunks_exact_mut(inner).enumerate() {
            let (image, y, x) = (index / (side * side), index / side % side, index % side);
            for (line, target) in row.chunks_exact_mut(patch).take(3 * patch).enumerate() {
                let (channel, dy) = (line / patch, line % patch);
                let start = ((image * 3 + channel) * size + y * patch + dy) * size + x * patch;
                target.copy_from_slice(&pixels[start..][..patch]);
            }
        }
        rows
    }

    /// Bytes of memory the weights take.
    pub fn bytes(&self) -> usize {
        let floats = self.class_embedding.len() + self.positions.len();
        self.patch_embedding.bytes() + self.encoder.bytes() + self.projection.bytes() + floats * 4
    }
}
