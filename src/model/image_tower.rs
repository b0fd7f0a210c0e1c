//! The vision towers: a vision transformer, or MobileCLIP's FastViT.

use candle_core::Tensor;

use super::fast_vit::FastVit;
use super::vision::VisionTower;
use crate::error::Result;
use crate::weights::{ClipConfig, Tensors};

/// A vision tower: computes embeddings of pixels.
#[derive(Debug)]
pub enum ImageTower {
    Transformer(Box<VisionTower>),
    FastVit(Box<FastVit>),
}

impl ImageTower {
    /// Takes the tower's tensors.
    ///
    /// # Errors
    /// As [`VisionTower::load`] and `FastVit::load`.
    pub fn load(tensors: &mut Tensors, config: &ClipConfig) -> Result<Self> {
        match &config.fast_vit {
            None => Ok(Self::Transformer(Box::new(VisionTower::load(tensors, config)?))),
            Some(sizes) => Ok(Self::FastVit(Box::new(FastVit::load(tensors, sizes, config)?))),
        }
    }

    /// How many pictures are best given to [`Self::forward`] together, as [`VisionTower::pictures_per_pass`] has it.
    pub fn pictures_per_pass(&self) -> usize {
        match self {
            Self::Transformer(tower) => tower.pictures_per_pass(),
            Self::FastVit(_) => 1,
        }
    }

    /// The embeddings `[images, projection_dim]` of `pixels` `[images, 3, image_size, image_size]`, not normalised.
    ///
    /// # Errors
    /// `Candle` for pixels of another shape.
    pub fn forward(&self, pixels: &Tensor) -> Result<Tensor> {
        match self {
            Self::Transformer(tower) => tower.forward(pixels),
            Self::FastVit(tower) => tower.forward(pixels),
        }
    }

    /// The embeddings `[patches, projection_dim]` of the patches of one image, as [`VisionTower::embed_patches`] and
    /// `FastVit::embed_patches` describe them.
    ///
    /// # Errors
    /// `Candle` for pixels of another shape.
    pub fn embed_patches(&self, pixels: &Tensor) -> Result<Tensor> {
        match self {
            Self::Transformer(tower) => tower.embed_patches(pixels),
            Self::FastVit(tower) => tower.embed_patches(pixels),
        }
    }

    /// Bytes of memory the weights take.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Transformer(tower) => tower.bytes(),
            Self::FastVit(tower) => tower.bytes(),
        }
    }
}
