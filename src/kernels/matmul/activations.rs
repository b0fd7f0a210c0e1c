//! The activations of a product: quantized per row and block, and laid out in tiles.

#![expect(unsafe_code, reason = "several threads write one buffer")]

mod block;

use std::marker::PhantomData;

use self::block::{subtract, write};
use super::super::layer_norm::{LayerNorm, Moments};
use super::super::threads;
use super::BLOCK;
use super::layout::{GROUP_ROWS, ROWS, tile_block_bytes};

/// Tiles that a thread quantizes at least.
const GRAIN: usize = 4;

/// What is to be quantized: rows of equal length.
#[derive(Clone, Copy, Debug)]
pub enum Rows<'a> {
    /// Rows that are quantized unchanged.
    Plain(&'a [f32]),
    /// Rows to which a layer norm is applied first.
    Normalised(&'a LayerNorm, &'a [f32]),
}

impl<'a> Rows<'a> {
    /// The values before any norm. `[rows, in_features]`
    pub fn values(&self) -> &'a [f32] {
        match self {
            Self::Plain(values) | Self::Normalised(_, values) => values,
        }
    }
}

/// How finely rows are quantized.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Digits {
    /// To seven bits.
    #[default]
    One,
    /// To seven bits, and what that leaves of each value to seven bits as well: two products with the same weights, and
    /// hardly any error but that of the weights.
    Two,
}

/// Rows quantized to seven bits: `a = s_a * (u + z)`, with `s_a` the range of a block of [`BLOCK`] over 127
/// and `s_a * z` close to its smallest value; with [`Digits::Two`], what that leaves of `a` follows in the same way.
///
/// Trained CLIPs have a few channels ten times as large as the rest. One scale per block, not per row, keeps them from
/// drowning the others; those that are known at load ([`PackedMatrix::outliers`]) stay out of the codes altogether. The
/// buffer is kept from one call to the next.
///
/// [`PackedMatrix::outliers`]: super::PackedMatrix::outliers
#[derive(Debug, Default)]
pub struct Activations {
    shape: Shape,
    /// Groups of rows as [`super::layout`] has them; outlier channels are f32. Behind them come the groups of a second digit,
    /// with a gap in place of these channels.
    data: Vec<u8>,
}

/// The sizes of quantized rows.
#[derive(Clone, Copy, Debug, Default)]
struct Shape {
    rows: usize,
    in_features: usize,
    /// Outlier channels in a row.
    channels: usize,
    digits: Digits,
}

/// The rows of a group, to be read.
pub(super) struct Group<'a> {
    /// The blocks of its full tiles, and those of a tile of the rows that are left; of the second digit, if there is one.
    first: (&'a [u8], &'a [u8]),
    second: Option<(&'a [u8], &'a [u8])>,
    /// How many full tiles there are.
    pub(super) whole: usize,
    /// How many rows are left.
    pub(super) left: usize,
}

/// Where in the data a tile lies, in bytes.
pub(super) struct TileOffsets {
    /// Offset of the tile's first block.
    blocks: usize,
    /// Distance from one block of the tile to the next.
    stride: usize,
    /// Offset of the outlier channels of the tile's first row.
    outliers: usize,
}

impl Activations {
    /// Quantizes `rows` of `in_features` values, all but the channels `outliers`, which ascend and stay f32. Rows that
    /// fill no whole blocks, which no norm may come before, are as long as whole blocks then: what is added meets no
    /// weights.
    ///
    /// # Panics
    /// If `in_features` is zero, a row is not whole, or a channel is out of range.
    pub fn quantize(&mut self, rows: Rows, in_features: usize, outliers: &[u32], digits: Digits) {
        let values = rows.values();
        assert!(in_features > 0 && values.len().is_multiple_of(in_features));
        let is_inside = |channel: &u32| (*channel as usize) < in_features;
        assert!(outliers.is_sorted() && outliers.last().is_none_or(is_inside));
        let (rows_in_all, channels) = (values.len() / in_features, outliers.len());
        let padded = in_features.next_multiple_of(BLOCK);
        let pieces = self.begin(Shape { rows: rows_in_all, in_features: padded, channels, digits });
        threads::for_each(pieces.shape.rows.div_ceil(ROWS), GRAIN, |index| {
            let first = index * ROWS;
            let values = &values[first * in_features..]
                [..(ROWS * in_features).min(values.len() - first * in_features)];
            match values.len() / in_features {
                1 => quantize_tile::<1>(values, rows, outliers, &pieces, first),
                2 => quantize_tile::<2>(values, rows, outliers, &pieces, first),
                3 => quantize_tile::<3>(values, rows, outliers, &pieces, first),
                _ => quantize_tile::<ROWS>(values, rows, outliers, &pieces, first),
            }
        });
    }

    /// Makes room for `rows` rows of `in_features` values without outlier channels, a multiple of [`BLOCK`]: all of
    /// their blocks are to be written.
    pub(super) fn begin_plain(&mut self, rows: usize, in_features: usize, digits: Digits) -> Pieces<'_> {
        self.begin(Shape { rows, in_features, channels: 0, digits })
    }

    fn begin(&mut self, shape: Shape) -> Pieces<'_> {
        assert!(shape.in_features > 0 && shape.in_features.is_multiple_of(BLOCK));
        self.shape = shape;
        let length = shape.digit_bytes() * shape.digits.count();
        if self.data.len() < length {
            self.data.resize(length, 0);
        }
        Pieces { shape, start: self.data.as_mut_ptr(), length, owner: PhantomData }
    }

    /// How many outlier channels a row has.
    pub(super) fn channels(&self) -> usize {
        self.shape.channels
    }

    /// The outlier channels of `rows` rows of a group from `row` on, a multiple of [`ROWS`]: the bytes of a float each.
    /// `[rows, channels]`
    pub(super) fn outliers(&self, row: usize, rows: usize) -> &[[u8; 4]] {
        self.data[self.shape.place(row).outliers..][..rows * self.shape.channels * 4].as_chunks().0
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.shape.rows
    }

    /// The length of a row: the dimension that is summed over.
    pub fn in_features(&self) -> usize {
        self.shape.in_features
    }

    /// The group whose first row is `first`, a multiple of [`GROUP_ROWS`].
    pub(super) fn group(&self, first: usize) -> Group<'_> {
        let (rows, of_row) = (GROUP_ROWS.min(self.shape.rows - first), self.shape.block_bytes());
        let (whole, left) = (rows / ROWS, rows % ROWS);
        let of_digit = |digit: usize| {
            let start = digit * self.shape.digit_bytes() + first * self.shape.row_bytes();
            self.data[start..][..rows * of_row].split_at(whole * ROWS * of_row)
        };
        let second = (self.shape.digits == Digits::Two).then(|| of_digit(1));
        Group { first: of_digit(0), second, whole, left }
    }
}

impl<'a> Group<'a> {
    /// The blocks of its full tiles, digit after digit.
    pub(super) fn tiles(&self) -> impl Iterator<Item = &'a [u8]> + Clone {
        std::iter::once(self.first).chain(self.second).map(|(tiles, _)| tiles)
    }

    /// The blocks of the tile of the rows that are left, digit after digit.
    pub(super) fn rest(&self) -> impl Iterator<Item = &'a [u8]> + Clone {
        std::iter::once(self.first).chain(self.second).map(|(_, rest)| rest)
    }
}

impl Digits {
    fn count(self) -> usize {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }
}

impl Shape {
    /// Bytes of a row's blocks.
    fn block_bytes(&self) -> usize {
        self.in_features / BLOCK * tile_block_bytes(1)
    }

    fn row_bytes(&self) -> usize {
        self.block_bytes() + self.channels * 4
    }

    /// Bytes of a digit of all rows.
    fn digit_bytes(&self) -> usize {
        self.rows * self.row_bytes()
    }

    /// Where the tile lies whose first row is `row`, a multiple of [`ROWS`].
    fn place(&self, row: usize) -> TileOffsets {
        let (first, in_group) = (row - row % GROUP_ROWS, row % GROUP_ROWS);
        let rows = GROUP_ROWS.min(self.rows - first);
        let whole = rows / ROWS;
        let start = first * self.row_bytes();
        let outliers = start + rows * self.block_bytes() + in_group * self.channels * 4;
        if in_group / ROWS < whole {
            let of_tile = tile_block_bytes(ROWS);
            TileOffsets { blocks: start + in_group / ROWS * of_tile, stride: whole * of_tile, outliers }
        } else {
            let blocks = start + in_group * self.block_bytes();
            TileOffsets { blocks, stride: tile_block_bytes(rows % ROWS), outliers }
        }
    }
}

/// The memory of activations that several threads fill, each its own pieces.
pub(super) struct Pieces<'a> {
    shape: Shape,
    start: *mut u8,
    length: usize,
    owner: PhantomData<&'a mut [u8]>,
}

// SAFETY: the memory is borrowed mutably for 'a, and whoever takes a piece guarantees that no one else has it.
unsafe impl Sync for Pieces<'_> {}

impl Pieces<'_> {
    /// The `length` bytes from `start` on.
    ///
    /// # Safety
    /// Nobody else may have one of them.
    ///
    /// # Panics
    /// If there are not that many.
    #[inline(always)]
    #[expect(clippy::mut_from_ref, reason = "pieces are disjoint")]
    unsafe fn piece(&self, start: usize, length: usize) -> &mut [u8] {
        assert!(start <= self.length && length <= self.length - start);
        // SAFETY: just checked to lie within what is borrowed; the caller vouches for the rest.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(start), length) }
    }

    /// Where the tile lies whose first row is `row`.
    #[inline(always)]
    pub(super) fn place(&self, row: usize) -> TileOffsets {
        self.shape.place(row)
    }

    /// Quantizes the block `index` of the tile of `R` rows at `place`.
    ///
    /// # Safety
    /// Nobody else may be about to write or read it.
    #[inline(always)]
    pub(super) unsafe fn write_block<const R: usize>(
        &self,
        place: &TileOffsets,
        index: usize,
        values: &[[f32; BLOCK]; R],
    ) {
        let (start, length) = (place.blocks + index * place.stride, tile_block_bytes(R));
        // SAFETY: the caller vouches that the block is its own.
        let block = unsafe { self.piece(start, length) };
        write(values, block);
        if self.shape.digits == Digits::Two {
            let mut left = *values;
            left.iter_mut().enumerate().for_each(|(r, values)| subtract(block, R, r, values));
            // SAFETY: as above; the second digits lie behind all of the first.
            write(&left, unsafe { self.piece(self.shape.digit_bytes() + start, length) });
        }
    }
}

/// Quantizes the `R` rows in `values`, normalised first if `rows` says so: into the blocks of the tile whose first
/// row is `first`, and into its outlier channels what is kept out of them.
fn quantize_tile<const R: usize>(
    values: &[f32],
    rows: Rows,
    mut outliers: &[u32],
    pieces: &Pieces,
    first: usize,
) {
    let in_features = values.len() / R;
    let norm = match rows {
        Rows::Plain(_) => None,
        Rows::Normalised(norm, _) => Some(norm),
    };
    let rows: [&[f32]; R] = std::array::from_fn(|r| &values[r * in_features..][..in_features]);
    let norm = norm.map(|norm| (norm, Moments::of_rows(rows, norm.epsilon)));
    let rows = rows.map(|row| row.as_chunks::<BLOCK>());
    let (place, of_row) = (pieces.place(first), outliers.len());
    // SAFETY: no two tiles have a block or a row in common.
    let channels = unsafe { pieces.piece(place.outliers, R * of_row * 4) }.as_chunks_mut::<4>().0;
    for index in 0..in_features.div_ceil(BLOCK) {
        let mut values = if index < in_features / BLOCK {
            rows.map(|(blocks, _)| blocks[index])
        } else {
            rows.map(|(_, rest)| filled_up(rest))
        };
        if let Some((norm, moments)) = &norm {
            for (values, moments) in values.iter_mut().zip(moments) {
                norm.scale(values, *moments, index * BLOCK);
            }
        }
        while let Some((channel, rest)) = outliers.split_first()
            && (*channel as usize) < (index + 1) * BLOCK
        {
            for (r, values) in values.iter_mut().enumerate() {
                let value = std::mem::take(&mut values[*channel as usize % BLOCK]);
                channels[(r + 1) * of_row - outliers.len()] = value.to_le_bytes();
            }
            outliers = rest;
        }
        // SAFETY: as above.
        unsafe { pieces.write_block(&place, index, &values) };
    }
}

/// A block of less than [`BLOCK`] values, filled up with one of them, so that it has no other range.
#[inline(never)]
fn filled_up(rest: &[f32]) -> [f32; BLOCK] {
    let mut block = [rest[0]; BLOCK];
    block[..rest.len()].copy_from_slice(rest);
    block
}
