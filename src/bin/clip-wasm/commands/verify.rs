//! `verify`: a model against its source in f32, run by candle-transformers.
//!
//! candle's CLIP knows quick_gelu alone, its SigLIP the tanh form of GELU, its MobileCLIP 512 dimensions. Another source is run by this crate in
//! f32 instead, whose agreement with PyTorch the golden tests hold; the report says which it was.

mod oracle;

use std::path::Path;

use clip_wasm::Result;
use clip_wasm::image::{self, Backend, Rgb8};
use clip_wasm::session::Session;
use clip_wasm::task::zero_shot::{Baseline, Mode, score, unit};
use clip_wasm::weights::Checkpoint;
use serde::Serialize;

use super::in_file;
use crate::args::Verify;
use crate::{model, output};
use oracle::Oracle;

/// Prompts of several lengths and kinds.
const PROMPTS: [&str; 12] = [
    "a photo of a cat.",
    "a photo of a dog.",
    "a red car on a blue background",
    "three bananas",
    "a black and white drawing of a house",
    "a happy face",
    "the Eiffel Tower at night",
    "something to eat",
    "a blurry photo of a bicycle leaning against a wall",
    "text on a sign",
    "fog",
    "an aerial view of a harbour with many small boats and a lighthouse at the end of the pier",
];
/// Pictures drawn here, beside those of the command line.
const PATTERNS: usize = 12;
const PATTERN_SIDE: usize = 96;

#[derive(Serialize)]
struct Report {
    reference: &'static str,
    /// Whose pixels both were given.
    preprocessor: Backend,
    images: Agreement,
    texts: Agreement,
    /// Pictures whose best label differs.
    label_flips: usize,
}

/// How well embeddings agree, over all of one kind.
#[derive(Serialize)]
struct Agreement {
    count: usize,
    mean_cosine: f64,
    min_cosine: f64,
    /// Between the entries of unit embeddings.
    max_abs_difference: f32,
}

pub fn run(args: &Verify, json: bool) -> Result<()> {
    let session = model::session(&args.model.model, args.model.pixels())?;
    // The weights are compared, so both get the same pixels.
    let preprocessor = session.info().preprocessor;
    let source = Checkpoint::open(&args.source)?;
    let source = Session::new(model::with_preprocessor(source, Some(preprocessor))?)?;
    let pictures = pictures(&args.images)?;
    let prompts = PROMPTS.map(str::to_owned);
    let ours_images = units(pictures.iter().map(|picture| Ok(session.embed_rgb(picture)?.embedding)))?;
    let ours_texts = units(session.embed_texts(&prompts)?.into_iter().map(Ok))?;
    let oracle = Oracle::open(&args.source, &source.clip().config)?;
    let (reference, images, texts) = if let Some(oracle) = oracle {
        let images = units(pictures.iter().map(|picture| oracle.embed_pixels(source.preprocess(picture)?)))?;
        let texts = units(prompts.iter().map(|prompt| oracle.embed_ids(&source.tokenize(prompt)?)))?;
        ("candle-transformers, f32", images, texts)
    } else {
        let images = units(pictures.iter().map(|picture| Ok(source.embed_rgb(picture)?.embedding)))?;
        let texts = units(source.embed_texts(&prompts)?.into_iter().map(Ok))?;
        ("clip-wasm, f32", images, texts)
    };
    let best = |image: &[f32], texts: &[Vec<f32>]| {
        let labels: Vec<_> = texts.iter().map(|text| ("", text.as_slice())).collect();
        score(image, &labels, Baseline::Bias(0.0), 1.0, Mode::Softmax)[0].index
    };
    let pairs = ours_images.iter().zip(&images);
    let label_flips = pairs.filter(|(ours, truth)| best(ours, &ours_texts) != best(truth, &texts)).count();
    let report = Report {
        reference,
        preprocessor,
        images: agreement(&ours_images, &images),
        texts: agreement(&ours_texts, &texts),
        label_flips,
    };
    if json { output::json(&report) } else { print(&report) }
}

fn print(report: &Report) -> Result<()> {
    output::line(format!("compared with {}, on {}'s pixels", report.reference, report.preprocessor.name()))?;
    for (name, agreement) in [("pictures", &report.images), ("texts", &report.texts)] {
        output::line(format!(
            "{name:<9} {:3}  cosine mean {:.7}, minimum {:.7}; largest difference {:.2e}",
            agreement.count, agreement.mean_cosine, agreement.min_cosine, agreement.max_abs_difference
        ))?;
    }
    output::line(format!("pictures whose best label differs: {}", report.label_flips))
}

/// Embeddings at unit length.
fn units(embeddings: impl Iterator<Item = Result<Vec<f32>>>) -> Result<Vec<Vec<f32>>> {
    embeddings.map(|embedding| Ok(unit(&embedding?))).collect()
}

fn agreement(ours: &[Vec<f32>], truth: &[Vec<f32>]) -> Agreement {
    let cosine = |a: &[f32], b: &[f32]| -> f64 {
        let dot =
            |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    };
    let cosines: Vec<f64> = ours.iter().zip(truth).map(|(a, b)| cosine(a, b)).collect();
    let differences = ours.iter().flatten().zip(truth.iter().flatten()).map(|(a, b)| (a - b).abs());
    Agreement {
        count: cosines.len(),
        mean_cosine: cosines.iter().sum::<f64>() / cosines.len().max(1) as f64,
        min_cosine: cosines.iter().copied().fold(1.0, f64::min),
        max_abs_difference: differences.fold(0.0, f32::max),
    }
}

/// The patterns, then the pictures of the command line.
fn pictures(paths: &[impl AsRef<Path>]) -> Result<Vec<Rgb8>> {
    let mut pictures = (0..PATTERNS).map(pattern).collect::<Result<Vec<_>>>()?;
    for path in paths {
        let path = path.as_ref();
        let decoded = image::decode(&output::read(path)?).map_err(|error| in_file(path, error))?;
        pictures.push(decoded.image);
    }
    Ok(pictures)
}

/// A picture of coloured waves, each of another direction and wavelength.
fn pattern(index: usize) -> Result<Rgb8> {
    let mut data = Vec::with_capacity(PATTERN_SIDE * PATTERN_SIDE * 3);
    for i in 0..PATTERN_SIDE * PATTERN_SIDE * 3 {
        let (x, y, channel) = (i / 3 % PATTERN_SIDE, i / 3 / PATTERN_SIDE, i % 3);
        let wave = (x * (index + 1) + y * (2 * index + 3)) * (channel + 2) + x * y * (index % 3);
        data.push((wave * 5 % 256) as u8);
    }
    Rgb8::new(PATTERN_SIDE, PATTERN_SIDE, data)
}
