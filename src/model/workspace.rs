//! The buffers of a forward pass, reused by the next one.

use std::sync::{Mutex, PoisonError};

use crate::kernels::matmul::Activations;

/// Buffers of a pass. Their contents have no meaning between two operations.
#[derive(Debug, Default)]
pub struct Workspace {
    /// The hidden states. `[rows, width]`
    pub x: Vec<f32>,
    /// What a tower makes of its input before the blocks.
    pub input: Vec<f32>,
    /// Query, key and value side by side. `[rows, 3 * width]`
    pub qkv: Vec<f32>,
    /// Attention's output. `[queries, width]`
    pub attended: Vec<f32>,
    /// What attention pools of each picture, before a projection. `[pictures, width]`
    pub pooled: Vec<f32>,
    /// The MLP's hidden layer, where its weights are not packed. `[queries, mlp_width]`
    pub hidden: Vec<f32>,
    /// The map that a layer or a block makes of another.
    pub next: Vec<f32>,
    /// What a convolution reads, with its border. `[channels / 4, side, side, 4]`
    pub planes: Vec<f32>,
    /// The operand of the product under way.
    pub codes: Activations,
    /// What it makes of it where that is the operand of the next.
    pub next_codes: Activations,
}

/// Workspaces for as many passes as run at the same time.
#[derive(Debug, Default)]
pub struct Workspaces(Mutex<Vec<Workspace>>);

impl Workspaces {
    /// Runs `pass` with a workspace of its own.
    pub fn with<T>(&self, pass: impl FnOnce(&mut Workspace) -> T) -> T {
        let mut workspace = self.lock().pop().unwrap_or_default();
        let result = pass(&mut workspace);
        self.lock().push(workspace);
        result
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Workspace>> {
        // Between two calls any contents will do, so a panic elsewhere did no harm.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The buffer's first `len` values, grown as needed.
pub fn sized(buffer: &mut Vec<f32>, len: usize) -> &mut [f32] {
    if buffer.len() < len {
        buffer.resize(len, 0.0);
    }
    &mut buffer[..len]
}
