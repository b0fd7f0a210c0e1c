//! Upsamples the rows of a component to the picture's width with libjpeg's triangle filters.

use super::damaged;
use super::frame::{Component, Frame};
use super::planes::Plane;
use crate::Result;

/// How a component grows to the picture's size.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Upsampling {
    /// The component has the picture's size.
    None,
    /// Triangles across, down, or both, for components of half the size.
    Across,
    Down,
    AcrossAndDown,
    /// Repeats every sample this many times across and down.
    Repeat {
        across: usize,
        down: usize,
    },
}

impl Upsampling {
    pub(super) fn of(frame: &Frame, component: &Component) -> Result<Self> {
        let &Component { h, v, width, .. } = component;
        let (max_h, max_v) = (frame.max_h, frame.max_v);
        if !max_h.is_multiple_of(h) || !max_v.is_multiple_of(v) {
            return Err(damaged(format!(
                "a component is sampled {h} x {v} times where another is {max_h} x {max_v}"
            )));
        }
        Ok(match (max_h / h, max_v / v) {
            (1, 1) => Self::None,
            _ if frame.lossless => Self::Repeat { across: max_h / h, down: max_v / v },
            (2, 1) if width > 2 => Self::Across,
            (1, 2) => Self::Down,
            (2, 2) if width > 2 => Self::AcrossAndDown,
            (across, down) => Self::Repeat { across, down },
        })
    }

    /// Row `y` of the picture.
    pub(super) fn row<'a>(self, plane: &'a Plane, y: usize, buffer: &'a mut Vec<u8>) -> &'a [u8] {
        let width = plane.width;
        // The row of the component that is nearest, and its other neighbour.
        let near = &plane.row(y / 2)[..width];
        let far =
            &plane.row(if y.is_multiple_of(2) { (y / 2).saturating_sub(1) } else { y / 2 + 1 })[..width];
        match self {
            Self::None => return &plane.row(y)[..width],
            Self::Across => {
                let row = &plane.row(y)[..width];
                buffer.resize(width * 2, 0);
                let triangle =
                    |near: u8, far: u8, bias| ((u32::from(near) * 3 + u32::from(far) + bias) >> 2) as u8;
                let (inner, _) = buffer[1..].as_chunks_mut::<2>();
                for (pair, ends) in inner.iter_mut().zip(row.windows(2)) {
                    *pair = [triangle(ends[0], ends[1], 2), triangle(ends[1], ends[0], 1)];
                }
                buffer[0] = row[0];
                buffer[width * 2 - 1] = row[width - 1];
            }
            Self::Down => {
                let bias = if y.is_multiple_of(2) { 1 } else { 2 };
                buffer.resize(width, 0);
                for ((out, &near), &far) in buffer.iter_mut().zip(near).zip(far) {
                    *out = ((u32::from(near) * 3 + u32::from(far) + bias) >> 2) as u8;
                }
            }
            Self::AcrossAndDown => {
                buffer.resize(width * 2, 0);
                let sum = |at: usize| u32::from(near[at]) * 3 + u32::from(far[at]);
                let (inner, _) = buffer[1..].as_chunks_mut::<2>();
                let nears = near.windows(2).zip(far.windows(2));
                for (pair, (near, far)) in inner.iter_mut().zip(nears) {
                    let left = u32::from(near[0]) * 3 + u32::from(far[0]);
                    let right = u32::from(near[1]) * 3 + u32::from(far[1]);
                    *pair = [((left * 3 + right + 7) >> 4) as u8, ((right * 3 + left + 8) >> 4) as u8];
                }
                buffer[0] = ((sum(0) * 4 + 8) >> 4) as u8;
                buffer[width * 2 - 1] = ((sum(width - 1) * 4 + 7) >> 4) as u8;
            }
            Self::Repeat { across, down } => {
                buffer.resize(width * across, 0);
                for (out, &sample) in buffer.chunks_exact_mut(across).zip(plane.row(y / down)) {
                    out.fill(sample);
                }
            }
        }
        buffer
    }
}
