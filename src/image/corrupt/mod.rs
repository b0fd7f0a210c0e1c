//! Corruptions of pictures at five severities: the families of ImageNet-C (Hendrycks and Dietterich,
//! "Benchmarking neural network robustness to common corruptions and perturbations", ICLR 2019), and additional
//! shifts.
//!
//! Parameters are those of the authors' `imagenet_c/corruptions.py` at 20caed9, made for pictures of 224
//! pixels: [`working_copy`] brings a picture there. `docs/CORRECTNESS.md` says how near each one comes.

mod blur;
mod digital;
mod filters;
mod font;
mod hsv;
mod noise;
mod plasma;
mod samples;
mod shift;
mod spatter;
mod typography;
mod weather;

use super::preprocessing::{Preprocessing, Size};
use super::resize::Resample;
use super::rgb8::Rgb8;
use crate::kernels::random::Random;
use crate::kernels::resample::{Backend, Filter};
use crate::{Error, Result};
use samples::Samples;

/// The side of ImageNet-C's pictures.
pub const WORKING_SIDE: usize = 224;

/// What kind of damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CorruptionFamily {
    Noise,
    Blur,
    Weather,
    Digital,
    /// Shifts, which are not part of ImageNet-C.
    Shift,
}

/// How bad: 1 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Severity(u8);

impl Severity {
    /// All five severities, mildest first.
    pub const ALL: [Self; 5] = [Self(1), Self(2), Self(3), Self(4), Self(5)];

    /// # Errors
    /// `Severity` outside 1 to 5.
    pub fn new(number: u8) -> Result<Self> {
        if (1..=5).contains(&number) { Ok(Self(number)) } else { Err(Error::Severity { found: number }) }
    }

    /// 1 to 5.
    pub fn number(self) -> u8 {
        self.0
    }

    /// The entry of a table of five.
    fn of<T: Copy>(self, table: [T; 5]) -> T {
        table[usize::from(self.0) - 1]
    }
}

/// A way to damage a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corruption {
    GaussianNoise,
    ShotNoise,
    ImpulseNoise,
    SpeckleNoise,
    DefocusBlur,
    GlassBlur,
    MotionBlur,
    ZoomBlur,
    GaussianBlur,
    Snow,
    Frost,
    Fog,
    Brightness,
    Spatter,
    Contrast,
    ElasticTransform,
    Pixelate,
    JpegCompression,
    Saturate,
    Occlusion,
    Crop,
    Rotation,
    Scale,
    Translation,
    Grey,
    Typographic,
}

use Corruption::*;

/// Every corruption with its name (ImageNet-C's where it is of there) and family.
const TABLE: [(Corruption, &str, CorruptionFamily); 26] = [
    (GaussianNoise, "gaussian_noise", CorruptionFamily::Noise),
    (ShotNoise, "shot_noise", CorruptionFamily::Noise),
    (ImpulseNoise, "impulse_noise", CorruptionFamily::Noise),
    (SpeckleNoise, "speckle_noise", CorruptionFamily::Noise),
    (DefocusBlur, "defocus_blur", CorruptionFamily::Blur),
    (GlassBlur, "glass_blur", CorruptionFamily::Blur),
    (MotionBlur, "motion_blur", CorruptionFamily::Blur),
    (ZoomBlur, "zoom_blur", CorruptionFamily::Blur),
    (GaussianBlur, "gaussian_blur", CorruptionFamily::Blur),
    (Snow, "snow", CorruptionFamily::Weather),
    (Frost, "frost", CorruptionFamily::Weather),
    (Fog, "fog", CorruptionFamily::Weather),
    (Brightness, "brightness", CorruptionFamily::Weather),
    (Spatter, "spatter", CorruptionFamily::Weather),
    (Contrast, "contrast", CorruptionFamily::Digital),
    (ElasticTransform, "elastic_transform", CorruptionFamily::Digital),
    (Pixelate, "pixelate", CorruptionFamily::Digital),
    (JpegCompression, "jpeg_compression", CorruptionFamily::Digital),
    (Saturate, "saturate", CorruptionFamily::Digital),
    (Occlusion, "occlusion", CorruptionFamily::Shift),
    (Crop, "crop", CorruptionFamily::Shift),
    (Rotation, "rotation", CorruptionFamily::Shift),
    (Scale, "scale", CorruptionFamily::Shift),
    (Translation, "translation", CorruptionFamily::Shift),
    (Grey, "grey", CorruptionFamily::Shift),
    (Typographic, "typographic", CorruptionFamily::Shift),
];

impl CorruptionFamily {
    /// The family's name in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Noise => "noise",
            Self::Blur => "blur",
            Self::Weather => "weather",
            Self::Digital => "digital",
            Self::Shift => "shift",
        }
    }
}

impl Corruption {
    /// All corruptions, family by family.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|(corruption, _, _)| *corruption)
    }

    /// The corruption of this name.
    ///
    /// # Errors
    /// `UnknownCorruption`.
    pub fn named(name: &str) -> Result<Self> {
        Self::all().find(|corruption| corruption.name() == name).ok_or_else(|| {
            let known: Vec<&str> = Self::all().map(Self::name).collect();
            Error::UnknownCorruption { found: name.to_owned(), known: known.join(", ") }
        })
    }

    /// The corruption's name, as ImageNet-C spells it.
    pub fn name(self) -> &'static str {
        self.entry().1
    }

    /// The family that the corruption belongs to.
    pub fn family(self) -> CorruptionFamily {
        self.entry().2
    }

    fn entry(self) -> &'static (Corruption, &'static str, CorruptionFamily) {
        // The table is in the order of the variants; a test holds that.
        &TABLE[self as usize]
    }

    /// The random numbers for one picture, which `name` stands for: the same whatever else was damaged.
    pub fn random(self, seed: u64, severity: Severity, name: &str) -> Random {
        Random::keyed(seed, &format!("{} {} {name}", self.name(), severity.number()))
    }

    /// The damaged picture. `word` is what [`Corruption::Typographic`] writes.
    ///
    /// # Errors
    /// `Word` for a word that cannot be written.
    pub fn apply(self, image: &Rgb8, severity: Severity, word: &str, random: &mut Random) -> Result<Rgb8> {
        let samples = || Samples::of(image);
        let damaged = match self {
            GaussianNoise => noise::gaussian(samples(), severity, random),
            ShotNoise => noise::shot(samples(), severity, random),
            ImpulseNoise => noise::impulse(samples(), severity, random),
            SpeckleNoise => noise::speckle(samples(), severity, random),
            DefocusBlur => blur::defocus(&samples(), severity),
            GlassBlur => blur::glass(&samples(), severity, random),
            MotionBlur => blur::motion(&samples(), severity, random.between(-45.0, 45.0)),
            ZoomBlur => blur::zoom(&samples(), severity),
            GaussianBlur => blur::gaussian(&samples(), severity),
            Snow => weather::snow(samples(), severity, random),
            Frost => weather::frost(samples(), severity, random),
            Fog => weather::fog(samples(), severity, random),
            Brightness => weather::brightness(samples(), severity),
            Spatter => spatter::spatter(samples(), severity, random),
            Contrast => digital::contrast(samples(), severity),
            ElasticTransform => digital::elastic_transform(&samples(), severity, random),
            Pixelate => return digital::pixelate(image, severity),
            JpegCompression => return digital::jpeg_compression(image, severity),
            Saturate => digital::saturate(samples(), severity),
            Occlusion => shift::occlusion(samples(), severity, random),
            Crop => return shift::crop(image, severity, random),
            Rotation => shift::rotation(&samples(), severity, random),
            Scale => shift::scale(&samples(), severity),
            Translation => shift::translation(&samples(), severity, random),
            Grey => shift::grey(samples(), severity),
            Typographic => typography::attack(samples(), severity, word)?,
        };
        Ok(damaged.into_rgb8())
    }
}

/// The picture as corruptions take it: its shorter side brought to `side` by Pillow's bicubic filter, and the
/// middle square of that.
///
/// # Errors
/// `ImageTooLarge` for a picture so long that it would not fit.
pub fn working_copy(image: &Rgb8, side: usize) -> Result<Rgb8> {
    let square = Preprocessing {
        resize: Some((Size::ShortestEdge(side), Resample::Filter(Filter::Bicubic))),
        center_crop: Some((side, side)),
        rescale: None,
        normalize: None,
        backend: Backend::Pillow,
    };
    Ok(square.apply(image)?.rgb)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_variants() {
        for (index, (corruption, name, _)) in TABLE.iter().enumerate() {
            assert_eq!(*corruption as usize, index);
            assert_eq!(Corruption::named(name).unwrap(), *corruption);
        }
        assert_eq!(Corruption::named("rain").unwrap_err().code(), "unknown-corruption");
    }

    #[test]
    fn motion_blur_at_a_given_angle_equals_imagemagicks_algorithm() {
        let golden = |bytes: &[u8]| crate::image::decode(bytes).unwrap().image;
        let input = golden(include_bytes!("../../../tests/golden/corrupt/input.png"));
        let sheet = golden(include_bytes!("../../../tests/golden/corrupt/motion.png"));
        for (column, severity) in Severity::ALL.into_iter().enumerate() {
            let ours = blur::motion(&Samples::of(&input), severity, 30.0).into_rgb8();
            for (ours, sheet) in ours.data().chunks_exact(64 * 3).zip(sheet.data().chunks_exact(5 * 64 * 3)) {
                let theirs = &sheet[column * 64 * 3..][..64 * 3];
                assert!(ours.iter().zip(theirs).all(|(a, b)| a.abs_diff(*b) <= 1), "{severity:?}");
            }
        }
    }

    #[test]
    fn every_corruption_keeps_the_size_of_any_picture_and_repeats_by_seed() {
        for (width, height) in [(1, 1), (5, 3), (40, 64), (224, 224)] {
            let data = (0..width * height * 3).map(|index| (index * 7 % 256) as u8).collect();
            let image = Rgb8::new(width, height, data).unwrap();
            for corruption in Corruption::all() {
                for severity in [Severity(1), Severity(5)] {
                    let apply = || corruption.apply(&image, severity, "cat", &mut Random::new(5)).unwrap();
                    let once = apply();
                    assert_eq!((once.width(), once.height()), (width, height), "{}", corruption.name());
                    assert!(once == apply(), "{} differs from run to run", corruption.name());
                }
            }
        }
    }
}
