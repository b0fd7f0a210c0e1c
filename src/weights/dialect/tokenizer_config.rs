//! `tokenizer_config.json` and `special_tokens_map.json`: what they change of a `tokenizer.json` when transformers 5.23
//! reads it (`tokenization_utils_tokenizers.py`), and what of them is not followed here and therefore refused.

use std::collections::HashMap;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::weights::config::{ClipConfig, ModelFamily};

pub const CONFIG: &str = "tokenizer_config.json";
pub const SPECIAL: &str = "special_tokens_map.json";

/// Keys of tokens that transformers looks for in every text, whatever `tokenizer.json` says of them.
const NAMED: [&str; 7] =
    ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];
/// The keys that hold special tokens in lists, or in objects by name.
const LISTED: [&str; 2] = ["additional_special_tokens", "extra_special_tokens"];

/// The text of the `tokenizer.json` that does what the three files together do; as it is where the others, either of
/// which may be empty, change nothing.
///
/// # Errors
/// `Config` for what would cut, fill up or shorten texts in a way that is not followed here; `Tokenizer` for a
/// `tokenizer.json` that is none.
pub fn applied(tokenizer: Bytes, config: &[u8], special: &[u8], model: &ClipConfig) -> Result<Bytes> {
    let settings = Settings { config: object(CONFIG, config)?, special: object(SPECIAL, special)? };
    if settings.config.is_empty() && settings.special.is_empty() {
        return Ok(tokenizer);
    }
    settings.refuse_what_is_not_followed(model)?;
    let mut file = File::parse(&tokenizer)?;
    settings.check_brackets(&file, model.family)?;
    settings.tokens()?.into_iter().for_each(|token| file.add(token));
    if let Some((_, pad)) = settings.named("pad_token")?.filter(|_| model.family == ModelFamily::Siglip) {
        file.pad_with(&pad);
    }
    Ok(file.changed(&tokenizer)?.unwrap_or(tokenizer))
}

/// The settings of both files; the second takes precedence.
struct Settings {
    config: Map<String, Value>,
    special: Map<String, Value>,
}

impl Settings {
    /// A key that either may have, and the file that it is in.
    fn get(&self, key: &str) -> Option<(&'static str, &Value)> {
        let set = |value: &&Value| !value.is_null();
        let special = self.special.get(key).filter(set).map(|value| (SPECIAL, value));
        special.or_else(|| self.config.get(key).filter(set).map(|value| (CONFIG, value)))
    }

    fn refuse_what_is_not_followed(&self, model: &ClipConfig) -> Result<()> {
        let refuse = |key: &str, problem: String| Err(wrong(CONFIG, key, problem));
        let text = |key: &str| self.config.get(key).and_then(Value::as_str);
        let (is_siglip, class) =
            (model.family == ModelFamily::Siglip, text("tokenizer_class").unwrap_or_default());
        if text("truncation_side") == Some("left") {
            return refuse("truncation_side", "is \"left\": long texts are truncated at the end here".into());
        }
        match text("padding_side") {
            Some("left") if is_siglip => {
                return refuse("padding_side", "is \"left\": texts are padded at the end here".into());
            }
            None if is_siglip && (class.starts_with("Gemma") || class.starts_with("Siglip2")) => {
                let problem = format!("is missing, which means \"left\" in {class}, expected \"right\"");
                return refuse("padding_side", problem);
            }
            _ => {}
        }
        if is_siglip && self.config.get("do_lower_case") == Some(&Value::Bool(false)) {
            return refuse(
                "do_lower_case",
                "is false, but SigLIP's texts are lower-cased, as in training".into(),
            );
        }
        let longest = self.config.get("model_max_length").and_then(Value::as_f64);
        match longest.filter(|&longest| longest < model.context_length as f64) {
            Some(longest) => {
                let window = model.context_length;
                refuse(
                    "model_max_length",
                    format!("is {longest}: texts are truncated to the model's {window} tokens here"),
                )
            }
            None => Ok(()),
        }
    }

    /// `CLIPTokenizer` puts its own first and last token around a text, whatever `tokenizer.json` does.
    fn check_brackets(&self, file: &File, family: ModelFamily) -> Result<()> {
        let class = self.config.get("tokenizer_class").and_then(Value::as_str).unwrap_or("CLIPTokenizer");
        let is_clip = matches!(family, ModelFamily::Clip | ModelFamily::EfficientNetClip);
        if !is_clip || !class.starts_with("CLIPTokenizer") {
            return Ok(());
        }
        let Some(around) = file.brackets() else { return Ok(()) };
        let keys = [("bos_token", "<|startoftext|>"), ("eos_token", "<|endoftext|>")];
        for ((key, default), found) in keys.into_iter().zip(around) {
            let (name, expected) = match self.named(key)? {
                Some((name, token)) => (name, token.content),
                None => (CONFIG, default.to_owned()),
            };
            if found != expected {
                return Err(wrong(
                    name,
                    key,
                    format!("is {expected:?}, but tokenizer.json puts {found:?} around a text"),
                ));
            }
        }
        Ok(())
    }

    /// One of the tokens that have a key of their own, with the file that names it.
    fn named(&self, key: &str) -> Result<Option<(&'static str, Token)>> {
        self.get(key).map(|(file, value)| Ok((file, token(file, key, value)?))).transpose()
    }

    /// Every token that is looked for in texts.
    fn tokens(&self) -> Result<Vec<Token>> {
        let mut tokens = Vec::new();
        if let Some(Value::Object(decoder)) = self.config.get("added_tokens_decoder") {
            let mut decoder: Vec<_> = decoder.iter().collect();
            decoder.sort_by_key(|(id, _)| id.parse::<u64>().unwrap_or(u64::MAX));
            for (_, value) in decoder {
                tokens.push(token(CONFIG, "added_tokens_decoder", value)?);
            }
        }
        for key in NAMED {
            tokens.extend(self.named(key)?.map(|(_, token)| token));
        }
        for key in LISTED {
            let values: Vec<_> = match self.get(key) {
                Some((file, Value::Array(values))) => values.iter().map(|value| (file, value)).collect(),
                Some((file, Value::Object(values))) => values.values().map(|value| (file, value)).collect(),
                Some((file, other)) => {
                    return Err(wrong(file, key, format!("is {other}, expected a list of tokens")));
                }
                None => Vec::new(),
            };
            for (file, value) in values {
                tokens.push(token(file, key, value)?);
            }
        }
        Ok(tokens)
    }
}

/// A token as either file writes it: its text only, or with options for matching it.
#[derive(Debug)]
struct Token {
    content: String,
    /// `single_word`, `lstrip`, `rstrip`, `normalized` and `special`.
    flags: [bool; 5],
}

const FLAGS: [&str; 5] = ["single_word", "lstrip", "rstrip", "normalized", "special"];

fn token(file: &'static str, key: &str, value: &Value) -> Result<Token> {
    match value {
        Value::String(content) => {
            Ok(Token { content: content.clone(), flags: [false, false, false, false, true] })
        }
        Value::Object(fields) => {
            let content = fields.get("content").and_then(Value::as_str);
            let content = content.ok_or_else(|| wrong(file, key, "has a token without `content`".into()))?;
            let flag = |name: &str| fields.get(name).and_then(Value::as_bool);
            let is_special = flag("special").unwrap_or(key != "added_tokens_decoder");
            let flags = FLAGS.map(|name| match name {
                "special" => is_special,
                "normalized" => flag(name).unwrap_or(!is_special),
                _ => flag(name).unwrap_or(false),
            });
            Ok(Token { content: content.to_owned(), flags })
        }
        other => Err(wrong(file, key, format!("is {other}, expected a token"))),
    }
}

/// What of a `tokenizer.json` the other files may change; its tokens and merges are passed over.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    added_tokens: Vec<Added>,
    #[serde(default)]
    post_processor: Value,
    padding: Option<Padding>,
    model: Model,
    /// The tokens to be added.
    #[serde(skip)]
    missing: Vec<Token>,
    /// The token to fill up with instead.
    #[serde(skip)]
    pad: Option<String>,
}

#[derive(Deserialize)]
struct Added {
    content: String,
}

#[derive(Deserialize)]
struct Padding {
    pad_token: String,
}

#[derive(Deserialize)]
struct Model {
    /// Only unigram models have this key.
    unk_id: Option<IgnoredAny>,
}

impl File {
    fn parse(text: &[u8]) -> Result<Self> {
        serde_json::from_slice(text).map_err(unreadable)
    }

    /// The tokens before and after a text; `None` where there are none, or more than one.
    fn brackets(&self) -> Option<[String; 2]> {
        brackets(&self.post_processor)
    }

    /// Has a token looked for in texts.
    fn add(&mut self, token: Token) {
        let is_there = self.added_tokens.iter().any(|added| added.content == token.content);
        if !token.content.is_empty() && !is_there {
            self.added_tokens.push(Added { content: token.content.clone() });
            self.missing.push(token);
        }
    }

    /// Has texts filled up with a token.
    fn pad_with(&mut self, token: &Token) {
        // What is filled up with where the file does not say: see `text::tokenizer_file`.
        let last = || {
            self.post_processor.get("single")?.as_array()?.last()?.get("SpecialToken")?.get("id")?.as_str()
        };
        let implied = if self.model.unk_id.is_some() { last() } else { Some("<pad>") };
        let found = self.padding.as_ref().map(|padding| padding.pad_token.as_str()).or(implied);
        self.pad = (found != Some(&token.content)).then(|| token.content.clone());
    }

    /// The file with what was asked, if that changes it.
    fn changed(&self, text: &[u8]) -> Result<Option<Bytes>> {
        if self.missing.is_empty() && self.pad.is_none() {
            return Ok(None);
        }
        let mut file: Map<String, Value> = serde_json::from_slice(text).map_err(unreadable)?;
        let vocabulary = file.get("model").and_then(|model| model.get("vocab"));
        let mut ids: HashMap<String, u64> = match vocabulary {
            Some(Value::Object(ids)) => {
                ids.iter().filter_map(|(token, id)| Some((token.clone(), id.as_u64()?))).collect()
            }
            Some(Value::Array(pieces)) => {
                let pieces = pieces.iter().zip(0..);
                pieces.filter_map(|(piece, id)| Some((piece.get(0)?.as_str()?.to_owned(), id))).collect()
            }
            _ => HashMap::new(),
        };
        let added = file.entry("added_tokens").or_insert_with(|| json!([]));
        for entry in added.as_array().into_iter().flatten() {
            if let (Some(content), Some(id)) = (entry["content"].as_str(), entry["id"].as_u64()) {
                ids.insert(content.to_owned(), id);
            }
        }
        // A token that there is not comes after all: beyond the model's table, where a text that has it is refused.
        let mut next = ids.values().max().map_or(0, |id| id.saturating_add(1));
        for Token { content, flags } in &self.missing {
            let id = *ids.entry(content.clone()).or_insert(next);
            next = next.max(id.saturating_add(1));
            let mut entry: Map<String, Value> =
                FLAGS.iter().zip(flags).map(|(name, flag)| ((*name).to_owned(), (*flag).into())).collect();
            entry.insert("id".to_owned(), id.into());
            entry.insert("content".to_owned(), content.as_str().into());
            if let Some(added) = added.as_array_mut() {
                added.push(Value::Object(entry));
            }
        }
        if let Some(pad) = &self.pad {
            let padding = json!({ "strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": null,
                                  "pad_id": ids.get(pad), "pad_type_id": 0, "pad_token": pad });
            file.insert("padding".to_owned(), padding);
        }
        Ok(Some(Value::Object(file).to_string().into()))
    }
}

fn brackets(processor: &Value) -> Option<[String; 2]> {
    let name = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    if let Some(inner) = processor.get("processors").and_then(Value::as_array) {
        return inner.iter().find_map(brackets);
    }
    if let (Some(before), Some(after)) = (processor.get("cls"), processor.get("sep")) {
        return Some([name(before.get(0))?, name(after.get(0))?]);
    }
    match processor.get("single").and_then(Value::as_array).map(Vec::as_slice) {
        Some([before, _, after]) => {
            let token = |piece: &Value| name(piece.get("SpecialToken").and_then(|token| token.get("id")));
            Some([token(before)?, token(after)?])
        }
        _ => None,
    }
}

/// The object in a file; none where there is no file.
fn object(file: &'static str, json: &[u8]) -> Result<Map<String, Value>> {
    if json.is_empty() {
        return Ok(Map::new());
    }
    crate::lfs_pointer::refuse(json, file)?;
    serde_json::from_slice(json).map_err(|error| Error::Malformed { format: file, reason: error.to_string() })
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::Tokenizer { reason: error.to_string() }
}

fn wrong(file: &'static str, key: &str, problem: String) -> Error {
    Error::Config { file, key: key.to_owned(), problem }
}
