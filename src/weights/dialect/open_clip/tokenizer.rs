//! Which tokenizer reads the texts of a model of OpenCLIP's, and where a prompt is read.

use serde_json::{Map, Value};

use super::keys::{object, refuse_unknown, unsupported, wrong};
use crate::error::Result;
use crate::weights::config::EndToken;

/// What reads the texts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tokenizer {
    /// Whether it is one of transformers, whose other files count too, and not OpenCLIP's own.
    pub is_hugging_face: bool,
    /// Whether texts are canonicalized first.
    pub canonicalizes: bool,
    /// The id of the token at which a prompt is read, where that is not the highest one.
    pub end: Option<u64>,
}

impl Tokenizer {
    /// Takes out which tokenizer a causal text tower has, and where prompts are read: at the highest id, or at the one of the end.
    pub fn take(text: &mut Map<String, Value>) -> Result<Self> {
        let is_hugging_face = match text.get("hf_tokenizer_name") {
            Some(Value::String(name)) => !name.is_empty(),
            _ => false,
        };
        let mut tokenizer = Self { is_hugging_face, ..Self::default() };
        if is_hugging_face {
            text.remove("hf_tokenizer_name");
            let settings = object(text, "tokenizer_kwargs")?;
            refuse_unknown("text_cfg.tokenizer_kwargs", &settings, &["clean"])?;
            tokenizer.canonicalizes = match settings.get("clean") {
                None | Some(Value::Null) => false,
                // What white space there is, the tokenizer's own file says.
                Some(Value::String(clean)) if clean == "whitespace" => false,
                Some(Value::String(clean)) if clean == "canonicalize" => true,
                Some(other) => {
                    return Err(unsupported(format!(
                        "text_cfg.tokenizer_kwargs.clean = {other}, where \"whitespace\" and \"canonicalize\" are run"
                    )));
                }
            };
        }
        // Only a pooling at the end's id reads it.
        let id = text.remove("eos_id");
        if text.get("pool_type").is_some_and(|pool| pool == "eos") {
            text.remove("pool_type");
            let id = id.as_ref().map_or(Some(EndToken::HIGHEST_ID.into()), Value::as_u64);
            tokenizer.end =
                Some(id.filter(|&id| id != u64::from(EndToken::HIGHEST_ID)).ok_or_else(|| {
                    wrong(
                        "text_cfg.eos_id",
                        "is no token's id, or 2, which stands for the highest id here".to_owned(),
                    )
                })?);
        }
        Ok(tokenizer)
    }
}
