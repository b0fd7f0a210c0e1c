//! An output matrix that several threads fill, each its own columns.

use std::marker::PhantomData;

use super::Output;

/// A mutable matrix `[rows, stride]` whose disjoint pieces can be written from several threads.
pub(super) struct Tiles<'a> {
    start: *mut f32,
    rows: usize,
    stride: usize,
    /// The columns that may be written.
    columns: std::ops::Range<usize>,
    owner: PhantomData<&'a mut [f32]>,
}

// SAFETY: the matrix is borrowed mutably for 'a, and `multiply` gives each panel of columns to one
// task, so no two threads touch the same element.
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

    /// Overwrites part of a row.
    pub(super) fn store(&self, row: usize, column: usize, values: &[f32]) {
        let target = self.piece(row, column, values.len());
        // SAFETY: `piece` checked the bounds; the type's contract says that nobody else has it.
        unsafe { target.copy_from_nonoverlapping(values.as_ptr(), values.len()) }
    }

    /// Adds to part of a row.
    pub(super) fn add(&self, row: usize, column: usize, values: &[f32]) {
        let target = self.piece(row, column, values.len());
        // SAFETY: as in `store`.
        let target = unsafe { std::slice::from_raw_parts_mut(target, values.len()) };
        for (sum, value) in target.iter_mut().zip(values) {
            *sum += value;
        }
    }

    fn piece(&self, row: usize, column: usize, len: usize) -> *mut f32 {
        assert!(row < self.rows && self.columns.start <= column && column + len <= self.columns.end);
        self.start.wrapping_add(row * self.stride + column)
    }
}
