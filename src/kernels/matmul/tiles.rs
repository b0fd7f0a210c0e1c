//! An output matrix filled by several threads, each of which writes its own columns.

#![expect(unsafe_code, reason = "several threads write one matrix")]

use std::marker::PhantomData;

use super::super::lanes::F32x4;
use super::{BLOCK, Output};

/// A mutable matrix `[rows, stride]` whose disjoint pieces can be written from several threads.
pub(super) struct Tiles<'a> {
    start: *mut f32,
    rows: usize,
    stride: usize,
    /// The columns that may be written.
    columns: std::ops::Range<usize>,
    owner: PhantomData<&'a mut [f32]>,
}

// SAFETY: the matrix is borrowed mutably for 'a, and whoever writes to it guarantees exclusive access to those elements.
unsafe impl Sync for Tiles<'_> {}

impl<'a> Tiles<'a> {
    /// # Panics
    /// If the output does not hold `rows` whole rows with the columns asked for.
    pub(super) fn new(output: Output<'a>, rows: usize, columns: usize) -> Self {
        assert!(output.first + columns <= output.stride);
        assert_eq!(output.values.len(), rows * output.stride);
        Self {
            start: output.values.as_mut_ptr(),
            rows,
            stride: output.stride,
            columns: output.first..output.first + columns,
            owner: PhantomData,
        }
    }

    /// Writes the first `columns` values of `R` rows, the first of them `row`, or adds them to what is there.
    ///
    /// # Safety
    /// No other thread may be about to write or read those elements.
    ///
    /// # Panics
    /// If they are not all among the columns that may be written.
    #[inline(always)]
    pub(super) unsafe fn put<const R: usize>(
        &self,
        row: usize,
        column: usize,
        values: &[[f32; BLOCK]; R],
        columns: usize,
        add: bool,
    ) {
        assert!(row + R <= self.rows && self.columns.start <= column && column + columns <= self.columns.end);
        let mut start = self.start.wrapping_add(row * self.stride + column);
        for values in values {
            // SAFETY: the assertion keeps to the matrix; the caller guarantees exclusive access to these elements.
            let target = unsafe { std::slice::from_raw_parts_mut(start, columns) };
            match <&mut [f32; BLOCK]>::try_from(&mut *target) {
                Ok(whole) => put_vectors(whole, values, add),
                // The last columns of a matrix may be fewer.
                Err(_) => put_few(target, values, add),
            }
            start = start.wrapping_add(self.stride);
        }
    }
}

/// Less than a whole block.
#[inline(never)]
fn put_few(target: &mut [f32], values: &[f32; BLOCK], add: bool) {
    let whole = target.len() / 4 * 4;
    let (vectors, rest) = target.split_at_mut(whole);
    put_vectors(vectors, values, add);
    for (target, value) in rest.iter_mut().zip(&values[whole..]) {
        *target = if add { *target + value } else { *value };
    }
}

/// As many of the values as there is room for, which is a multiple of four.
#[inline(always)]
fn put_vectors(target: &mut [f32], values: &[f32; BLOCK], add: bool) {
    for (target, value) in target.as_chunks_mut::<4>().0.iter_mut().zip(values.as_chunks::<4>().0) {
        let value = F32x4::load(value);
        let value = if add { F32x4::load(target) + value } else { value };
        value.store(target);
    }
}
