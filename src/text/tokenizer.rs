//! Text to token ids, by the checkpoint's own `tokenizer.json` and the `tokenizers` crate.

use tokenizers::models::bpe::BPE;
use tokenizers::{
    DecoderWrapper, NormalizerWrapper, PostProcessorWrapper, PreTokenizerWrapper, TokenizerImpl,
};

use super::tokenizer_file::{self, SpecialTokens};
use crate::{Error, Result};

/// The library's pipeline up to the ids; the special tokens around them are added here.
pub(super) type Pipeline =
    TokenizerImpl<BPE, NormalizerWrapper, PreTokenizerWrapper, PostProcessorWrapper, DecoderWrapper>;

/// A checkpoint's tokenizer with its context window.
///
/// The ids equal those of Hugging Face's `tokenizer(text, truncation=True, max_length=context_length)`.
#[derive(Debug)]
pub struct Tokenizer {
    pipeline: Pipeline,
    special: SpecialTokens,
    /// Ids a text may take between the special tokens.
    room: usize,
    vocab_size: usize,
}

impl Tokenizer {
    /// Reads a `tokenizer.json`. Its padding and truncation are ignored: a text is never padded, and
    /// the window is the model's own.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] for a file that is not a byte-pair tokenizer in Hugging Face's form, that
    /// contradicts itself, or whose special tokens leave no room in the window.
    pub fn from_json(json: &[u8], context_length: usize) -> Result<Self> {
        let file = tokenizer_file::read(json)?;
        let added = file.special.len();
        let room =
            context_length.checked_sub(added).filter(|&room| room > 0).ok_or_else(|| Error::Tokenizer {
                reason: format!(
                    "a context of {context_length} tokens has no room beside {added} special tokens"
                ),
            })?;
        Ok(Self { pipeline: file.pipeline, special: file.special, room, vocab_size: file.vocab_size })
    }

    /// The ids of a text: special tokens around it, cut to the context length so that they all stay,
    /// never padded.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] where the file's patterns cannot be applied to this text.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self
            .pipeline
            .encode_fast(text, false)
            .map_err(|error| Error::Tokenizer { reason: format!("cannot encode a text: {error}") })?;
        let content = encoding.get_ids();
        let content = &content[..content.len().min(self.room)];
        Ok([self.special.before.as_slice(), content, self.special.after.as_slice()].concat())
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
