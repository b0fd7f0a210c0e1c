//! Text to token ids, by the checkpoint's own `tokenizer.json` and the `tokenizers` crate.

use std::borrow::Cow;

use super::tokenizer_file::{self, Case, Pipeline, SpecialTokens, TokenizerFile};
use crate::{Error, Result};

/// A checkpoint's tokenizer with its context window.
///
/// The ids equal those of Hugging Face's `tokenizer(text, truncation=True, max_length=context_length)`, for SigLIP
/// with `padding="max_length"`.
#[derive(Debug)]
pub struct Tokenizer {
    pipeline: Pipeline,
    special: SpecialTokens,
    /// Ids a text may take between the special tokens.
    room: usize,
    /// What fills up the window, where texts are padded.
    padding: Option<u32>,
    vocab_size: usize,
    /// Whether texts are [`canonicalized`] first.
    canonicalizes: bool,
}

impl Tokenizer {
    /// Reads a `tokenizer.json` of CLIP's. Its padding and truncation are ignored: a text is never padded, and
    /// the window is the model's own.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] for a file that is not a byte-pair or unigram tokenizer in Hugging Face's form, that
    /// contradicts itself, or whose special tokens leave no room in the window.
    pub fn from_json(json: &[u8], context_length: usize) -> Result<Self> {
        Self::new(tokenizer_file::read(json, Case::AsItIs)?, context_length, None)
    }

    /// A CLIP tokenizer whose texts fill the context: what is left of it is filled with `padding`.
    ///
    /// # Errors
    /// As [`Tokenizer::from_json`].
    pub fn padded(json: &[u8], context_length: usize, padding: u32) -> Result<Self> {
        Self::new(tokenizer_file::read(json, Case::AsItIs)?, context_length, Some(padding))
    }

    /// Reads a `tokenizer.json` of SigLIP's. As the model was trained, texts are lower-cased, whether the file says
    /// so or, as that of the second version, does not, and fill the window: what is left is padding.
    ///
    /// # Errors
    /// As [`Tokenizer::from_json`], and for a file without a token for padding.
    pub fn siglip(json: &[u8], context_length: usize) -> Result<Self> {
        let file = tokenizer_file::read(json, Case::Lowered)?;
        let padding = file.padding.ok_or_else(|| Error::Tokenizer {
            reason: "there is no padding, no end token and no <pad> to pad a text with".to_owned(),
        })?;
        Self::new(file, context_length, Some(padding))
    }

    fn new(file: TokenizerFile, context_length: usize, padding: Option<u32>) -> Result<Self> {
        let added = file.special.len();
        let room =
            context_length.checked_sub(added).filter(|&room| room > 0).ok_or_else(|| Error::Tokenizer {
                reason: format!(
                    "a context of {context_length} tokens has no room for text beside {added} special tokens"
                ),
            })?;
        let TokenizerFile { pipeline, special, vocab_size, .. } = file;
        Ok(Self { pipeline, special, room, padding, vocab_size, canonicalizes: false })
    }

    /// The tokenizer of texts that are [`canonicalized`] first.
    pub fn canonicalizing(self) -> Self {
        Self { canonicalizes: true, ..self }
    }

    /// The ids of a text: special tokens around it, cut to the context length so that they all stay; SigLIP's then
    /// padded to that length.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] where the file's patterns cannot be applied to this text.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let text = if self.canonicalizes { Cow::Owned(canonicalized(text)) } else { Cow::Borrowed(text) };
        let encoding = self
            .pipeline
            .encode_fast(&*text, false)
            .map_err(|error| Error::Tokenizer { reason: format!("cannot encode a text: {error}") })?;
        let content = encoding.get_ids();
        let content = &content[..content.len().min(self.room)];
        let mut ids = [self.special.before.as_slice(), content, self.special.after.as_slice()].concat();
        if let Some(padding) = self.padding {
            ids.resize(self.room + self.special.len(), padding);
        }
        Ok(ids)
    }

    /// How many ids there are; every id that [`encode`](Self::encode) returns is below it.
    pub fn vocab_size(&self) -> usize {
        self.vocab_size
    }

    /// Every token in the order of the ids, in the byte-level alphabet of the file.
    pub fn vocabulary(&self) -> Vec<String> {
        (0..).take(self.vocab_size).filter_map(|id| self.pipeline.id_to_token(id)).collect()
    }
}

/// A text without case, punctuation, and white space but for single blanks between words: `canonicalize_text` of
/// OpenCLIP's `tokenizer.py` (3.3). `ftfy` and the unescaping of HTML entities, which OpenCLIP does before, are left out.
pub fn canonicalized(text: &str) -> String {
    let text = text.replace('_', " ").replace(|c: char| c.is_ascii_punctuation(), "").to_lowercase();
    // Python's white space, which has the four separators of ASCII too.
    let words = text.split(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
