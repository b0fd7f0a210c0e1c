//! Loads a session while its file arrives: the tokenizer is built and the weights are packed before the file is
//! complete.

use super::{Session, tokenizer_of};
use crate::error::Result;
use crate::kernels::threads::{self, Pending};
use crate::text::Tokenizer;
use crate::weights::Loader;

/// Makes a [`Session`] of a GGUF file that arrives in pieces.
#[derive(Default)]
pub struct SessionLoader {
    file: Loader,
    /// Begun as soon as the file has said what it takes.
    tokenizer: Option<Pending<Result<Tokenizer>>>,
}

impl SessionLoader {
    /// A loader for a file of `announced` bytes, or 0 if the size is unknown.
    pub fn new(announced: u64) -> Self {
        Self { file: Loader::new(announced), tokenizer: None }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// As [`Loader::push`].
    pub fn push(&mut self, chunk: &[u8]) -> Result<()> {
        self.file.push(chunk)?;
        if self.tokenizer.is_none()
            && let Some(companions) = self.file.metadata()
        {
            self.tokenizer = Some(threads::start(move || tokenizer_of(&companions?)));
        }
        Ok(())
    }

    /// The session of the bytes so far.
    ///
    /// # Errors
    /// As [`Loader::finish`] and [`Session::new`].
    pub fn finish(self) -> Result<Session> {
        let checkpoint = self.file.finish()?;
        match self.tokenizer {
            Some(tokenizer) => Session::build(checkpoint, || tokenizer.wait()),
            None => Session::new(checkpoint),
        }
    }
}
