//! The loops of a product: over columns, which are divided among threads, and over groups of rows.

#![expect(unsafe_code, reason = "gives each thread columns of its own")]

use std::sync::atomic::Ordering;

use super::super::lanes::F32x4;
use super::super::threads;
use super::epilogue::Finish;
use super::kernel::Kernel;
use super::layout::{COLUMNS, GROUP, GROUP_ROWS, PANELS, ROWS};
use super::pairs::Order;
use super::{BLOCK, PRODUCTS, PackedMatrix};

impl PackedMatrix {
    /// Multiplies, [`BLOCK`] columns at a time, and hands the sums to `finish`, group of rows after group.
    ///
    /// # Panics
    /// As [`Self::multiply_with`].
    pub(super) fn run(&self, kernel: Kernel, finish: &Finish) {
        let Finish { activations, epilogue, .. } = finish;
        assert!(kernel.can_run(self.largest_code()));
        assert_eq!(activations.in_features(), self.in_features());
        assert_eq!(activations.channels(), self.outliers().len());
        assert!(epilogue.bias.is_none_or(|bias| bias.len() == self.columns()));
        PRODUCTS.fetch_add(1, Ordering::Relaxed);
        let rows = activations.rows();
        let orders = if kernel.takes_orders() { self.orders() } else { &[] };
        threads::for_each(self.columns().div_ceil(BLOCK), 1, |index| {
            let columns = Columns { kernel, finish, orders, index };
            for first in (0..rows).step_by(GROUP_ROWS) {
                let group = activations.group(first);
                // SAFETY: `for_each` gives each index, and with it these columns, to one thread.
                unsafe { columns.product::<ROWS, GROUP>(group.tiles(), group.whole, first) };
                let (rest, first) = (group.rest(), first + group.whole * ROWS);
                // SAFETY: as above.
                match group.left {
                    0 => {}
                    1 => unsafe { columns.product::<1, 1>(rest, 1, first) },
                    2 => unsafe { columns.product::<2, 1>(rest, 1, first) },
                    _ => unsafe { columns.product::<3, 1>(rest, 1, first) },
                }
            }
        });
    }
}

/// [`BLOCK`] columns of a product, which one thread computes.
struct Columns<'a> {
    kernel: Kernel,
    finish: &'a Finish<'a>,
    orders: &'a [Order],
    index: usize,
}

impl Columns<'_> {
    /// The product with `count` tiles of `R` rows, at most `N`, whose blocks are those of `digits`. The first row is `first`.
    ///
    /// # Safety
    /// No other thread may be about to write or read these columns of the target.
    #[inline(always)]
    unsafe fn product<'a, const R: usize, const N: usize>(
        &self,
        digits: impl Iterator<Item = &'a [u8]> + Clone,
        count: usize,
        first: usize,
    ) {
        if count == 0 {
            return;
        }
        let matrix = self.finish.matrix;
        let mut sums = [[[[F32x4::splat(0.0); COLUMNS / 4]; R]; N]; PANELS];
        for (panel, sums) in (self.index * PANELS..matrix.panels()).zip(&mut sums) {
            let sums = &mut sums[..count];
            for tiles in digits.clone() {
                self.kernel.multiply(tiles, matrix.panel(panel, self.orders), sums);
            }
            self.finish.apply(panel, first, sums);
        }
        // SAFETY: these columns are the caller's alone.
        unsafe { self.finish.store(self.index, first, &sums, count) };
    }
}
