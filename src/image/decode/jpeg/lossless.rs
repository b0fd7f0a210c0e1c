//! Lossless scans: differences from neighbouring samples (T.81, annex H).

use super::damaged;
use super::frame::{Component, Frame};
use super::huffman::Table;
use super::markers::{Markers, Scan};
use super::planes::Plane;
use crate::Result;

/// The maximum number of samples in an MCU.
const MAX_MCU_SAMPLES: usize = 10;

/// A component as its scan sees it.
struct Member {
    index: usize,
    /// Samples of an MCU, across and down.
    across: usize,
    down: usize,
    table: Table,
    /// Differences of a row of whole MCUs, `v` rows of them.
    differences: Vec<i32>,
    row_len: usize,
    /// The last row of samples, with 16 bits and before it is scaled.
    above: Vec<u16>,
    /// Whether the next row has none above it that counts.
    first_row: bool,
}

/// Decodes a scan into the planes of its components.
pub(super) fn decode(markers: &mut Markers, frame: &Frame, scan: &Scan, planes: &mut [Plane]) -> Result<()> {
    let &Scan { first: predictor, last, high_bit, low_bit, .. } = scan;
    if !(1..=7).contains(&predictor) || last != 0 || high_bit != 0 || low_bit >= 8 {
        return Err(damaged(format!(
            "a lossless scan of predictor {predictor}, {last}, bits {high_bit} and {low_bit}"
        )));
    }
    let mut members = members(markers, frame, scan)?;
    let interleaved = members.len() > 1;
    let columns = match interleaved {
        true => frame.width.div_ceil(frame.max_h),
        false => frame.components[members[0].index].width_in_units,
    };
    let interval = usize::from(markers.restart_interval);
    if !interval.is_multiple_of(columns) {
        return Err(damaged(format!("a restart every {interval} MCUs in rows of {columns}")));
    }
    let mut rows_until_restart = interval / columns;
    markers.source.start_bits();
    for mcu_row in 0..frame.mcu_rows {
        let rows = |component: &Component| match component.height_in_units % component.v {
            left if left > 0 && mcu_row + 1 == frame.mcu_rows => left,
            _ => component.v,
        };
        let scan_rows = if interleaved { 1 } else { rows(&frame.components[members[0].index]) };
        for scan_row in 0..scan_rows {
            if interval > 0 {
                if rows_until_restart == 0 {
                    markers.restart()?;
                    members.iter_mut().for_each(|member| member.first_row = true);
                    rows_until_restart = interval / columns;
                }
                rows_until_restart -= 1;
            }
            read_row(markers, &mut members, scan_row, columns)?;
        }
        for member in &mut members {
            let component = &frame.components[member.index];
            for row in 0..rows(component) {
                member.undo_differences(row, component.width_in_units, predictor, low_bit);
                let out = planes[member.index].row_mut(mcu_row * component.v + row);
                for (out, &sample) in out.iter_mut().zip(&member.above) {
                    *out = (sample << low_bit) as u8;
                }
            }
        }
    }
    Ok(())
}

fn members(markers: &Markers, frame: &Frame, scan: &Scan) -> Result<Vec<Member>> {
    let interleaved = scan.components.len() > 1;
    let mut samples = 0;
    let mut members = Vec::with_capacity(scan.components.len());
    for member in &scan.components {
        let component = &frame.components[member.index];
        let (across, down) = if interleaved { (component.h, component.v) } else { (1, 1) };
        samples += across * down;
        let code = markers.dc_codes.get(usize::from(member.dc)).and_then(Option::as_ref);
        let code = code
            .ok_or_else(|| damaged(format!("a scan needs Huffman table {}, which is missing", member.dc)))?;
        members.push(Member {
            index: member.index,
            across,
            down,
            table: Table::new(code, 16)?,
            differences: vec![0; component.padded_width * component.v],
            row_len: component.padded_width,
            above: vec![0; component.width_in_units],
            first_row: true,
        });
    }
    if samples > MAX_MCU_SAMPLES {
        return Err(damaged(format!("an MCU of {samples} samples, expected at most {MAX_MCU_SAMPLES}")));
    }
    Ok(members)
}

/// Reads the differences of a row of MCUs; where data is missing, there are none, and prediction restarts.
fn read_row(markers: &mut Markers, members: &mut [Member], scan_row: usize, columns: usize) -> Result<()> {
    let source = &mut markers.source;
    if source.insufficient {
        for member in members {
            member.differences[scan_row * member.row_len..][..member.row_len * member.down].fill(0);
            member.first_row = true;
        }
        return Ok(());
    }
    for column in 0..columns {
        for member in &mut *members {
            for y in 0..member.down {
                for x in 0..member.across {
                    let difference = match source.symbol(&member.table)? {
                        16 => 32_768,
                        size => source.signed(size)?,
                    };
                    member.differences[(scan_row + y) * member.row_len + column * member.across + x] =
                        difference;
                }
            }
        }
    }
    Ok(())
}

impl Member {
    /// Turns the differences of a row into its samples, which take the place of those above.
    fn undo_differences(&mut self, row: usize, width: usize, predictor: u8, low_bit: u8) {
        let differences = &self.differences[row * self.row_len..][..width];
        let mut before = if self.first_row { 1 << (7 - low_bit) } else { i32::from(self.above[0]) };
        let mut corner = before;
        for (column, (sample, &difference)) in self.above.iter_mut().zip(differences).enumerate() {
            let above = i32::from(*sample);
            let predicted = match if self.first_row || column == 0 { 1 } else { predictor } {
                1 => before,
                2 => above,
                3 => corner,
                4 => before + above - corner,
                5 => before + ((above - corner) >> 1),
                6 => above + ((before - corner) >> 1),
                _ => (before + above) >> 1,
            };
            *sample = (difference + predicted) as u16;
            (before, corner) = (i32::from(*sample), above);
        }
        self.first_row = false;
    }
}
