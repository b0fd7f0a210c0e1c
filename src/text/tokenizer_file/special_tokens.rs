//! `post_processor` of a `tokenizer.json`: which ids stand around every text.

use std::collections::HashMap;

use serde::Deserialize;

use super::fail;
use crate::Result;

/// The ids around every text.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SpecialTokens {
    pub before: Vec<u32>,
    pub after: Vec<u32>,
}

impl SpecialTokens {
    /// How many there are, on both sides.
    pub fn len(&self) -> usize {
        self.before.len() + self.after.len()
    }
}

/// The ways to say which special tokens stand around a text.
#[derive(Deserialize)]
#[serde(tag = "type")]
pub enum PostProcessor {
    #[serde(rename = "RobertaProcessing", alias = "BertProcessing")]
    Bracket { cls: (String, u32), sep: (String, u32) },
    #[serde(rename = "TemplateProcessing")]
    Template { single: Vec<Piece>, special_tokens: HashMap<String, SpecialToken> },
    #[serde(rename = "Sequence")]
    Sequence { processors: Vec<PostProcessor> },
    /// Trims offsets, which are not used here.
    #[serde(rename = "ByteLevel")]
    ByteLevel,
}

#[derive(Deserialize)]
pub(super) enum Piece {
    Sequence { id: String },
    SpecialToken { id: String },
}

#[derive(Deserialize)]
pub(super) struct SpecialToken {
    ids: Vec<u32>,
}

impl PostProcessor {
    /// The ids that end up around a text.
    pub fn special_tokens(self) -> Result<SpecialTokens> {
        match self {
            Self::Bracket { cls, sep } => Ok(SpecialTokens { before: vec![cls.1], after: vec![sep.1] }),
            Self::Template { single, special_tokens } => template(&single, &special_tokens),
            Self::Sequence { processors } => {
                processors.into_iter().try_fold(SpecialTokens::default(), |inner, processor| {
                    let outer = processor.special_tokens()?;
                    Ok(SpecialTokens {
                        before: [outer.before, inner.before].concat(),
                        after: [inner.after, outer.after].concat(),
                    })
                })
            }
            Self::ByteLevel => Ok(SpecialTokens::default()),
        }
    }
}

/// Splits a template such as `[CLS] $A [SEP]` at its one text.
fn template(pieces: &[Piece], ids: &HashMap<String, SpecialToken>) -> Result<SpecialTokens> {
    let mut special = SpecialTokens::default();
    let mut texts = 0;
    for piece in pieces {
        match piece {
            Piece::Sequence { id } if id == "A" => texts += 1,
            Piece::Sequence { id } => {
                return Err(fail(format!("the template for one text names a text {id:?}, expected \"A\"")));
            }
            Piece::SpecialToken { id } => {
                let token = ids.get(id).ok_or_else(|| fail(format!("special token {id:?} has no ids")))?;
                let side = if texts == 0 { &mut special.before } else { &mut special.after };
                side.extend(&token.ids);
            }
        }
    }
    if texts != 1 {
        return Err(fail(format!("the template for one text has {texts} places for it, expected 1")));
    }
    Ok(special)
}
