//! The components' samples, from blocks as they are decoded or from all coefficients of a progressive picture.

use super::coefficients::Coefficients;
use super::frame::{Component, Frame};
use super::scan::{Blocks, Decode};
use super::smoothing::Smoothing;
use super::{idct, memory};
use crate::Result;

/// The samples of one component.
pub(super) struct Plane {
    samples: Vec<u8>,
    stride: usize,
    /// Size without the padding of whole blocks.
    pub(super) width: usize,
    height: usize,
}

impl Plane {
    pub(super) fn new(component: &Component, unit: usize) -> Result<Self> {
        let stride = component.padded_width * unit;
        let samples = memory(stride * component.padded_height * unit, 0)?;
        Ok(Self { samples, stride, width: component.width, height: component.height })
    }

    /// The samples of a row; of the last one, where there are not so many.
    pub(super) fn row(&self, row: usize) -> &[u8] {
        &self.samples[row.min(self.height - 1) * self.stride..][..self.stride]
    }

    /// Row `row`, padding included.
    pub(super) fn row_mut(&mut self, row: usize) -> &mut [u8] {
        &mut self.samples[row * self.stride..][..self.stride]
    }

    fn put(&mut self, row: usize, column: usize, samples: &[[u8; 8]; 8]) {
        let rows = self.samples[row * 8 * self.stride..].chunks_exact_mut(self.stride);
        for (row, samples) in rows.zip(samples) {
            row[column * 8..][..8].copy_from_slice(samples);
        }
    }
}

/// Planes of a picture in one scan.
pub(super) struct OnePass<'a> {
    pub(super) planes: &'a mut [Plane],
    pub(super) quantization: &'a [[u16; 64]],
}

impl Blocks for OnePass<'_> {
    fn block(
        &mut self,
        component: usize,
        row: usize,
        column: usize,
        decode: Option<&mut Decode>,
    ) -> Result<()> {
        let mut block = [0; 64];
        if let Some(decode) = decode {
            decode(&mut block)?;
        }
        let samples = idct::samples(&block, &self.quantization[component]);
        self.planes[component].put(row, column, &samples);
        Ok(())
    }
}

impl Coefficients {
    /// The plane of these coefficients, whose memory is free when it is there.
    pub(super) fn into_plane(
        self,
        frame: &Frame,
        index: usize,
        quantization: &[u16; 64],
        smoothing: Option<&Smoothing>,
    ) -> Result<Plane> {
        let component = &frame.components[index];
        let mut plane = Plane::new(component, 8)?;
        for row in 0..component.height_in_units {
            for column in 0..component.width_in_units {
                let known = &self.blocks[row * self.stride + column];
                let smooth = smoothing
                    .map(|smoothing| smoothing.block(&self, frame, index, quantization, row, column));
                let samples = idct::samples(smooth.as_ref().unwrap_or(known), quantization);
                plane.put(row, column, &samples);
            }
        }
        Ok(plane)
    }
}
