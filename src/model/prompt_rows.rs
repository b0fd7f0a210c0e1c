//! The rows that the text tower computes for some prompts: which of them attend to which, and which are read.

use crate::kernels::attention::AttentionMask;
use crate::weights::EndToken;

/// The rows of a pass through the text tower.
#[derive(Debug, Default)]
pub struct PromptRows {
    /// Each row's token and its position in its prompt.
    pub tokens: Vec<(u32, usize)>,
    /// What every row sees.
    pub all: AttentionMask,
    /// What the rows that are read see, in ascending order, each once.
    pub ends: AttentionMask,
    /// For each prompt the place of its row among `ends`.
    pub indices: Vec<u32>,
}

impl PromptRows {
    /// The rows of prompts whose every token sees its whole prompt, with the padding that stands in it. Each prompt
    /// has at least one token.
    ///
    /// Nothing is shared between prompts: what differs in one place differs everywhere after the first block.
    pub fn of_whole_prompts(prompts: &[Vec<u32>], end: EndToken) -> Self {
        let mut rows = Self::default();
        for (index, prompt) in prompts.iter().enumerate() {
            let first = rows.tokens.len() as u32;
            rows.tokens.extend(prompt.iter().enumerate().map(|(position, token)| (*token, position)));
            let seen = first..rows.tokens.len() as u32;
            let whole = rows.all.see(seen.clone());
            seen.clone().for_each(|row| rows.all.ask(row, whole));
            rows.ends.push(first + end_position(prompt, end) as u32, seen);
            rows.indices.push(index as u32);
        }
        rows
    }
}

/// Where a prompt's embedding is read. Position 0 if the end token is missing, as in transformers.
pub(super) fn end_position(prompt: &[u32], end: EndToken) -> usize {
    let first = |id: u32| prompt.iter().position(|token| *token == id).unwrap_or(0);
    match end {
        EndToken::HighestId => first(prompt.iter().copied().max().unwrap_or(0)),
        EndToken::FirstId(id) => first(id),
        EndToken::LastPosition => prompt.len() - 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_the_first_of_the_highest_ids_where_the_config_says_so() {
        assert_eq!(end_position(&[1, 9, 4, 9], EndToken::HighestId), 1);
        assert_eq!(end_position(&[1, 4, 4], EndToken::FirstId(9)), 0);
        assert_eq!(end_position(&[1, 9, 4], EndToken::LastPosition), 2);
    }

    #[test]
    fn whole_prompts_lie_side_by_side_and_are_read_where_their_end_is() {
        let rows = PromptRows::of_whole_prompts(&[vec![5, 6, 1], vec![7, 1]], EndToken::LastPosition);
        assert_eq!(rows.tokens, [(5, 0), (6, 1), (1, 2), (7, 0), (1, 1)]);
        assert_eq!((rows.all.queries(), rows.ends.queries()), (&[0, 1, 2, 3, 4][..], &[2, 4][..]));
        assert_eq!(rows.indices, [0, 1]);
        let rows = PromptRows::of_whole_prompts(&[vec![5, 9, 0], vec![9, 0, 0]], EndToken::HighestId);
        assert_eq!(rows.ends.queries(), [1, 3]);
    }
}
