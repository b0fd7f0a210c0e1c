//! The coefficients of a progressive picture, as far as its scans have been read.

use super::frame::Component;
use super::memory;
use super::scan::{Block, Blocks, Decode};
use crate::Result;

/// The coefficients of one component, as far as the scans have coded them.
pub(super) struct Coefficients {
    pub(super) blocks: Vec<Block>,
    pub(super) stride: usize,
}

impl Coefficients {
    pub(super) fn new(component: &Component) -> Result<Self> {
        let blocks = memory(component.padded_width * component.padded_height, [0; 64])?;
        Ok(Self { blocks, stride: component.padded_width })
    }
}

impl Blocks for Vec<Coefficients> {
    fn block(
        &mut self,
        component: usize,
        row: usize,
        column: usize,
        decode: Option<&mut Decode>,
    ) -> Result<()> {
        let Some(decode) = decode else { return Ok(()) };
        let coefficients = &mut self[component];
        decode(&mut coefficients.blocks[row * coefficients.stride + column])
    }
}
