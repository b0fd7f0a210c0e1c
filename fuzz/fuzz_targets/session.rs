//! Any bytes as the sizes of a whole model, with weights and a tokenizer that go with them: it answers, or is refused by
//! what is wrong with it.
#![no_main]

#[path = "../../tests/support/any_clip.rs"]
mod any_clip;

/// What the models' prompts are cut with.
mod tiny_clip {
    pub const TOKENIZER: &[u8] = include_bytes!("../../tests/golden/tokenizer/tokenizer.json");
}

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Err(error) = any_clip::AnyClip::of(input).run() {
        assert!(error.code() != "internal", "{error}");
    }
});
