//! A picture, or a layer over it, as floating-point samples.

use crate::image::Rgb8;

/// Samples `[height, width, depth]`; 0 to 1 is black to white.
#[derive(Clone, Debug)]
pub struct Samples {
    pub width: usize,
    pub height: usize,
    pub depth: usize,
    pub data: Vec<f64>,
}

/// What lies beyond the edge, for a row `a b c d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// `a a a b c d d d`
    Clamp,
    /// `c b a a b c d d c b`
    Reflect,
    /// `d c b a b c d c b a`
    Mirror,
}

impl Edge {
    /// The index inside `length` that stands for `index`.
    pub fn fold(self, index: isize, length: usize) -> usize {
        let last = length as isize - 1;
        let folded = match self {
            Self::Clamp => index.clamp(0, last),
            Self::Reflect => {
                let place = index.rem_euclid(2 * (last + 1));
                place.min(2 * last + 1 - place)
            }
            Self::Mirror if last == 0 => 0,
            Self::Mirror => {
                let place = index.rem_euclid(2 * last);
                place.min(2 * last - place)
            }
        };
        folded as usize
    }
}

impl Samples {
    /// A picture's samples.
    pub fn of(image: &Rgb8) -> Self {
        let data = image.data().iter().map(|&level| f64::from(level) / 255.0).collect();
        Self { width: image.width(), height: image.height(), depth: 3, data }
    }

    /// A layer as large as this, of one value a pixel, drawn row by row.
    pub fn layer(&self, draw: impl FnMut() -> f64) -> Self {
        let mut data = Vec::with_capacity(self.width * self.height);
        data.resize_with(self.width * self.height, draw);
        Self { width: self.width, height: self.height, depth: 1, data }
    }

    /// Samples of the same shape, all zero.
    pub fn zeros(&self) -> Self {
        Self { data: vec![0.0; self.data.len()], ..*self }
    }

    /// The picture, as NumPy's `uint8` cuts: clipped, and rounded down.
    pub fn into_rgb8(self) -> Rgb8 {
        let levels: Vec<u8> = self.data.iter().map(|value| (value.clamp(0.0, 1.0) * 255.0) as u8).collect();
        let data =
            if self.depth == 1 { levels.iter().flat_map(|&level| [level; 3]).collect() } else { levels };
        Rgb8::from_parts(self.width, self.height, data)
    }

    /// Changes every sample.
    pub fn map(mut self, mut change: impl FnMut(f64) -> f64) -> Self {
        self.data.iter_mut().for_each(|value| *value = change(*value));
        self
    }

    /// The samples of a pixel.
    pub fn pixel(&self, x: usize, y: usize) -> &[f64] {
        &self.data[(y * self.width + x) * self.depth..][..self.depth]
    }

    /// The samples of a pixel.
    pub fn pixel_mut(&mut self, x: usize, y: usize) -> &mut [f64] {
        &mut self.data[(y * self.width + x) * self.depth..][..self.depth]
    }

    /// Pixels of three samples.
    pub fn colours_mut(&mut self) -> impl Iterator<Item = &mut [f64; 3]> {
        self.data.as_chunks_mut().0.iter_mut()
    }

    /// Adds the bilinear interpolation of four pixels at (x, y) to `out`.
    pub fn add_between(&self, x: f64, y: f64, edge: Edge, out: &mut [f64]) {
        let (left, top) = (libm::floor(x), libm::floor(y));
        for (row, tall) in [(0, 1.0 - (y - top)), (1, y - top)] {
            for (column, wide) in [(0, 1.0 - (x - left)), (1, x - left)] {
                if tall * wide == 0.0 {
                    continue;
                }
                let column = edge.fold(left as isize + column, self.width);
                let row = edge.fold(top as isize + row, self.height);
                let pixel = self.pixel(column, row);
                out.iter_mut().zip(pixel).for_each(|(out, value)| *out += tall * wide * value);
            }
        }
    }

    /// The picture in which (x, y) shows what this one has at `from(x, y)`.
    pub fn warped(&self, edge: Edge, mut from: impl FnMut(usize, usize) -> (f64, f64)) -> Self {
        let mut warped = self.zeros();
        for y in 0..self.height {
            for x in 0..self.width {
                let (from_x, from_y) = from(x, y);
                self.add_between(from_x, from_y, edge, warped.pixel_mut(x, y));
            }
        }
        warped
    }
}

/// The luma of a colour (ITU-R BT.601).
pub fn luma([red, green, blue]: [f64; 3]) -> f64 {
    0.299 * red + 0.587 * green + 0.114 * blue
}
