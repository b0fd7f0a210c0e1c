//! A panel's order in plain Rust.

use super::super::BLOCK;
use super::super::layout::{COLUMNS, STEP, WIDENED, panel_offset};

/// How many values of `k` of one column lie side by side in a panel.
const RUN: usize = if WIDENED { 2 } else { STEP };
use super::Facts;

/// Writes the codes of a block of `columns` into `target`.
pub(in super::super) fn interleave(
    columns: &[[i8; BLOCK]; COLUMNS],
    target: &mut [u8; COLUMNS * BLOCK],
) -> Facts {
    let (runs, _) = target.as_chunks_mut::<RUN>();
    for (column, codes) in columns.iter().enumerate() {
        for (index, run) in codes.as_chunks::<RUN>().0.iter().enumerate() {
            runs[panel_offset(column, index * RUN) / RUN] = run.map(|code| code as u8);
        }
    }
    let sums = columns.each_ref().map(|codes| codes.iter().map(|code| i16::from(*code)).sum());
    let largest = columns.as_flattened().iter().fold(0, |most, code| most.max(code.unsigned_abs()));
    Facts { sums, largest }
}
