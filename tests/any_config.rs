//! Whole sessions from arbitrary small configs: each runs, or is refused by what is wrong with it. None panics.

mod support;

use support::any_clip::AnyClip;

/// Bytes that depend on a number alone.
fn bytes(seed: u32) -> Vec<u8> {
    let mut state = u64::from(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    let changes = usize::from(next() % 4);
    (0..1 + 2 * changes).map(|_| next()).collect()
}

#[test]
fn a_session_of_any_small_config_runs_or_is_refused() {
    let (mut ran, mut refused) = (0, std::collections::BTreeMap::<&str, usize>::new());
    for seed in 0..600 {
        let clip = AnyClip::of(&bytes(seed));
        match clip.run() {
            Ok(_) => ran += 1,
            Err(error) => {
                assert!(error.code() != "internal", "{clip:?}: {error}");
                *refused.entry(error.code()).or_default() += 1;
            }
        }
    }
    assert!(ran >= 100 && refused.values().sum::<usize>() >= 100, "{ran} ran, refused: {refused:?}");
}

#[test]
fn embeddings_of_any_length_run_in_every_type() {
    for quantized in [None, Some(clip_wasm::weights::Dtype::Q8_0), Some(clip_wasm::weights::Dtype::Q4_0)] {
        for projection_dim in [1, 2, 3, 4, 5, 31, 63, 65] {
            let clip = AnyClip { projection_dim, quantized, ..AnyClip::default() };
            let score = clip.run().unwrap_or_else(|error| panic!("{projection_dim} {quantized:?}: {error}"));
            assert!((0.5..=1.0).contains(&score), "{score}");
        }
    }
}

#[test]
fn sizes_that_cannot_run_are_refused_by_their_key() {
    let refused = |clip: AnyClip| clip.run().unwrap_err().to_string();
    let default = AnyClip::default;
    for (clip, key) in [
        (AnyClip { vision: [18, 32, 1, 3], ..default() }, "hidden_size"),
        (AnyClip { vision: [16, 32, 1, 3], ..default() }, "num_attention_heads"),
        (AnyClip { vision: [16, 32, 0, 2], ..default() }, "num_hidden_layers"),
        (AnyClip { text: [16, 30, 1, 2], ..default() }, "intermediate_size"),
        (AnyClip { image_size: 0, crop: 0, ..default() }, "image_size"),
        (AnyClip { patch_size: 0, ..default() }, "patch_size"),
        (AnyClip { patch_size: 3, ..default() }, "patch_size"),
        (AnyClip { context_length: 1, ..default() }, "max_position_embeddings"),
        (AnyClip { context_length: 2, ..default() }, "no room for text beside 2 special tokens"),
        (AnyClip { projection_dim: 0, ..default() }, "projection_dim"),
        (AnyClip { eos_token_id: 600, ..default() }, "eos_token_id"),
        (AnyClip { vocab_size: 64, eos_token_id: 2, ..default() }, "the table of 64 entries"),
        // Sixteen thousand pixels a side would be made before anybody saw that the model takes eight.
        (AnyClip { crop: 1 << 14, ..default() }, "gives 16384 x 16384 pixels, the model takes 8 x 8"),
    ] {
        let message = refused(clip.clone());
        assert!(message.contains(key), "{clip:?}: {message}");
    }
}
