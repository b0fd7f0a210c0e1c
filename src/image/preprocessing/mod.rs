//! What a model wants done to a picture before its vision tower sees it: the record and its application.
//!
//! The record is a checkpoint's `preprocessor_config.json`, the steps are those of Hugging Face's image processors
//! (`transformers` 5.23, `image_processing_backends.py`): resize, centre crop, rescale, normalise, each of them
//! optional. [`Backend`] says whether `PilBackend`'s pixels are meant or `TorchvisionBackend`'s.

mod geometry;
mod record;

use super::resize::Resample;
use super::{Backend, Rgb8};
use crate::Result;
use geometry::Crop;

/// The resized picture's sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// The shorter side gets this length; the longer one follows, rounded down.
    ShortestEdge(usize),
    /// To this height and width; the aspect ratio is not kept.
    Exact { height: usize, width: usize },
    /// As large as fits `most` square patches of `side` pixels, each side a multiple of theirs: SigLIP 2's NaFlex.
    Patches { side: usize, most: usize },
}

/// A model's preprocessing. A step that is `None` is left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Preprocessing {
    /// Resize to this size, by this method.
    pub resize: Option<(Size, Resample)>,
    /// Cut this (height, width) from the middle; what the picture does not cover is black.
    pub center_crop: Option<(usize, usize)>,
    /// Multiply every sample by this.
    pub rescale: Option<f64>,
    /// Subtract the mean and divide by the standard deviation, each per channel.
    pub normalize: Option<Normalize>,
    /// Whose arithmetic all of this is done in.
    pub backend: Backend,
}

/// Statistics of red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normalize {
    pub mean: [f64; 3],
    pub std: [f64; 3],
}

/// A picture as the vision tower sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Pixels {
    /// Normalised samples, `[3, height, width]`.
    pub data: Vec<f32>,
    /// Rows.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
    /// The resized and cropped picture, before it is rescaled and normalised.
    pub rgb: Rgb8,
}

impl Preprocessing {
    /// Resizes, crops, rescales and normalises.
    ///
    /// Costs what the crop needs: columns and rows that it leaves out are never computed.
    ///
    /// # Errors
    ///
    /// [`Error::ImageTooLarge`](crate::Error::ImageTooLarge) if the result would be, which only a record
    /// without a crop can ask for; with torchvision, if the resized picture would be before its crop, or the picture
    /// between the two passes of the resize.
    pub fn apply(&self, image: &Rgb8) -> Result<Pixels> {
        let rgb = self.resize_and_crop(image)?;
        let data = self.planes(rgb.data());
        Ok(Pixels { data, height: rgb.height(), width: rgb.width(), rgb })
    }

    /// The (height, width) that every picture gets, where it does not depend on the picture.
    pub fn sides(&self) -> Option<(usize, usize)> {
        match (self.center_crop, self.resize) {
            (Some(crop), _) => Some(crop),
            (None, Some((Size::Exact { height, width }, _))) => Some((height, width)),
            _ => None,
        }
    }

    /// The (height, width) that this picture gets; nothing is computed for it.
    ///
    /// # Errors
    ///
    /// As [`Size::of`].
    pub fn sides_of(&self, image: &Rgb8) -> Result<(usize, usize)> {
        match (self.sides(), self.resize) {
            (Some(sides), _) => Ok(sides),
            (None, Some((size, _))) => size.of(image.height(), image.width()),
            (None, None) => Ok((image.height(), image.width())),
        }
    }

    /// The 8-bit half of [`Preprocessing::apply`].
    fn resize_and_crop(&self, image: &Rgb8) -> Result<Rgb8> {
        let (height, width, resample) = match self.resize {
            Some((size, resample)) => {
                let (height, width) = size.of(image.height(), image.width())?;
                (height, width, resample)
            }
            // Resizing to the same size is the identity, so that a crop alone takes the same path.
            None => (image.height(), image.width(), Resample::Nearest),
        };
        let (crop_height, crop_width) = self.center_crop.unwrap_or((height, width));
        let rows = Crop::new(self.backend, height, crop_height);
        let columns = Crop::new(self.backend, width, crop_width);
        geometry::cropped(self.backend, image, (height, width), resample, &rows, &columns)
    }

    /// `[height, width, 3]` samples to `[3, height, width]` values.
    fn planes(&self, rgb: &[u8]) -> Vec<f32> {
        let mut data = Vec::with_capacity(rgb.len());
        for channel in 0..3 {
            let values: [f32; 256] = std::array::from_fn(|level| self.value(level as u8, channel));
            data.extend(rgb.iter().skip(channel).step_by(3).map(|&level| values[usize::from(level)]));
        }
        data
    }

    /// What a sample becomes.
    fn value(&self, level: u8, channel: usize) -> f32 {
        match self.backend {
            Backend::Pillow => self.pillow_value(level, channel),
            Backend::Torchvision => self.torch_value(level, channel),
        }
    }

    /// As in `image_transforms.py` (`rescale`, `normalize`): the product is one of doubles, the rest is single
    /// precision.
    fn pillow_value(&self, level: u8, channel: usize) -> f32 {
        let value = match self.rescale {
            Some(factor) => (f64::from(level) * factor) as f32,
            None => f32::from(level),
        };
        match self.normalize {
            Some(Normalize { mean, std }) => (value - mean[channel] as f32) / std[channel] as f32,
            None => value,
        }
    }

    /// As in `TorchvisionBackend.rescale_and_normalize`: single precision throughout, and where both steps are on,
    /// the mean and the deviation are divided by the factor instead.
    fn torch_value(&self, level: u8, channel: usize) -> f32 {
        let level = f32::from(level);
        match (self.rescale, self.normalize) {
            (Some(factor), None) => level * factor as f32,
            (None, None) => level,
            (factor, Some(Normalize { mean, std })) => {
                let unit = factor.map_or(1.0, |factor| (1.0 / factor) as f32);
                (level - mean[channel] as f32 * unit) / (std[channel] as f32 * unit)
            }
        }
    }
}
