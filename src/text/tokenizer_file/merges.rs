//! The merges of a byte-pair `tokenizer.json`, in either of the forms that files have.

use serde::{Deserialize, Deserializer, de};

/// Two tokens that join: `["a", "b"]`, or `"a b"` in files from before 2024.
pub struct Merge {
    pub left: String,
    pub right: String,
}

impl<'de> Deserialize<'de> for Merge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(MergeVisitor)
    }
}

/// Reads either form without a copy in between, as an untagged enum would make.
struct MergeVisitor;

impl<'de> de::Visitor<'de> for MergeVisitor {
    type Value = Merge;

    fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str("a merge of two tokens")
    }

    fn visit_str<E: de::Error>(self, merge: &str) -> std::result::Result<Merge, E> {
        match merge.split_once(' ') {
            Some((left, right)) => Ok(Merge { left: left.to_owned(), right: right.to_owned() }),
            None => Err(E::invalid_value(de::Unexpected::Str(merge), &self)),
        }
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Merge, A::Error> {
        let left = seq.next_element()?.ok_or_else(|| de::Error::invalid_length(0, &self))?;
        let right = seq.next_element()?.ok_or_else(|| de::Error::invalid_length(1, &self))?;
        Ok(Merge { left, right })
    }
}
