//! Templates, which turn labels into the prompts that the text tower reads, and the limits on labels.

use crate::{Error, Result};

/// The longest label that is accepted, in characters.
///
/// No context window in use holds more than 77 tokens, so what a longer label says at its end cannot
/// count; the limit leaves room for scripts whose every character takes several tokens.
pub const MAX_LABEL_CHARS: usize = 1_000;

/// A sentence with a place for the label, such as `a photo of a {}.`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Template {
    text: String,
    /// What stands around the placeholders: one more than there are placeholders.
    around: Vec<String>,
}

impl Template {
    /// Reads a template whose placeholder is `{}`, or `{c}` as CLIP_benchmark writes it.
    ///
    /// # Errors
    /// [`Error::Template`] where there is no placeholder.
    pub fn parse(text: &str) -> Result<Self> {
        let around: Vec<String> =
            text.split("{}").flat_map(|part| part.split("{c}")).map(str::to_owned).collect();
        if around.len() < 2 {
            return Err(Error::Template { template: text.to_owned() });
        }
        Ok(Self { text: text.to_owned(), around })
    }

    /// Puts the label, character for character, where each placeholder stands.
    pub fn fill(&self, label: &str) -> String {
        self.around.join(label)
    }

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Refuses a list of labels that cannot be classified with.
///
/// # Errors
/// [`Error::NoLabels`] for an empty list, [`Error::EmptyLabel`] for a label of white space alone,
/// [`Error::LongLabel`] for one of more than [`MAX_LABEL_CHARS`] characters.
pub fn check_labels(labels: &[String]) -> Result<()> {
    if labels.is_empty() {
        return Err(Error::NoLabels);
    }
    for (index, label) in labels.iter().enumerate() {
        if label.trim().is_empty() {
            return Err(Error::EmptyLabel { index });
        }
        let chars = label.chars().count();
        if chars > MAX_LABEL_CHARS {
            return Err(Error::LongLabel { index, chars, max: MAX_LABEL_CHARS });
        }
    }
    Ok(())
}
