//! Guesses for the low frequencies of a progressive picture whose scans leave them out.
//!
//! What libjpeg-turbo does by default: a coefficient that is zero and not known to its last bit is estimated
//! from the means of the 25 blocks around it (T.81, K.8, over a wider window).

use super::coefficients::Coefficients;
use super::frame::Frame;
use super::markers::Scan;
use super::scan::Block;

/// Coefficients that are estimated, with the first, which is only smoothed.
const ESTIMATED: usize = 10;

/// Position in a block, and weights of the 25 means, row after row.
type Kernel = (usize, [i64; 25]);

/// Used while no coefficient but the first is known.
#[rustfmt::skip]
const FROM_MEANS: [Kernel; ESTIMATED] = [
    (0, [-2, -6, -8, -6, -2,  -6, 6, 42, 6, -6,  -8, 42, 152, 42, -8,  -6, 6, 42, 6, -6,  -2, -6, -8, -6, -2]),
    (1, [-1, -1, 0, 1, 1,  -3, 13, 0, -13, 3,  -3, 38, 0, -38, 3,  -3, 13, 0, -13, 3,  -1, -1, 0, 1, 1]),
    (8, [-1, -3, -3, -3, -1,  -1, 13, 38, 13, -1,  0, 0, 0, 0, 0,  1, -13, -38, -13, 1,  1, 3, 3, 3, 1]),
    (16, [0, 0, 1, 0, 0,  0, 2, 7, 2, 0,  0, -5, -14, -5, 0,  0, 2, 7, 2, 0,  0, 0, 1, 0, 0]),
    (9, [-1, 0, 0, 0, 1,  0, 9, 0, -9, 0,  0, 0, 0, 0, 0,  0, -9, 0, 9, 0,  1, 0, 0, 0, -1]),
    (2, [0, 0, 0, 0, 0,  0, 2, -5, 2, 0,  1, 7, -14, 7, 1,  0, 2, -5, 2, 0,  0, 0, 0, 0, 0]),
    (3, [0, 0, 0, 0, 0,  0, 1, 0, -1, 0,  0, 2, 0, -2, 0,  0, 1, 0, -1, 0,  0, 0, 0, 0, 0]),
    (10, [0, 0, 0, 0, 0,  0, 1, -3, 1, 0,  0, 0, 0, 0, 0,  0, -1, 3, -1, 0,  0, 0, 0, 0, 0]),
    (17, [0, 0, 0, 0, 0,  0, 1, 0, -1, 0,  0, -3, 0, 3, 0,  0, 1, 0, -1, 0,  0, 0, 0, 0, 0]),
    (24, [0, 0, 0, 0, 0,  0, 1, 2, 1, 0,  0, 0, 0, 0, 0,  0, -1, -2, -1, 0,  0, 0, 0, 0, 0]),
];

/// Used where some coefficients are known: estimates of the second to the sixth.
#[rustfmt::skip]
const BESIDE_KNOWN: [Kernel; 5] = [
    (1, [0, 0, 0, 0, 0,  0, 0, 0, 0, 0,  -7, 50, 0, -50, 7,  0, 0, 0, 0, 0,  0, 0, 0, 0, 0]),
    (8, [0, 0, -7, 0, 0,  0, 0, 50, 0, 0,  0, 0, 0, 0, 0,  0, 0, -50, 0, 0,  0, 0, 7, 0, 0]),
    (16, [0, 0, -1, 0, 0,  0, 0, 13, 0, 0,  0, 0, -24, 0, 0,  0, 0, 13, 0, 0,  0, 0, -1, 0, 0]),
    (9, [0, -1, 0, 1, 0,  -1, 10, 0, -10, 1,  0, 0, 0, 0, 0,  1, -10, 0, 10, -1,  0, 1, 0, -1, 0]),
    (2, [0, 0, 0, 0, 0,  0, 0, 0, 0, 0,  -1, 13, -24, 13, -1,  0, 0, 0, 0, 0,  0, 0, 0, 0, 0]),
];

/// How far each component is known: the lowest bit there is of every coefficient, in the file's order; -1 for
/// none.
pub(super) struct Progress {
    now: Vec<[i8; 64]>,
    /// The precision of each coefficient before the component's last scan.
    before: Vec<[i8; 64]>,
    scans: usize,
}

impl Progress {
    pub(super) fn new(components: usize) -> Self {
        Self { now: vec![[-1; 64]; components], before: vec![[0; 64]; components], scans: 0 }
    }

    /// Notes what a scan of a progressive picture tells.
    pub(super) fn note(&mut self, scan: &Scan) {
        self.scans += 1;
        let (first, last) = (usize::from(scan.first), usize::from(scan.last));
        for member in &scan.components {
            let now = &mut self.now[member.index];
            let told = first.min(1)..=last.max(ESTIMATED - 1);
            let before = &mut self.before[member.index][told.clone()];
            if self.scans > 1 {
                before.copy_from_slice(&now[told]);
            } else {
                before.fill(0);
            }
            now[first..=last].fill(scan.low_bit as i8);
        }
    }
}

/// What the estimates need to know.
pub(super) struct Smoothing {
    now: Vec<[i8; ESTIMATED]>,
    before: Vec<[i8; ESTIMATED]>,
    /// Rows of MCUs after this one have only what was there before the last scan.
    last_good_row: usize,
}

impl Smoothing {
    /// `None` where nothing is left to estimate, or nothing can be: without all first coefficients, and with a
    /// step of 0 in a table.
    pub(super) fn new(progress: &Progress, quantization: &[[u16; 64]], last_good_row: usize) -> Option<Self> {
        let known = progress.now.iter().all(|now| now[0] >= 0);
        let steps = quantization.iter().all(|table| FROM_MEANS.iter().all(|&(at, _)| table[at] != 0));
        let useful = progress.now.iter().any(|now| now[1..ESTIMATED].iter().any(|&bit| bit != 0));
        let begin = |all: &[[i8; 64]]| all.iter().map(|bits| std::array::from_fn(|k| bits[k])).collect();
        let unknown = vec![[-1; ESTIMATED]; progress.now.len()];
        (known && steps && useful).then(|| Self {
            now: begin(&progress.now),
            before: if progress.scans > 1 { begin(&progress.before) } else { unknown },
            last_good_row,
        })
    }

    /// The block at a row and column with its estimates.
    pub(super) fn block(
        &self,
        coefficients: &Coefficients,
        frame: &Frame,
        component: usize,
        quantization: &[u16; 64],
        row: usize,
        column: usize,
    ) -> Block {
        let v = frame.components[component].v;
        let mcu_row = row / v;
        let bits = if mcu_row > self.last_good_row { &self.before } else { &self.now };
        let bits = &bits[component];
        let from_means = bits[1..].iter().all(|&bit| bit == -1);
        let kernels: &[Kernel] = if from_means { &FROM_MEANS[1..] } else { &BESIDE_KNOWN };

        let means = means(coefficients, frame, component, row, column);
        let estimate = |&(at, weights): &Kernel, low_bit: i8| {
            let sum: i64 = means.iter().zip(weights).map(|(&mean, weight)| i64::from(mean) * weight).sum();
            let sum = i64::from(quantization[0]) * sum;
            let step = i64::from(quantization[at]);
            let mut size = ((step << 7) + sum.abs()) / (step << 8);
            if low_bit > 0 {
                size = size.min((1 << low_bit) - 1);
            }
            (size * sum.signum()) as i16
        };
        let mut block = coefficients.blocks[row * coefficients.stride + column];
        for (kernel, &low_bit) in kernels.iter().zip(&bits[1..]) {
            if low_bit != 0 && block[kernel.0] == 0 {
                block[kernel.0] = estimate(kernel, low_bit);
            }
        }
        if from_means {
            block[0] = estimate(&FROM_MEANS[0], 0);
        }
        block
    }
}

/// The first coefficients of the 5 x 5 blocks around one. At the edges the last block stands for what is beyond;
/// rows are counted as libjpeg-turbo counts them, which in the last row of MCUs is by the rows that are left.
fn means(
    coefficients: &Coefficients,
    frame: &Frame,
    component: usize,
    row: usize,
    column: usize,
) -> [i16; 25] {
    let part = &frame.components[component];
    let (mcu_row, within) = (row / part.v, row % part.v);
    let rows_here = match part.height_in_units % part.v {
        left if left > 0 && mcu_row + 1 == frame.mcu_rows => left,
        _ => part.v,
    };
    let (counted, count) = (mcu_row * rows_here + within, rows_here * frame.mcu_rows);
    let above = if counted > 0 { row - 1 } else { row };
    let below = if counted + 1 < count { row + 1 } else { row };
    let rows = [
        if counted > 1 { row - 2 } else { above },
        above,
        row,
        below,
        if counted + 2 < count { row + 2 } else { below },
    ];
    std::array::from_fn(|at| {
        let column = (column + at % 5).saturating_sub(2).min(part.width_in_units - 1);
        coefficients.blocks[rows[at / 5] * coefficients.stride + column][0]
    })
}
