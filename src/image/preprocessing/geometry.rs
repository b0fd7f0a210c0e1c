//! The sizes and positions of the resized picture and of its centre crop.

use std::ops::Range;

use super::{Backend, Size};
use crate::image::resize::{Resample, Window, resize};
use crate::image::rgb8::Rgb8;
use crate::image::rgb8::{MAX_PIXELS, check_dimensions};
use crate::{Error, Result};

impl Size {
    /// Height and width of a resized picture.
    ///
    /// The longer side is `int(edge * long / short)` of `get_resize_output_image_size` in
    /// `image_transforms.py`.
    ///
    /// # Errors
    ///
    /// [`Error::ImageTooLarge`] if a side would be longer than Pillow's limit, a signed 32-bit number.
    pub fn of(self, height: usize, width: usize) -> Result<(usize, usize)> {
        let edge = match self {
            Self::Exact { height, width } => return Ok((height, width)),
            Self::Patches { side, most } => return Ok(sides_of_patches(height, width, side, most)),
            Self::ShortestEdge(edge) => edge,
        };
        let (short, long) = if width <= height { (width, height) } else { (height, width) };
        let long = ((edge as u64 * long as u64) as f64 / short as f64) as u64;
        let (height, width) = if width <= height { (long, edge as u64) } else { (edge as u64, long) };
        if long > i32::MAX as u64 {
            return Err(Error::ImageTooLarge { width, height, max_pixels: MAX_PIXELS });
        }
        Ok((height as usize, width as usize))
    }
}

/// Height and width of a picture that is scaled to at most so many patches: `get_image_size_for_max_num_patches` in
/// `image_processing_siglip2.py`, which searches for the scale by halves.
fn sides_of_patches(height: usize, width: usize, side: usize, most: usize) -> (usize, usize) {
    const PRECISION: f64 = 1e-5;
    let scaled = |scale: f64, length: usize| ((length as f64 * scale / side as f64).ceil() as usize).max(1);
    let (mut low, mut high) = (PRECISION / 10.0, 100.0);
    while high - low >= PRECISION {
        let scale = (low + high) / 2.0;
        if (scaled(scale, height) as u64).saturating_mul(scaled(scale, width) as u64) <= most as u64 {
            low = scale;
        } else {
            high = scale;
        }
    }
    (scaled(low, height) * side, scaled(low, width) * side)
}

/// A centre crop along one axis.
pub(super) struct Crop {
    /// Length of the result.
    len: usize,
    /// Part of the input that is kept.
    kept: Range<usize>,
    /// Where the kept part begins in the result; what is before and behind it is black.
    at: usize,
}

impl Crop {
    /// `len` of `input` samples, from `(input - len) // 2` on. Below zero that is rounded down with Pillow
    /// (`center_crop` in `image_transforms.py`), and towards zero with torchvision (that of `TorchvisionBackend`).
    pub(super) fn new(backend: Backend, input: usize, len: usize) -> Self {
        if input >= len {
            let start = (input - len) / 2;
            Self { len, kept: start..start + len, at: 0 }
        } else {
            let at = match backend {
                Backend::Pillow => (len - input).div_ceil(2),
                Backend::Torchvision => (len - input) / 2,
            };
            Self { len, kept: 0..input, at }
        }
    }
}

/// `image` resized to `(height, width)` and cropped.
///
/// # Errors
///
/// `ImageTooLarge` for the result; with torchvision also for the resized picture, which PyTorch makes whole. As
/// [`resize`].
pub(super) fn cropped(
    backend: Backend,
    image: &Rgb8,
    (height, width): (usize, usize),
    resample: Resample,
    rows: &Crop,
    columns: &Crop,
) -> Result<Rgb8> {
    check_dimensions(columns.len as u64, rows.len as u64)?;
    if backend == Backend::Torchvision {
        check_dimensions(width as u64, height as u64)?;
    }
    let window = Window { columns: columns.kept.clone(), rows: rows.kept.clone() };
    let resized = resize(backend, image, width, height, resample, &window)?;
    if resized.width() == columns.len && resized.height() == rows.len {
        return Ok(resized);
    }
    let mut data = vec![0; rows.len * columns.len * 3];
    let kept_len = resized.width() * 3;
    for (row, kept) in
        data.chunks_exact_mut(columns.len * 3).skip(rows.at).zip(resized.data().chunks_exact(kept_len))
    {
        row[columns.at * 3..][..kept_len].copy_from_slice(kept);
    }
    Rgb8::new(columns.len, rows.len, data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_side_is_rounded_down() {
        let shortest = |height, width| Size::ShortestEdge(224).of(height, width).unwrap();
        assert_eq!(shortest(480, 640), (224, 298));
        assert_eq!(shortest(640, 480), (298, 224));
        assert_eq!(shortest(7, 7), (224, 224));
        assert_eq!(Size::Exact { height: 3, width: 5 }.of(480, 640).unwrap(), (3, 5));
    }

    #[test]
    fn patches_fill_what_they_may_in_the_shape_of_the_picture() {
        let patches = |height, width| Size::Patches { side: 16, most: 256 }.of(height, width).unwrap();
        assert_eq!(patches(256, 256), (256, 256));
        assert_eq!(patches(1, 1), (112, 112));
        assert_eq!(patches(1, 100_000), (16, 4096));
        assert_eq!(Size::Patches { side: 16, most: 1 }.of(3000, 10).unwrap(), (16, 16));
    }

    #[test]
    fn a_side_beyond_the_reference_is_refused() {
        assert!(matches!(Size::ShortestEdge(224).of(1, 100_000_000), Err(Error::ImageTooLarge { .. })));
    }

    #[test]
    fn a_crop_leans_as_the_reference_does() {
        let crop = |backend, input, len| {
            let crop = Crop::new(backend, input, len);
            (crop.kept, crop.at)
        };
        for backend in Backend::ALL {
            assert_eq!(crop(backend, 298, 224), (37..261, 0));
            assert_eq!(crop(backend, 225, 224), (0..224, 0));
            assert_eq!(crop(backend, 4, 4), (0..4, 0));
        }
        assert_eq!(crop(Backend::Pillow, 3, 6), (0..3, 2));
        assert_eq!(crop(Backend::Torchvision, 3, 6), (0..3, 1));
    }
}
