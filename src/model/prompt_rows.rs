//! What the text tower computes of some prompts: its rows, who sees whom, and which rows are read.

use crate::kernels::attention::Reach;

/// The rows of a pass through the text tower.
#[derive(Debug, Default)]
pub struct PromptRows {
    /// Each row's token and its position in its prompt.
    pub tokens: Vec<(u32, usize)>,
    /// What every row sees.
    pub all: Reach,
    /// What the rows that are read see, in ascending order, each once.
    pub ends: Reach,
    /// For each prompt the place of its row among `ends`.
    pub indices: Vec<u32>,
}

impl PromptRows {
    /// The rows of prompts whose every token sees its whole prompt, with the padding that stands in it; read at the
    /// last position. Each prompt has at least one token.
    ///
    /// Nothing is shared between prompts: what differs in one place differs everywhere after the first block.
    pub fn of_whole_prompts(prompts: &[Vec<u32>]) -> Self {
        let mut rows = Self::default();
        for (index, prompt) in prompts.iter().enumerate() {
            let first = rows.tokens.len() as u32;
            rows.tokens.extend(prompt.iter().enumerate().map(|(position, token)| (*token, position)));
            let seen = first..rows.tokens.len() as u32;
            seen.clone().for_each(|row| rows.all.push(row, seen.clone()));
            rows.ends.push(seen.end - 1, seen);
            rows.indices.push(index as u32);
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_prompts_lie_side_by_side_and_are_read_at_their_last_position() {
        let rows = PromptRows::of_whole_prompts(&[vec![5, 6, 1], vec![7, 1]]);
        assert_eq!(rows.tokens, [(5, 0), (6, 1), (1, 2), (7, 0), (1, 1)]);
        assert_eq!((rows.all.queries(), rows.ends.queries()), (&[0, 1, 2, 3, 4][..], &[2, 4][..]));
        assert_eq!(rows.indices, [0, 1]);
    }
}
