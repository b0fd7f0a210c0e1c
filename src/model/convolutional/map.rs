//! What goes from layer to layer.

/// A square map whose channels lie side by side.
#[derive(Debug)]
pub struct Map {
    pub side: usize,
    pub channels: usize,
    /// `[side, side, channels]`
    pub values: Vec<f32>,
}

impl Map {
    /// Exchanges the values for those in a buffer, whose first ones are the map's; it gets those of before.
    pub fn replace(&mut self, side: usize, channels: usize, buffer: &mut Vec<f32>) {
        std::mem::swap(&mut self.values, buffer);
        self.values.truncate(side * side * channels);
        (self.side, self.channels) = (side, channels);
    }
}
