//! One scan: its MCUs, and the coefficients of their blocks.

use super::damaged;
use super::frame::Frame;
use super::huffman::{Code, Table};
use super::markers::{Markers, Scan, ZIGZAG};
use super::source::{Source, Truncated};
use crate::Result;

/// What reading coefficients comes to.
type Read<T = ()> = std::result::Result<T, Truncated>;

/// Coefficients of a block, row after row.
pub(super) type Block = [i16; 64];

/// Fills in a block.
pub(super) type Decode<'a> = dyn FnMut(&mut Block) -> Result<()> + 'a;

/// What becomes of a scan's blocks.
pub(super) trait Blocks {
    /// Lets `decode` fill in a block of a component, by its row and column; with `None` the file has nothing
    /// for it.
    fn block(
        &mut self,
        component: usize,
        row: usize,
        column: usize,
        decode: Option<&mut Decode>,
    ) -> Result<()>;
}

/// How the blocks of a scan are coded.
#[derive(Clone, Copy, PartialEq)]
enum Coding {
    /// Whole blocks.
    Sequential,
    /// The first bits, or one more, of the first coefficient or of some others.
    FirstDc,
    FirstAc,
    RefinedDc,
    RefinedAc,
}

/// The maximum number of blocks in an MCU.
const MAX_MCU_BLOCKS: usize = 10;

/// A component as its scan sees it.
struct Member {
    index: usize,
    /// Blocks of an MCU, across and down.
    across: usize,
    down: usize,
    dc: Option<Table>,
    ac: Option<Table>,
    last_dc: i32,
}

/// Decodes a scan. The answer is the last row of MCUs, as an interleaved scan counts them, that began with all
/// its data there.
pub(super) fn decode(
    markers: &mut Markers,
    frame: &Frame,
    scan: &Scan,
    blocks: &mut impl Blocks,
) -> Result<usize> {
    let coding = coding(frame, scan)?;
    let mut members = members(markers, frame, scan, coding)?;
    let interleaved = members.len() > 1;
    let (columns, rows) = if interleaved {
        (frame.width.div_ceil(frame.max_h * 8), frame.mcu_rows)
    } else {
        let component = &frame.components[members[0].index];
        (component.width_in_units, component.height_in_units)
    };
    let rows_of_mcu_row = if interleaved { 1 } else { frame.components[members[0].index].v };
    let interval = usize::from(markers.restart_interval);
    let mut until_restart = interval;
    let mut end_of_band = 0;
    let mut last_good_row = 0;
    markers.source.start_bits();
    for row in 0..rows {
        for column in 0..columns {
            if !markers.source.insufficient {
                last_good_row = row / rows_of_mcu_row;
            }
            if interval > 0 {
                if until_restart == 0 {
                    markers.restart()?;
                    members.iter_mut().for_each(|member| member.last_dc = 0);
                    end_of_band = 0;
                    until_restart = interval;
                }
                until_restart -= 1;
            }
            // Refining what is known with zeros changes nothing.
            let missing = markers.source.insufficient && coding != Coding::RefinedDc;
            let source = &mut markers.source;
            for member in &mut members {
                let (index, across, down) = (member.index, member.across, member.down);
                let mut decode = |block: &mut Block| {
                    match coding {
                        Coding::Sequential => sequential(source, member, block)?,
                        Coding::FirstDc => first_dc(source, member, block, scan.low_bit)?,
                        Coding::RefinedDc => block[0] |= (source.bits(1)? as i16) << scan.low_bit,
                        Coding::FirstAc => first_ac(source, member, block, scan, &mut end_of_band)?,
                        Coding::RefinedAc => refined_ac(source, member, block, scan, &mut end_of_band)?,
                    }
                    Ok(())
                };
                for y in 0..down {
                    for x in 0..across {
                        let (row, column) = (row * down + y, column * across + x);
                        blocks.block(index, row, column, (!missing).then_some(&mut decode))?;
                    }
                }
            }
        }
    }
    Ok(last_good_row)
}

fn coding(frame: &Frame, scan: &Scan) -> Result<Coding> {
    if !frame.progressive {
        return Ok(Coding::Sequential);
    }
    let &Scan { first, last, high_bit, low_bit, .. } = scan;
    let dc = first == 0;
    let band = if dc { last == 0 } else { first <= last && last < 64 && scan.components.len() == 1 };
    let bits = low_bit <= 13 && (high_bit == 0 || low_bit + 1 == high_bit);
    if !band || !bits {
        return Err(damaged(format!(
            "a progressive scan of coefficients {first} to {last}, bits {high_bit} to {low_bit}"
        )));
    }
    Ok(match (dc, high_bit == 0) {
        (true, true) => Coding::FirstDc,
        (true, false) => Coding::RefinedDc,
        (false, true) => Coding::FirstAc,
        (false, false) => Coding::RefinedAc,
    })
}

fn members(markers: &Markers, frame: &Frame, scan: &Scan, coding: Coding) -> Result<Vec<Member>> {
    let interleaved = scan.components.len() > 1;
    let mut blocks = 0;
    let mut members = Vec::with_capacity(scan.components.len());
    for member in &scan.components {
        let component = &frame.components[member.index];
        let (across, down) = if interleaved { (component.h, component.v) } else { (1, 1) };
        blocks += across * down;
        let needs_dc = matches!(coding, Coding::Sequential | Coding::FirstDc);
        let needs_ac = matches!(coding, Coding::Sequential | Coding::FirstAc | Coding::RefinedAc);
        let table = |codes: &[Option<Code>; 4], index: u8, last_symbol| {
            let code = codes.get(usize::from(index)).and_then(Option::as_ref);
            let code =
                code.ok_or_else(|| damaged(format!("a scan needs Huffman table {index}, which is missing")))?;
            Table::new(code, last_symbol)
        };
        members.push(Member {
            index: member.index,
            across,
            down,
            dc: needs_dc.then(|| table(&markers.dc_codes, member.dc, 15)).transpose()?,
            ac: needs_ac.then(|| table(&markers.ac_codes, member.ac, u8::MAX)).transpose()?,
            last_dc: 0,
        });
    }
    if blocks > MAX_MCU_BLOCKS {
        return Err(damaged(format!("an MCU of {blocks} blocks, expected at most {MAX_MCU_BLOCKS}")));
    }
    Ok(members)
}

impl Member {
    fn dc(&self) -> &Table {
        self.dc.as_ref().expect("a scan of first coefficients has their table")
    }

    fn ac(&self) -> &Table {
        self.ac.as_ref().expect("a scan of other coefficients has their table")
    }

    /// The next first coefficient: its difference from the last one is in the file.
    #[inline(always)]
    fn next_dc(&mut self, source: &mut Source) -> Read<i32> {
        let size = source.symbol(self.dc())?;
        self.last_dc = self.last_dc.wrapping_add(source.signed(size)?);
        Ok(self.last_dc)
    }
}

/// A whole block (T.81, F.2.2).
fn sequential(source: &mut Source, member: &mut Member, block: &mut Block) -> Read {
    block[0] = member.next_dc(source)? as i16;
    let table = member.ac();
    let mut k = 1;
    while k < 64 {
        let symbol = source.symbol(table)?;
        let (run, size) = (usize::from(symbol >> 4), symbol & 15);
        if size > 0 {
            k += run;
            block[usize::from(ZIGZAG[k])] = source.signed(size)? as i16;
        } else if run == 15 {
            k += 15;
        } else {
            break;
        }
        k += 1;
    }
    Ok(())
}

fn first_dc(source: &mut Source, member: &mut Member, block: &mut Block, low_bit: u8) -> Result<()> {
    let before = member.last_dc;
    let value = member.next_dc(source)?;
    // Differences have 16 bits at most: one that wraps around is damage that libjpeg refuses.
    if before.abs_diff(value) > 1 << 16 {
        return Err(damaged("the DC coefficients grow without bound"));
    }
    block[0] = (value << low_bit) as i16;
    Ok(())
}

/// Some coefficients for the first time (T.81, G.1.2.2). `end_of_band` counts blocks that have no more of them.
fn first_ac(
    source: &mut Source,
    member: &Member,
    block: &mut Block,
    scan: &Scan,
    end_of_band: &mut u32,
) -> Read {
    if *end_of_band > 0 {
        *end_of_band -= 1;
        return Ok(());
    }
    let table = member.ac();
    let (mut k, last) = (usize::from(scan.first), usize::from(scan.last));
    while k <= last {
        let symbol = source.symbol(table)?;
        let (run, size) = (usize::from(symbol >> 4), symbol & 15);
        if size > 0 {
            k += run;
            block[usize::from(ZIGZAG[k])] = (source.signed(size)? << scan.low_bit) as i16;
        } else if run == 15 {
            k += 15;
        } else {
            *end_of_band = band_run(source, run as u32)? - 1;
            break;
        }
        k += 1;
    }
    Ok(())
}

/// Blocks that end here: 2 to the power of `run`, and what `run` bits add.
fn band_run(source: &mut Source, run: u32) -> Read<u32> {
    Ok((1 << run) + if run > 0 { source.bits(run)? as u32 } else { 0 })
}

/// One more bit of some coefficients (T.81, G.1.2.3).
fn refined_ac(
    source: &mut Source,
    member: &Member,
    block: &mut Block,
    scan: &Scan,
    end_of_band: &mut u32,
) -> Read {
    let table = member.ac();
    let bit = 1i16 << scan.low_bit;
    let (mut k, last) = (usize::from(scan.first), usize::from(scan.last));
    if *end_of_band == 0 {
        while k <= last {
            let symbol = source.symbol(table)?;
            let (mut run, size) = (i32::from(symbol >> 4), symbol & 15);
            let mut new = 0;
            if size > 0 {
                new = if source.bits(1)? == 1 { bit } else { -bit };
            } else if run != 15 {
                *end_of_band = band_run(source, run as u32)?;
                break;
            }
            // Over coefficients that are known, each with its next bit, and `run` ones that stay zero.
            while k <= last {
                let coefficient = &mut block[usize::from(ZIGZAG[k])];
                if *coefficient != 0 {
                    refine(source, coefficient, bit)?;
                } else {
                    run -= 1;
                    if run < 0 {
                        break;
                    }
                }
                k += 1;
            }
            if new != 0 {
                block[usize::from(ZIGZAG[k])] = new;
            }
            k += 1;
        }
    }
    if *end_of_band > 0 {
        for &at in ZIGZAG.iter().take(last + 1).skip(k) {
            let coefficient = &mut block[usize::from(at)];
            if *coefficient != 0 {
                refine(source, coefficient, bit)?;
            }
        }
        *end_of_band -= 1;
    }
    Ok(())
}

/// Adds the next bit to the size of a coefficient, unless it has it.
fn refine(source: &mut Source, coefficient: &mut i16, bit: i16) -> Read {
    if source.bits(1)? == 1 && *coefficient & bit == 0 {
        *coefficient = coefficient.wrapping_add(if *coefficient >= 0 { bit } else { -bit });
    }
    Ok(())
}
