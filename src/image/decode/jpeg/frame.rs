//! The frame header: the sizes of the picture and of its components.

use super::damaged;
use super::source::Source;
use crate::Result;

/// libjpeg's limit on a side.
const MAX_SIDE: usize = 65_500;

/// The picture as its header describes it.
pub(super) struct Frame {
    pub(super) progressive: bool,
    pub(super) lossless: bool,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) components: Vec<Component>,
    /// The largest sampling factors.
    pub(super) max_h: usize,
    pub(super) max_v: usize,
    /// Rows of MCUs that hold all components.
    pub(super) mcu_rows: usize,
}

/// One component: its sampling, and its size in samples and in units. A unit is a block of 8 x 8, or a sample
/// of a lossless file.
pub(super) struct Component {
    pub(super) id: u8,
    pub(super) h: usize,
    pub(super) v: usize,
    pub(super) quantization: u8,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) width_in_units: usize,
    pub(super) height_in_units: usize,
    /// Units a row and rows that whole MCUs have.
    pub(super) padded_width: usize,
    pub(super) padded_height: usize,
}

impl Frame {
    pub(super) fn read(source: &mut Source, progressive: bool, lossless: bool) -> Result<Self> {
        let (len, precision) = (usize::from(source.u16()?), source.byte()?);
        let (height, width) = (usize::from(source.u16()?), usize::from(source.u16()?));
        let count = usize::from(source.byte()?);
        if width == 0 || height == 0 || count == 0 || len != 8 + count * 3 {
            return Err(damaged(format!(
                "a frame header of {len} bytes with {count} components, {width} x {height} pixels"
            )));
        }
        if precision != 8 {
            return Err(damaged(format!("{precision} bits a sample, expected 8")));
        }
        if ![1, 3, 4].contains(&count) {
            return Err(damaged(format!("{count} components, expected 1, 3 or 4")));
        }
        if width > MAX_SIDE || height > MAX_SIDE {
            return Err(damaged(format!("{width} x {height} pixels, expected sides of at most {MAX_SIDE}")));
        }
        let mut stored = Vec::with_capacity(count);
        for _ in 0..count {
            let (id, sampling, quantization) = (source.byte()?, source.byte()?, source.byte()?);
            let (h, v) = (usize::from(sampling >> 4), usize::from(sampling & 15));
            if !(1..=4).contains(&h) || !(1..=4).contains(&v) {
                return Err(damaged(format!("sampling factors {h} and {v}, expected 1 to 4")));
            }
            stored.push((id, h, v, quantization));
        }
        let max_h = stored.iter().map(|&(_, h, _, _)| h).max().unwrap_or(1);
        let max_v = stored.iter().map(|&(_, _, v, _)| v).max().unwrap_or(1);
        let unit = if lossless { 1 } else { 8 };
        let components = stored.into_iter().map(|(id, h, v, quantization)| Component {
            id,
            h,
            v,
            quantization,
            width: (width * h).div_ceil(max_h),
            height: (height * v).div_ceil(max_v),
            width_in_units: (width * h).div_ceil(max_h * unit),
            height_in_units: (height * v).div_ceil(max_v * unit),
            padded_width: width.div_ceil(max_h * unit) * h,
            padded_height: height.div_ceil(max_v * unit) * v,
        });
        let components = components.collect();
        let mcu_rows = height.div_ceil(max_v * unit);
        Ok(Self { progressive, lossless, width, height, components, max_h, max_v, mcu_rows })
    }
}
