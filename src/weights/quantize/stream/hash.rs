//! A SHA-256 whose state can be saved and restored.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Digest, Sha256};

/// The hash of the bytes so far.
#[derive(Clone, Debug, Default)]
pub struct SourceHash(Sha256);

impl SourceHash {
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finalize(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

impl Serialize for SourceHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&SerializableState::serialize(&self.0))
    }
}

impl<'de> Deserialize<'de> for SourceHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = <Vec<u8>>::deserialize(deserializer)?;
        let state = SerializedState::<Sha256>::try_from(bytes.as_slice()).map_err(D::Error::custom)?;
        let hash = <Sha256 as SerializableState>::deserialize(&state).map_err(D::Error::custom)?;
        Ok(Self(hash))
    }
}
