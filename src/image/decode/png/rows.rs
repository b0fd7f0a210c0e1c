//! Rows of samples: reverses the filters and combines interlaced passes.

use super::chunks::Header;
use super::inflate::Inflate;
use super::{Format, damaged, reserve};
use crate::Result;

/// Longer rows are refused: several of them are in memory beside the picture.
const MAX_ROW: usize = 1 << 27;

/// Samples, packed as the file has them but for those of 16 bits, which are bytes: the high one, or for grey the
/// level cut off at 255.
pub(super) struct Samples {
    pub(super) data: Vec<u8>,
    pub(super) row_len: usize,
    /// Bits of a sample, at most 8.
    pub(super) bits: usize,
    pub(super) width: usize,
}

/// What part of the picture some rows of the file hold: where it begins, and its steps.
#[derive(Clone, Copy)]
struct Pass {
    left: usize,
    top: usize,
    across: usize,
    down: usize,
}

const WHOLE: [Pass; 1] = [Pass { left: 0, top: 0, across: 1, down: 1 }];

/// Adam7.
const INTERLACED: [Pass; 7] = [
    Pass { left: 0, top: 0, across: 8, down: 8 },
    Pass { left: 4, top: 0, across: 8, down: 8 },
    Pass { left: 0, top: 4, across: 4, down: 8 },
    Pass { left: 2, top: 0, across: 4, down: 4 },
    Pass { left: 0, top: 2, across: 2, down: 4 },
    Pass { left: 1, top: 0, across: 2, down: 2 },
    Pass { left: 0, top: 1, across: 1, down: 2 },
];

impl Samples {
    /// Reads the samples, `channels` a pixel. With them comes the number of the last piece that was needed.
    pub(super) fn read(header: Header, channels: usize, pieces: &[&[u8]]) -> Result<(Self, usize)> {
        let (width, height, depth) =
            (header.width as usize, header.height as usize, usize::from(header.depth));
        let passes: &[Pass] = if header.interlaced { &INTERLACED } else { &WHOLE };
        let row_bytes = |pass: &Pass| {
            let columns = width.saturating_sub(pass.left).div_ceil(pass.across);
            if columns == 0 { 0 } else { (columns * channels * depth).div_ceil(8) + 1 }
        };
        let rows = |pass: &Pass| height.saturating_sub(pass.top).div_ceil(pass.down);
        let longest = passes.iter().map(row_bytes).max().unwrap_or(0);
        if longest > MAX_ROW {
            return Err(damaged(format!("rows of {longest} bytes, expected at most {MAX_ROW}")));
        }
        let len = passes.iter().map(|pass| row_bytes(pass) as u64 * rows(pass) as u64).sum();

        let bits = depth.min(8);
        let row_len = (width * channels * bits).div_ceil(8);
        let mut data: Vec<u8> = reserve(Format::Png, row_len * height, 0)?;
        let mut inflate = Inflate::new(pieces, longest, len)?;
        let pixel_len = (channels * depth).div_ceil(8);
        let [mut row, mut above]: [Vec<u8>; 2] =
            [reserve(Format::Png, longest, 0)?, reserve(Format::Png, longest, 0)?];
        // Rows that the stream ends before stay 0, as in Pillow.
        'rows: for pass in passes {
            let len = row_bytes(pass);
            if len == 0 {
                continue;
            }
            above.fill(0);
            for y in (pass.top..height).step_by(pass.down) {
                let Some(stored) = inflate.row(len)? else { break 'rows };
                row[..len].copy_from_slice(stored);
                let (filter, row_samples) = row[..len].split_first_mut().expect("a filter and samples");
                unfilter(*filter, pixel_len, row_samples, &above[1..len])?;
                let out = &mut data[y * row_len..][..row_len];
                match depth {
                    16 => place_deep(row_samples, channels, pass, out),
                    8 if pass.across == 1 => out.copy_from_slice(row_samples),
                    8 => place(row_samples, channels, pass, out),
                    _ if pass.across == 1 => out.copy_from_slice(row_samples),
                    _ => place_bits(row_samples, bits, pass, width, out),
                }
                std::mem::swap(&mut row, &mut above);
            }
        }
        inflate.check_end()?;
        Ok((Self { data, row_len, bits, width }, inflate.piece))
    }
}

/// Undoes a filter (PNG, 9.2). Pixels are `pixel_len` bytes apart.
fn unfilter(filter: u8, pixel_len: usize, row: &mut [u8], above: &[u8]) -> Result<()> {
    match filter {
        0 => {}
        1 => {
            for at in pixel_len..row.len() {
                row[at] = row[at].wrapping_add(row[at - pixel_len]);
            }
        }
        2 => row.iter_mut().zip(above).for_each(|(byte, &above)| *byte = byte.wrapping_add(above)),
        3 => {
            for at in 0..row.len() {
                let before = if at >= pixel_len { u16::from(row[at - pixel_len]) } else { 0 };
                row[at] = row[at].wrapping_add(((before + u16::from(above[at])) / 2) as u8);
            }
        }
        4 => {
            for at in 0..row.len() {
                let [before, corner] =
                    if at >= pixel_len { [row[at - pixel_len], above[at - pixel_len]] } else { [0; 2] };
                row[at] = row[at].wrapping_add(paeth(before, above[at], corner));
            }
        }
        other => return Err(damaged(format!("filter {other}, expected 0 to 4"))),
    }
    Ok(())
}

/// Whichever of three neighbours is nearest to where they point.
fn paeth(before: u8, above: u8, corner: u8) -> u8 {
    let [a, b, c] = [before, above, corner].map(i32::from);
    let (to_a, to_b, to_c) = ((b - c).abs(), (a - c).abs(), (a + b - 2 * c).abs());
    if to_a <= to_b && to_a <= to_c {
        before
    } else if to_b <= to_c {
        above
    } else {
        corner
    }
}

/// Pixels of bytes to their columns.
fn place(row: &[u8], channels: usize, pass: &Pass, out: &mut [u8]) {
    let columns = out.chunks_exact_mut(channels).skip(pass.left).step_by(pass.across);
    for (out, pixel) in columns.zip(row.chunks_exact(channels)) {
        out.copy_from_slice(pixel);
    }
}

/// Pixels of 16 bits a sample. Grey levels are not scaled but cut off at 255, as Pillow's `I;16` is.
fn place_deep(row: &[u8], channels: usize, pass: &Pass, out: &mut [u8]) {
    let columns = out.chunks_exact_mut(channels).skip(pass.left).step_by(pass.across);
    for (out, pixel) in columns.zip(row.chunks_exact(channels * 2)) {
        for (out, &[high, low]) in out.iter_mut().zip(pixel.as_chunks().0) {
            *out = if channels == 1 && high > 0 {
                255
            } else if channels == 1 {
                low
            } else {
                high
            };
        }
    }
}

/// Samples of less than a byte.
fn place_bits(row: &[u8], bits: usize, pass: &Pass, width: usize, out: &mut [u8]) {
    for (index, column) in (pass.left..width).step_by(pass.across).enumerate() {
        let shift = |index: usize| 8 - bits - index * bits % 8;
        let sample = row[index * bits / 8] >> shift(index) & (0xff >> (8 - bits));
        out[column * bits / 8] |= sample << shift(column);
    }
}
