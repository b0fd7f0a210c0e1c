//! Each step of the first block against PyTorch's, in f32.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{Device, Tensor};

use super::*;
use crate::model::text::TextTower;
use crate::weights::{Checkpoint, ClipConfig};

/// The largest difference allowed, as a share of the largest value of the step. Both sides add the
/// same few hundred f32 products in different orders; 2e-5 is some twenty times what that was seen
/// to give.
const TOLERANCE: f32 = 2e-5;

struct Golden {
    tensors: HashMap<String, Tensor>,
    tower: &'static str,
}

impl Golden {
    fn step(&self, name: &str) -> Vec<f32> {
        let tensor = &self.tensors[&format!("{}.{name}", self.tower)];
        tensor.flatten_all().and_then(|flat| flat.to_vec1()).expect("f32 goldens")
    }

    fn assert_step(&self, name: &str, ours: &[f32]) {
        let truth = self.step(name);
        assert_eq!(ours.len(), truth.len(), "{name}");
        let largest = truth.iter().fold(0f32, |largest, value| largest.max(value.abs()));
        for (i, (a, b)) in ours.iter().zip(&truth).enumerate() {
            assert!((a - b).abs() <= TOLERANCE * largest, "{} {name} at {i}: {a} for {b}", self.tower);
        }
    }
}

/// Every third of `[rows, 3 * width]`.
fn thirds(qkv: &[f32], width: usize) -> [Vec<f32>; 3] {
    [0, 1, 2].map(|part| qkv.chunks(width).skip(part).step_by(3).flatten().copied().collect())
}

fn check_block(golden: &Golden, block: &Block, width: usize) {
    let mut workspace = Workspace::default();
    let codes = &mut workspace.codes;
    let mut x = golden.step("hidden0");
    let rows = x.len() / width;
    let mut normal = vec![0.0; x.len()];
    block.attention_norm.apply(&x, &mut normal);
    golden.assert_step("block0.ln1", &normal);

    let mut qkv = vec![0.0; 3 * x.len()];
    block.qkv.forward(Rows::Plain(&normal), codes, Epilogue::default(), &mut qkv).expect("valid shapes");
    for (name, part) in ["q", "k", "v"].iter().zip(thirds(&qkv, width)) {
        golden.assert_step(&format!("block0.{name}"), &part);
    }

    let mut mask = AttentionMask::default();
    for row in 0..rows as u32 {
        let seen = if golden.tower == "text" { row + 1 } else { rows as u32 };
        mask.push(row, 0..seen);
    }
    let mut attended = vec![0.0; x.len()];
    attend(&qkv, block.heads, width, &mask, &mut attended);
    golden.assert_step("block0.attn", &attended);

    let residual = Epilogue { add_to_output: true, ..Epilogue::default() };
    block.out.forward(Rows::Plain(&attended), codes, residual, &mut x).expect("valid shapes");
    golden.assert_step("block0.residual", &x);
    block.mlp.norm.apply(&x, &mut normal);
    golden.assert_step("block0.ln2", &normal);
    let mut hidden = vec![0.0; rows * block.mlp.expand.columns()];
    let activate = Epilogue { activation: Some(block.mlp.activation), ..Epilogue::default() };
    block.mlp.expand.forward(Rows::Plain(&normal), codes, activate, &mut hidden).expect("valid shapes");
    golden.assert_step("block0.act", &hidden);
    block.mlp.contract.forward(Rows::Plain(&hidden), codes, residual, &mut x).expect("valid shapes");
    golden.assert_step("hidden1", &x);
}

#[test]
fn each_step_of_a_block_agrees_with_pytorch() {
    for name in ["quick-gelu", "gelu", "gelu-tanh"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models").join(name);
        let expected = folder.join("expected.safetensors");
        let mut checkpoint = Checkpoint::open(&folder).expect("a golden checkpoint");
        let ClipConfig { vision, text, .. } = checkpoint.config.clone();
        for (tower, config) in [("vision", vision), ("text", text)] {
            let tensors = candle_core::safetensors::load(&expected, &Device::Cpu).expect("goldens");
            let block = Block::load(&mut checkpoint.tensors, &format!("{}.blk.0", &tower[..1]), &config);
            check_block(&Golden { tensors, tower }, &block.expect("a block"), config.width);
        }
    }
}

#[test]
fn prompts_have_two_digits_where_their_family_or_depth_needs_them() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models");
    for (file, digits) in [("perception-encoder/PE-Tiny.pt", Digits::Two), ("gelu", Digits::One)] {
        let mut checkpoint = Checkpoint::open(&models.join(file)).expect("a golden model");
        let tower = TextTower::load(&mut checkpoint.tensors, &checkpoint.config).expect("its text tower");
        for Block { qkv, out, mlp, .. } in &tower.encoder.blocks {
            let found = [qkv, out, &mlp.contract].map(Linear::digits);
            assert_eq!((found, mlp.expand.digits()), ([digits; 3], Digits::One), "{file}");
        }
        let mut deep = checkpoint.config;
        deep.text.layers = 24;
        assert_eq!(deep.prompt_digits(), Digits::Two, "{file} with 24 layers");
    }
}
