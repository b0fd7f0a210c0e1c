//! Which rows attend to which: the mask of images, prompts and trees of prompts.

use std::ops::Range;

/// Which rows each query attends to, and in which order their values are added.
///
/// One list serves whole images (each row sees all rows) and trees of prompts (each row sees its
/// ancestors and itself).
///
/// What several queries see is there once, so that the memory grows with the rows, not with their square.
#[derive(Clone, Debug, Default)]
pub struct AttentionMask {
    pub(super) queries: Vec<u32>,
    /// Where in `keys` the rows lie that each query sees.
    spans: Vec<Span>,
    keys: Vec<u32>,
}

/// Rows of an [`AttentionMask`] that queries may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    start: usize,
    end: usize,
}

impl Span {
    /// The first `count` of these rows; all if there are no more.
    pub fn first(self, count: usize) -> Self {
        Self { end: self.end.min(self.start + count), ..self }
    }
}

impl AttentionMask {
    /// Adds rows that queries may see, in the order in which their values are added.
    pub fn see(&mut self, rows: impl IntoIterator<Item = u32>) -> Span {
        let start = self.keys.len();
        self.keys.extend(rows);
        Span { start, end: self.keys.len() }
    }

    /// Adds a query: the row it stands in, and what it sees of the rows added before.
    ///
    /// # Panics
    /// If that is no row at all.
    pub fn ask(&mut self, query: u32, sees: Span) {
        assert!(sees.start < sees.end && sees.end <= self.keys.len(), "a query sees at least one row");
        self.queries.push(query);
        self.spans.push(sees);
    }

    /// Adds a query and the rows that it alone sees.
    ///
    /// # Panics
    /// If there are none.
    pub fn push(&mut self, query: u32, keys: impl IntoIterator<Item = u32>) {
        let sees = self.see(keys);
        self.ask(query, sees);
    }

    /// A sequence of `length` rows, in which every row of `queries` sees all of it.
    pub fn whole(length: usize, queries: Range<usize>) -> Self {
        let mut mask = Self::default();
        let all = mask.see(0..length as u32);
        queries.for_each(|query| mask.ask(query as u32, all));
        mask
    }

    /// This mask for `copies` sequences one after the other, of `rows` rows each: every one sees its own rows only.
    pub fn repeated(&self, copies: usize, rows: usize) -> Self {
        let mut mask = Self::default();
        for copy in 0..copies {
            let (first_row, first_key) = ((copy * rows) as u32, mask.keys.len());
            mask.queries.extend(self.queries.iter().map(|query| first_row + query));
            let shifted = |span: &Span| Span { start: first_key + span.start, end: first_key + span.end };
            mask.spans.extend(self.spans.iter().map(shifted));
            mask.keys.extend(self.keys.iter().map(|key| first_row + key));
        }
        mask
    }

    /// Rows that see nothing but themselves, so that attention gives each its own value.
    pub fn each_alone(rows: Range<usize>) -> Self {
        let mut mask = Self::default();
        for row in rows {
            mask.push(row as u32, [row as u32]);
        }
        mask
    }

    /// The rows that ask, in order: row `i` of the output belongs to `queries()[i]`.
    pub fn queries(&self) -> &[u32] {
        &self.queries
    }

    /// How many entries the lists of rows have in all, for those who bound memory.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no query sees anything.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Runs of `queries`, one after the other, that see beginnings of one list.
    pub(super) fn alike(&self, queries: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let mut at = queries.start;
        let runs = self.spans[queries].chunk_by(|one, other| one.start == other.start);
        runs.map(move |run| {
            at += run.len();
            at - run.len()..at
        })
    }

    /// The rows that the query at `index` sees.
    pub(super) fn keys(&self, index: usize) -> &[u32] {
        let Span { start, end } = self.spans[index];
        &self.keys[start..end]
    }
}
