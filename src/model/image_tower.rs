//! The vision towers: a vision transformer, or a convolutional one.

use candle_core::Tensor;

use super::convolutional::ConvolutionalTower;
use super::vision::VisionTower;
use crate::error::Result;
use crate::weights::{ClipConfig, Tensors};

/// A vision tower: computes embeddings of pixels.
#[derive(Debug)]
pub enum ImageTower {
    Transformer(Box<VisionTower>),
    Convolutional(Box<ConvolutionalTower>),
}

impl ImageTower {
    /// Takes the tower's tensors.
    ///
    /// # Errors
    /// As [`VisionTower::load`] and `ConvolutionalTower::load`.
    pub fn load(tensors: &mut Tensors, config: &ClipConfig) -> Result<Self> {
        match &config.convolutional {
            None => Ok(Self::Transformer(Box::new(VisionTower::load(tensors, config)?))),
            Some(sizes) => {
                Ok(Self::Convolutional(Box::new(ConvolutionalTower::load(tensors, sizes, config)?)))
            }
        }
    }

    /// How many pictures are best given to [`Self::forward`] together, as [`VisionTower::pictures_per_pass`] has it.
    pub fn pictures_per_pass(&self) -> usize {
        match self {
            Self::Transformer(tower) => tower.pictures_per_pass(),
            Self::Convolutional(_) => 1,
        }
    }

    /// The embeddings `[images, projection_dim]` of `pixels` `[images, 3, image_size, image_size]`, not normalised.
    ///
    /// # Errors
    /// `Candle` for pixels of another shape.
    pub fn forward(&self, pixels: &Tensor) -> Result<Tensor> {
        match self {
            Self::Transformer(tower) => tower.forward(pixels),
            Self::Convolutional(tower) => tower.forward(pixels),
        }
    }

    /// The embeddings `[patches, projection_dim]` of the patches of one image, as [`VisionTower::embed_patches`] and
    /// `ConvolutionalTower::embed_patches` describe them.
    ///
    /// # Errors
    /// `Candle` for pixels of another shape.
    pub fn embed_patches(&self, pixels: &Tensor) -> Result<Tensor> {
        match self {
            Self::Transformer(tower) => tower.embed_patches(pixels),
            Self::Convolutional(tower) => tower.embed_patches(pixels),
        }
    }

    /// Bytes of memory the weights take.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Transformer(tower) => tower.bytes(),
            Self::Convolutional(tower) => tower.bytes(),
        }
    }
}
