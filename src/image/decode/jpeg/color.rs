//! The colour space of a JPEG's components, and its conversion to RGB.

use super::markers::Markers;

/// The meaning of one, three or four components.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Colors {
    Grey,
    Rgb,
    YCbCr,
    Cmyk,
    Ycck,
}

impl Colors {
    /// libjpeg's guess, from JFIF's and Adobe's segments and then from the components' numbers.
    pub(super) fn of(markers: &Markers, ids: &[u8], lossless: bool) -> Self {
        match (ids, markers.jfif, markers.adobe) {
            ([_], ..) => Self::Grey,
            ([_, _, _], true, _) => Self::YCbCr,
            ([_, _, _], false, Some(0)) => Self::Rgb,
            ([_, _, _], false, Some(_)) => Self::YCbCr,
            (b"RGB", ..) => Self::Rgb,
            ([_, _, _], ..) if lossless => Self::Rgb,
            ([_, _, _], ..) => Self::YCbCr,
            (_, _, None | Some(0)) => Self::Cmyk,
            (_, _, Some(_)) => Self::Ycck,
        }
    }

    /// RGB of a row of samples, three or four components of them but for grey. Pillow takes every
    /// four-component JPEG for Adobe's inverted CMYK, and multiplies by the black that is left.
    pub(super) fn to_rgb(self, rows: &[&[u8]], out: &mut [u8]) {
        let pixels = out.as_chunks_mut::<3>().0.iter_mut();
        match (self, rows) {
            (Self::Grey, [grey]) => pixels.zip(*grey).for_each(|(out, &level)| *out = [level; 3]),
            (Self::Rgb, [red, green, blue]) => {
                for (((out, &red), &green), &blue) in pixels.zip(*red).zip(*green).zip(*blue) {
                    *out = [red, green, blue];
                }
            }
            (Self::YCbCr, [luma, cb, cr]) => {
                for (((out, &luma), &cb), &cr) in pixels.zip(*luma).zip(*cb).zip(*cr) {
                    *out = ycc_to_rgb(luma, cb, cr);
                }
            }
            (Self::Cmyk | Self::Ycck, [first, second, third, black]) => {
                let colors = first.iter().zip(*second).zip(*third).zip(*black);
                for (out, (((&first, &second), &third), &black)) in pixels.zip(colors) {
                    let inks = match self {
                        Self::Ycck => ycc_to_rgb(first, second, third).map(|level| 255 - level),
                        _ => [first, second, third],
                    };
                    *out = inks.map(|level| left_of_black(255 - level, black));
                }
            }
            _ => unreachable!("the colours are chosen by the number of components"),
        }
    }
}

/// JFIF's colours with 16 fractional bits, rounded as libjpeg rounds them.
#[inline(always)]
fn ycc_to_rgb(luma: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (luma, cb, cr) = (i32::from(luma), i32::from(cb) - 128, i32::from(cr) - 128);
    let red = luma + ((91_881 * cr + 0x8000) >> 16);
    let green = luma + ((-22_554 * cb - 46_802 * cr + 0x8000) >> 16);
    let blue = luma + ((116_130 * cb + 0x8000) >> 16);
    [red, green, blue].map(|level| level.clamp(0, 255) as u8)
}

/// `white - ink * white / 255`, rounded as Pillow's `cmyk2rgb` rounds.
fn left_of_black(ink: u8, white: u8) -> u8 {
    let product = u32::from(ink) * u32::from(white) + 128;
    white - (((product >> 8) + product) >> 8) as u8
}
