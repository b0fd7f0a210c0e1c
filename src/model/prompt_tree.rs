//! Prompts as a tree: those that begin alike share their work.
//!
//! The text tower is causal, so a token's hidden state depends on nothing after it. Two prompts with a
//! common prefix have the same states along it, and "a photo of a cat" and "a photo of a dog" cost
//! five tokens and two, not seven each. What stands after the end token is never computed.

use std::collections::HashMap;

use super::prompt_rows::{PromptRows, end_position};
use crate::kernels::attention::{AttentionMask, Span};
use crate::weights::EndToken;

/// The unique prefixes of some prompts, each a node with its last token.
#[derive(Debug, Default)]
pub struct PromptTree {
    tokens: Vec<u32>,
    /// A node's position in its prompt.
    depths: Vec<u32>,
    /// The node before, or the node itself at the start.
    parents: Vec<u32>,
    /// For each prompt the node of its end token.
    ends: Vec<u32>,
    children: HashMap<(Option<u32>, u32), u32>,
}

impl PromptTree {
    /// The tree of `prompts`, each a non-empty list of token ids.
    pub fn new<'a>(prompts: impl IntoIterator<Item = &'a [u32]>, end: EndToken) -> Self {
        let mut tree = Self::default();
        for prompt in prompts {
            tree.push(prompt, end);
        }
        tree
    }

    /// Adds a prompt, up to its end token.
    pub fn push(&mut self, prompt: &[u32], end: EndToken) {
        let mut node = None;
        for token in &prompt[..=end_position(prompt, end)] {
            let next = self.tokens.len() as u32;
            let child = *self.children.entry((node, *token)).or_insert(next);
            if child == next {
                self.tokens.push(*token);
                self.depths.push(node.map_or(0, |parent| self.depths[parent as usize] + 1));
                self.parents.push(node.unwrap_or(next));
            }
            node = Some(child);
        }
        self.ends.extend(node);
    }

    /// How many nodes there are: the rows of a forward pass.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is no prompt.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The nodes as rows of a pass, read at the end tokens.
    pub fn rows(&self) -> PromptRows {
        let ends = self.unique_ends();
        let tokens = self.tokens.iter().zip(&self.depths);
        PromptRows {
            tokens: tokens.map(|(token, depth)| (*token, *depth as usize)).collect(),
            all: self.mask_of(0..self.len() as u32),
            indices: self.end_indices(&ends),
            ends: self.mask_of(ends.into_iter()),
        }
    }

    /// The nodes of end tokens, ascending, each once.
    fn unique_ends(&self) -> Vec<u32> {
        let mut ends = self.ends.clone();
        ends.sort_unstable();
        ends.dedup();
        ends
    }

    /// For each prompt, where its end stands among `unique`, the [`Self::unique_ends`].
    fn end_indices(&self, unique: &[u32]) -> Vec<u32> {
        self.ends.iter().map(|end| unique.partition_point(|other| other < end) as u32).collect()
    }

    /// Attention of `nodes`, which ascend, over their ancestors and themselves, in the order of the prompt.
    ///
    /// A path is there once: what a node on it sees is its beginning.
    fn mask_of(&self, nodes: impl DoubleEndedIterator<Item = u32> + Clone) -> AttentionMask {
        let mut mask = AttentionMask::default();
        let mut seen: Vec<Option<Span>> = vec![None; self.len()];
        // A node's number is higher than that of every node before it, so that the longest paths come first.
        for node in nodes.clone().rev() {
            if seen[node as usize].is_some() {
                continue;
            }
            let path = self.path(node);
            let whole = mask.see(path.iter().copied());
            for (place, node) in path.into_iter().enumerate() {
                seen[node as usize].get_or_insert(whole.first(place + 1));
            }
        }
        nodes
            .filter_map(|node| Some((node, seen[node as usize]?)))
            .for_each(|(node, sees)| mask.ask(node, sees));
        mask
    }

    /// The nodes from the beginning of the prompt to `node`.
    fn path(&self, node: u32) -> Vec<u32> {
        let mut path = vec![node];
        let mut at = node;
        while self.parents[at as usize] != at {
            at = self.parents[at as usize];
            path.push(at);
        }
        path.reverse();
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: EndToken = EndToken::FirstId(9);

    fn tree(prompts: &[&[u32]]) -> PromptTree {
        PromptTree::new(prompts.iter().copied(), END)
    }

    #[test]
    fn prompts_share_their_common_prefix() {
        let tree = tree(&[&[1, 5, 6, 9], &[1, 5, 7, 9], &[1, 5, 6, 9]]);
        assert_eq!(tree.len(), 6);
        assert_eq!(tree.unique_ends(), [3, 5]);
        assert_eq!(tree.end_indices(&tree.unique_ends()), [0, 1, 0]);
    }

    #[test]
    fn nothing_after_the_end_token_is_computed() {
        assert_eq!(tree(&[&[1, 5, 9, 0, 0, 9]]).len(), 3);
    }

    #[test]
    fn a_node_sees_its_ancestors_in_the_order_of_the_prompt() {
        let tree = tree(&[&[1, 5, 6, 9], &[1, 5, 7, 9]]);
        assert_eq!(tree.rows().tokens[4], (7, 2));
        assert_eq!(tree.mask_of([5].into_iter()).queries(), [5]);
        assert_eq!(tree.path(5), [0, 1, 4, 5]);
    }

    #[test]
    fn what_the_nodes_see_grows_with_the_prompts_not_with_their_square() {
        let long: Vec<u32> = (0..2047).map(|token| 10 + token).chain([9]).collect();
        let rows = tree(&[&long, &[10, 11, 12, 9]]).rows();
        assert_eq!((rows.all.len(), rows.ends.len()), (2048 + 4, 2048 + 4));
    }
}
