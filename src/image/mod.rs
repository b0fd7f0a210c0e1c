//! Pictures: encoded bytes in, the pixels the vision tower sees out.
//!
//! [`decode()`] turns a file into upright RGB, [`Preprocessing`] turns that into what the model's own record
//! asks for. The reference is Pillow's `exif_transpose` followed by one of Hugging Face's image processors, the one
//! over Pillow or the one over torchvision ([`Backend`]); `docs/CORRECTNESS.md` has what was compared and what was
//! found.

pub mod corrupt;
mod decode;
mod preprocessing;
mod resize;
mod rgb8;

pub use crate::kernels::resample::Backend;
pub use decode::{Decoded, Format, decode};
pub use preprocessing::{Normalize, Pixels, Preprocessing, Size};
pub use resize::{Resample, Window, resize};
pub use rgb8::{MAX_PIXELS, Rgb8};
