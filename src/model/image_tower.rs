//! The vision towers: our vision transformer, or MobileCLIP's FastViT, which candle runs.

use candle_core::Tensor;

#[cfg(feature = "mobileclip")]
use super::fast_vit::FastVit;
use super::vision::VisionTower;
use crate::error::Result;
use crate::weights::{ClipConfig, Tensors};

/// A vision tower: computes embeddings of pixels.
#[derive(Debug)]
pub enum ImageTower {
    Transformer(Box<VisionTower>),
    #[cfg(feature = "mobileclip")]
    FastVit(FastVit),
}

impl ImageTower {
    /// Takes the tower's tensors.
    ///
    /// # Errors
    /// As [`VisionTower::load`] and `FastVit::load`; `UnsupportedArchitecture` for a FastViT where this build is
    /// without it.
    pub fn load(tensors: &mut Tensors, config: &ClipConfig) -> Result<Self> {
        match &config.fast_vit {
            None => Ok(Self::Transformer(Box::new(VisionTower::load(tensors, config)?))),
            #[cfg(feature = "mobileclip")]
            Some(sizes) => Ok(Self::FastVit(FastVit::load(tensors, sizes, config.projection_dim)?)),
            #[cfg(not(feature = "mobileclip"))]
            Some(_) => Err(crate::error::Error::UnsupportedArchitecture {
                found: config.family.name().to_owned(),
                expected: "a vision transformer",
                instead: crate::weights::instead::PHOTOGRAPHS,
            }),
        }
    }

    /// How many pictures are best given to [`Self::forward`] together, as [`VisionTower::pictures_per_pass`] has it.
    pub fn pictures_per_pass(&self) -> usize {
        match self {
            Self::Transformer(tower) => tower.pictures_per_pass(),
            #[cfg(feature = "mobileclip")]
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
            #[cfg(feature = "mobileclip")]
            Self::FastVit(tower) => tower.forward(pixels),
        }
    }

    /// The embeddings `[patches, projection_dim]` of the patches of one image, as [`VisionTower::embed_patches`]
    /// describes them.
    ///
    /// # Errors
    /// `Candle` for pixels of another shape, `UnsupportedArchitecture` for a FastViT, which has no patches.
    pub fn embed_patches(&self, pixels: &Tensor) -> Result<Tensor> {
        match self {
            Self::Transformer(tower) => tower.embed_patches(pixels),
            #[cfg(feature = "mobileclip")]
            Self::FastVit(_) => Err(crate::error::Error::UnsupportedArchitecture {
                found: "mobileclip".to_owned(),
                expected: "a vision transformer, whose patches can be compared with labels",
                instead: crate::weights::instead::PHOTOGRAPHS,
            }),
        }
    }

    /// Bytes of memory the weights take.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Transformer(tower) => tower.bytes(),
            #[cfg(feature = "mobileclip")]
            Self::FastVit(tower) => tower.bytes(),
        }
    }
}
