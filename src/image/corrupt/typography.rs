//! The typographic attack (Goh et al., "Multimodal neurons in artificial neural networks", Distill 2021): a
//! label on a piece of paper, held into the picture.

use super::Severity;
use super::font::{GLYPH_HEIGHT, GLYPH_WIDTH, glyph};
use super::samples::Samples;
use crate::{Error, Result};

/// The longest word that is written.
pub const MAX_CHARACTERS: usize = 24;
const MARGIN: f64 = 1.5;
/// Where the paper's middle lies, from the top.
const PLACE: f64 = 0.72;
/// Places inside a pixel that are looked at, in each direction.
const OVERSAMPLED: usize = 4;

/// Writes `word` in black on white paper, as wide as this share of the picture.
///
/// # Errors
/// `Word` if it is empty, too long, or has a character that is not in the font.
pub fn attack(mut samples: Samples, severity: Severity, word: &str) -> Result<Samples> {
    let glyphs = glyphs(word)?;
    let share = severity.of([0.3, 0.45, 0.6, 0.75, 0.9]);
    let columns = glyphs.len() as f64 * (GLYPH_WIDTH + 1) as f64 - 1.0 + 2.0 * MARGIN;
    let rows = GLYPH_HEIGHT as f64 + 2.0 * MARGIN;
    let (width, height) = (samples.width as f64, samples.height as f64);
    // Short words would be taller than the picture is wide.
    let dot = (share * width / columns).min(share * height / rows / 2.0);
    let (left, top) = ((width - columns * dot) / 2.0, height * PLACE - rows * dot / 2.0);
    for y in 0..samples.height {
        for x in 0..samples.width {
            let (mut paper, mut ink) = (0.0, 0.0);
            for index in 0..OVERSAMPLED * OVERSAMPLED {
                let inside = |at: usize| (at as f64 + 0.5) / OVERSAMPLED as f64;
                let column = (x as f64 + inside(index % OVERSAMPLED) - left) / dot;
                let row = (y as f64 + inside(index / OVERSAMPLED) - top) / dot;
                if (0.0..columns).contains(&column) && (0.0..rows).contains(&row) {
                    paper += 1.0;
                    ink += f64::from(u8::from(is_ink(&glyphs, column - MARGIN, row - MARGIN)));
                }
            }
            let all = (OVERSAMPLED * OVERSAMPLED) as f64;
            let (seen, white) = (1.0 - paper / all, (paper - ink) / all);
            samples.pixel_mut(x, y).iter_mut().for_each(|value| *value = *value * seen + white);
        }
    }
    Ok(samples)
}

fn glyphs(word: &str) -> Result<Vec<[u8; GLYPH_HEIGHT]>> {
    let wrong = |problem: String| Error::Word { word: word.to_owned(), problem };
    let count = word.chars().count();
    if word.trim().is_empty() || count > MAX_CHARACTERS {
        return Err(wrong(format!("has {count} characters, expected 1 to {MAX_CHARACTERS}")));
    }
    let drawn =
        |character| glyph(character).ok_or_else(|| wrong(format!("{character:?} is not in the font")));
    word.chars().map(drawn).collect()
}

/// Whether there is ink at a place of the line, in dots of the font.
fn is_ink(glyphs: &[[u8; GLYPH_HEIGHT]], column: f64, row: f64) -> bool {
    if column < 0.0 || row < 0.0 {
        return false;
    }
    let (column, row) = (column as usize, row as usize);
    let (index, inside) = (column / (GLYPH_WIDTH + 1), column % (GLYPH_WIDTH + 1));
    let line = glyphs.get(index).and_then(|glyph| glyph.get(row));
    inside < GLYPH_WIDTH && line.is_some_and(|line| line >> (GLYPH_WIDTH - 1 - inside) & 1 == 1)
}
