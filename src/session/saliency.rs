//! Heatmaps, computed one pass at a time, so that progress can be shown and the work can be stopped between passes.

use candle_core::{Device, Tensor};

use super::Session;
use crate::error::Result;
use crate::image::{Pixels, Rgb8};
use crate::task::saliency::{self, GRID, Method};
use crate::task::zero_shot::normalise;

/// Embeddings of a picture's parts, which give a heatmap for any label.
#[derive(Clone, Debug)]
pub struct Saliency {
    method: Method,
    pixels: Pixels,
    side: usize,
    /// Unit embeddings: of the patches; or of the whole picture, then of the covered ones, as far as they
    /// have been made.
    embeddings: Vec<Vec<f32>>,
}

impl Saliency {
    /// Cells of a heatmap along a side.
    pub fn side(&self) -> usize {
        self.side
    }

    /// How many passes of the vision tower it takes, and how many have been made.
    pub fn passes(&self) -> (usize, usize) {
        match self.method {
            Method::Occlusion => (1 + self.side * self.side, self.embeddings.len()),
            Method::Patches => (1, usize::from(!self.embeddings.is_empty())),
        }
    }
}

impl Session {
    /// Begins the heatmaps of a picture; no pass is made yet.
    ///
    /// # Errors
    /// As [`Self::preprocess`].
    pub fn saliency(&self, picture: &Rgb8, method: Method) -> Result<Saliency> {
        let side = match method {
            Method::Occlusion => GRID,
            Method::Patches => self.clip.config.image_size / self.clip.config.patch_size,
        };
        Ok(Saliency { method, pixels: self.preprocess(picture)?, side, embeddings: Vec::new() })
    }

    /// Makes the next pass, if one is left.
    ///
    /// # Errors
    /// `NonFiniteEmbedding` if the weights are damaged.
    pub fn step(&self, saliency: &mut Saliency) -> Result<()> {
        let (passes, made) = saliency.passes();
        if made == passes {
            return Ok(());
        }
        let pixels = &saliency.pixels;
        let data = match made {
            0 => pixels.data.clone(),
            _ => saliency::covered(pixels, made - 1),
        };
        let pixels = Tensor::from_vec(data, (1, 3, pixels.height, pixels.width), &Device::Cpu)?;
        let mut embeddings = match saliency.method {
            Method::Occlusion => self.clip.embed_images(&pixels)?,
            Method::Patches => self.clip.embed_patches(&pixels)?,
        };
        embeddings.iter_mut().for_each(|embedding| normalise(embedding));
        if saliency.method == Method::Patches {
            let patch = self.clip.config.patch_size;
            let grid = (saliency.pixels.height / patch, saliency.pixels.width / patch);
            embeddings = saliency::square(embeddings, grid, saliency.side);
        }
        saliency.embeddings.append(&mut embeddings);
        Ok(())
    }

    /// A heatmap `[side * side]`, row by row, for each label; makes the passes that are left.
    ///
    /// # Errors
    /// As [`Self::step`] and [`Self::encode_labels`].
    pub fn heatmaps(
        &mut self,
        saliency: &mut Saliency,
        labels: &[String],
        templates: &[String],
    ) -> Result<Vec<Vec<f32>>> {
        while saliency.passes().0 > saliency.passes().1 {
            self.step(saliency)?;
        }
        let labels = self.label_embeddings(labels, templates)?;
        let map = |label: &Vec<f32>| match (saliency.method, saliency.embeddings.split_first()) {
            (Method::Occlusion, Some((whole, covered))) => saliency::drops(whole, covered, label),
            _ => saliency::similarities(&saliency.embeddings, label),
        };
        Ok(labels.iter().map(map).collect())
    }
}
