//! JPEG with libjpeg-turbo's pixels, in code without `unsafe`.
//!
//! Written here because no crate has both: those without `unsafe` round the cosine transform and the colours
//! otherwise than libjpeg, which Pillow calls, and those that follow libjpeg are unsafe where speed is to be
//! had. `docs/CORRECTNESS.md` says what was weighed. Damage is answered as libjpeg answers it too: by zeros
//! where data is missing between two markers, by an error where the file ends.
//!
//! [`markers`] reads segments and [`scan`] the coefficients between them, [`planes`] turns these into samples
//! ([`idct`], [`smoothing`]; [`lossless`] knows no coefficients), [`upsample`] and [`color`] make rows of RGB.

mod coefficients;
mod color;
mod frame;
mod huffman;
mod idct;
mod lossless;
mod markers;
mod metadata;
mod planes;
mod scan;
mod smoothing;
mod source;
mod upsample;

use std::fmt::Display;

use super::{Format, Stored, orientation, reserve, take_turn, undecodable};
use crate::image::Rgb8;
use crate::kernels::threads;
use crate::{Error, Result};
use coefficients::Coefficients;
use color::Colors;
use frame::Frame;
use huffman::Code;
use markers::{Markers, Scan};
use planes::{OnePass, Plane};
use smoothing::{Progress, Smoothing};
use source::Truncated;
use upsample::Upsampling;

/// More scans than any encoder writes: each one costs a pass over the picture.
const MAX_SCANS: usize = 256;

/// Pillow hands a file over in pieces of this size, and looks no further once the last row is there.
const PIECE: usize = 65_536;

/// Rows of RGB that a thread makes at a time.
const ROWS_TOGETHER: usize = 32;

pub(super) fn decode(bytes: &[u8]) -> Result<Stored> {
    let (exif, xmp) = metadata::find(bytes)?;
    let mut markers = Markers::new(bytes);
    let scan = markers.first_scan()?;
    let frame = markers.frame.clone().ok_or_else(|| damaged("a scan comes before the frame header"))?;
    let turn = take_turn(frame.width as u64, frame.height as u64)?;
    let ids: Vec<u8> = frame.components.iter().map(|component| component.id).collect();
    let colors = Colors::of(&markers, &ids, frame.lossless);
    if frame.lossless && [Colors::YCbCr, Colors::Ycck].contains(&colors) {
        return Err(damaged("it is lossless and has colours that cannot be converted without loss"));
    }
    let upsampling: Vec<Upsampling> =
        frame.components.iter().map(|component| Upsampling::of(&frame, component)).collect::<Result<_>>()?;
    if !frame.progressive && !frame.lossless {
        add_standard_codes(&mut markers);
    }
    let planes = if frame.lossless {
        lossless_scans(&mut markers, &frame, scan)?
    } else if frame.progressive || scan.components.len() < frame.components.len() {
        several_scans(&mut markers, &frame, scan)?
    } else {
        one_scan(&mut markers, &frame, &scan)?
    };
    let make = || rgb(&frame, &planes, &upsampling, colors);
    // Whoever waits for other threads may be given another picture meanwhile, which would wait for this one's turn.
    let image = if turn.is_some() { threads::alone(make) } else { make() }?;
    Ok(Stored { image, orientation: orientation::find(exif.as_deref(), xmp) })
}

/// Motion JPEG leaves out the tables that everybody has.
fn add_standard_codes(markers: &mut Markers) {
    for (index, chrominance) in [(0, false), (1, true)] {
        markers.dc_codes[index].get_or_insert_with(|| Code::standard_dc(chrominance));
        markers.ac_codes[index].get_or_insert_with(|| Code::standard_ac(chrominance));
    }
}

/// The quantization that is in force for a component.
fn quantization(markers: &Markers, frame: &Frame, component: usize) -> Result<[u16; 64]> {
    let index = frame.components[component].quantization;
    let table = markers.quantization.get(usize::from(index)).copied().flatten();
    table.ok_or_else(|| damaged(format!("quantization table {index} is missing")))
}

/// Planes of a picture whose only scan holds all components.
fn one_scan(markers: &mut Markers, frame: &Frame, scan: &Scan) -> Result<Vec<Plane>> {
    let quantization = (0..frame.components.len()).map(|component| quantization(markers, frame, component));
    let quantization: Vec<_> = quantization.collect::<Result<_>>()?;
    let mut planes: Vec<_> =
        frame.components.iter().map(|component| Plane::new(component, 8)).collect::<Result<_>>()?;
    scan::decode(markers, frame, scan, &mut OnePass { planes: &mut planes, quantization: &quantization })?;
    check_end(markers)?;
    Ok(planes)
}

/// Planes of a lossless picture.
fn lossless_scans(markers: &mut Markers, frame: &Frame, mut scan: Scan) -> Result<Vec<Plane>> {
    let mut planes: Vec<_> =
        frame.components.iter().map(|component| Plane::new(component, 1)).collect::<Result<_>>()?;
    if scan.components.len() == frame.components.len() {
        lossless::decode(markers, frame, &scan, &mut planes)?;
        check_end(markers)?;
        return Ok(planes);
    }
    for _ in 0..MAX_SCANS {
        lossless::decode(markers, frame, &scan, &mut planes)?;
        scan = match markers.next_scan()? {
            Some(scan) => scan,
            None => return Ok(planes),
        };
    }
    Err(damaged(format!("it has more than {MAX_SCANS} scans")))
}

/// Whether the picture ends well, as far as Pillow looks: damage is an error, a missing end is not.
fn check_end(markers: &mut Markers) -> Result<()> {
    markers.source.end_at(markers.source.at.next_multiple_of(PIECE));
    match markers.next_scan() {
        Ok(None) => Ok(()),
        Ok(Some(_)) => Err(damaged("a second scan follows one that holds all components")),
        Err(Error::ImageDecode { reason }) if reason == truncated_reason() => Ok(()),
        Err(other) => Err(other),
    }
}

/// Planes of a picture in several scans.
fn several_scans(markers: &mut Markers, frame: &Frame, mut scan: Scan) -> Result<Vec<Plane>> {
    let components = frame.components.len();
    let mut coefficients: Vec<_> = frame.components.iter().map(Coefficients::new).collect::<Result<_>>()?;
    let mut tables = vec![None; components];
    let mut progress = Progress::new(components);
    for _ in 0..MAX_SCANS {
        // The table at a component's first scan is the one that counts.
        for member in &scan.components {
            let table = &mut tables[member.index];
            if table.is_none() {
                *table = Some(quantization(markers, frame, member.index)?);
            }
        }
        let last_good_row = scan::decode(markers, frame, &scan, &mut coefficients)?;
        if frame.progressive {
            progress.note(&scan);
        }
        scan = match markers.next_scan()? {
            Some(scan) => scan,
            None => {
                let all_seen = tables.iter().all(Option::is_some);
                let tables: Vec<_> = tables.into_iter().map(|table| table.unwrap_or([0; 64])).collect();
                let smoothing = (frame.progressive && all_seen)
                    .then(|| Smoothing::new(&progress, &tables, last_good_row))
                    .flatten();
                let parts = coefficients.into_iter().zip(&tables).enumerate();
                return parts
                    .map(|(index, (part, table))| part.into_plane(frame, index, table, smoothing.as_ref()))
                    .collect();
            }
        };
    }
    Err(damaged(format!("it has more than {MAX_SCANS} scans")))
}

/// The picture of its components.
fn rgb(frame: &Frame, planes: &[Plane], upsampling: &[Upsampling], colors: Colors) -> Result<Rgb8> {
    let row_len = frame.width * 3;
    let mut data = memory(row_len * frame.height, 0)?;
    threads::for_each_piece(&mut data, row_len * ROWS_TOGETHER, 1, |piece, out| {
        let mut buffers = vec![Vec::new(); planes.len()];
        for (y, out) in (piece * ROWS_TOGETHER..).zip(out.chunks_exact_mut(row_len)) {
            let parts = planes.iter().zip(upsampling).zip(&mut buffers);
            let rows: Vec<&[u8]> =
                parts.map(|((plane, upsampling), buffer)| upsampling.row(plane, y, buffer)).collect();
            colors.to_rgb(&rows, out);
        }
    });
    Rgb8::new(frame.width, frame.height, data)
}

/// `len` values, or an error where there is no room for them.
fn memory<T: Clone>(len: usize, value: T) -> Result<Vec<T>> {
    reserve(Format::Jpeg, len, value)
}

fn damaged(reason: impl Display) -> Error {
    undecodable(Format::Jpeg, reason)
}

fn truncated_reason() -> String {
    format!("{}: the file ends before its picture does", Format::Jpeg)
}

impl From<Truncated> for Error {
    fn from(_: Truncated) -> Self {
        Self::ImageDecode { reason: truncated_reason() }
    }
}
