//! Any bytes as a `tokenizer.json` and a text for it: ids below the number of tokens, no more than the window holds, or
//! an error.
#![no_main]

use clip_wasm::text::Tokenizer;
use libfuzzer_sys::fuzz_target;

/// Between the text and the file.
const MARK: u8 = 0xff;

fuzz_target!(|input: &[u8]| {
    let Some((&kind, rest)) = input.split_first() else { return };
    let (text, json) = rest.split_at(rest.iter().position(|&byte| byte == MARK).unwrap_or(0));
    let (text, json) = (String::from_utf8_lossy(text), json.strip_prefix(&[MARK]).unwrap_or(json));
    let window = 1 + usize::from(kind >> 2);
    let tokenizer = match kind & 3 {
        0 => Tokenizer::from_json(json, window),
        1 => Tokenizer::siglip(json, window),
        _ => Tokenizer::padded(json, window, 0),
    };
    let Ok(tokenizer) = tokenizer else { return };
    for text in [&*text, "a photo of a cat", "", "!?  \u{301}é 猫"] {
        let Ok(ids) = tokenizer.encode(text) else { continue };
        assert!(ids.len() <= window, "{} ids in a window of {window}", ids.len());
        assert!(kind & 3 > 1 || ids.iter().all(|&id| (id as usize) < tokenizer.vocab_size()), "{ids:?}");
    }
});
