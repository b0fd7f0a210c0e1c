//! Element types of stored tensors, and their numbers in GGUF files.

use candle_core::quantized::GgmlDType;

use crate::error::{Error, Result};

/// Bytes of a Q8_0 block of 32: an `f16` scale and 32 signed bytes.
pub const Q8_0_BYTES: usize = 34;
/// Bytes of a Q5_0 block of 32: an `f16` scale, 32 high bits, 32 nibbles.
pub const Q5_0_BYTES: usize = 22;
/// Bytes of a Q4_0 block of 32: an `f16` scale and 32 nibbles.
pub const Q4_0_BYTES: usize = 18;
/// Bytes of a Q6_K block of 256: 256 nibbles, 256 high pairs of bits, 16 byte scales, an `f16`.
pub const Q6K_BYTES: usize = 210;

/// How the values of a tensor are stored.
///
/// The quantized types are ggml's: blocks of consecutive values of a row that share a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Dtype {
    #[serde(rename = "f32")]
    F32,
    #[serde(rename = "f16")]
    F16,
    #[serde(rename = "bf16")]
    Bf16,
    /// 32 signed bytes and an f16 scale.
    #[serde(rename = "q8_0")]
    Q8_0,
    /// 256 values of 6 bits, 16 signed scales of 8 bits, and an f16 scale over those.
    #[serde(rename = "q6_k")]
    Q6K,
    /// 32 values of 5 bits and an f16 scale.
    #[serde(rename = "q5_0")]
    Q5_0,
    /// 32 values of 4 bits and an f16 scale.
    #[serde(rename = "q4_0")]
    Q4_0,
}

impl Dtype {
    /// The names [`Dtype::parse`] knows, for messages and for the command line's help.
    pub const ASKABLE: &'static str = "f32, f16, q8_0, q6_k, q5_0, q4_0";

    /// The types a tensor of a checkpoint may have, for messages.
    pub const READABLE: &'static str = "f32, f16, bf16, q8_0, q6_k, q5_0 or q4_0";

    /// The type a user asks for by name: one of [`Dtype::ASKABLE`], or `q8`, `q6`, `q5`, `q4` for short.
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "f32" => Ok(Self::F32),
            "f16" => Ok(Self::F16),
            "q8_0" | "q8" => Ok(Self::Q8_0),
            "q6_k" | "q6" => Ok(Self::Q6K),
            "q5_0" | "q5" => Ok(Self::Q5_0),
            "q4_0" | "q4" => Ok(Self::Q4_0),
            _ => Err(Error::UnknownDtype { found: name.to_owned(), expected: Self::ASKABLE }),
        }
    }

    /// The type's name, as GGUF tools spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::Q8_0 => "q8_0",
            Self::Q6K => "q6_k",
            Self::Q5_0 => "q5_0",
            Self::Q4_0 => "q4_0",
        }
    }

    /// How many consecutive values of a row are stored together.
    pub fn block_len(self) -> usize {
        match self {
            Self::F32 | Self::F16 | Self::Bf16 => 1,
            Self::Q8_0 | Self::Q5_0 | Self::Q4_0 => 32,
            Self::Q6K => 256,
        }
    }

    /// How many bytes one block takes.
    pub fn block_bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::Q8_0 => Q8_0_BYTES,
            Self::Q6K => Q6K_BYTES,
            Self::Q5_0 => Q5_0_BYTES,
            Self::Q4_0 => Q4_0_BYTES,
        }
    }

    /// Whether values are stored in blocks with a common scale.
    pub fn is_quantized(self) -> bool {
        self.block_len() > 1
    }

    /// The bytes of a tensor of `shape`, or `None` where the last axis is no whole number of blocks or the
    /// size overflows.
    pub fn bytes_of(self, shape: &[usize]) -> Option<usize> {
        if !shape.last().copied().unwrap_or(1).is_multiple_of(self.block_len()) {
            return None;
        }
        let elements = shape.iter().try_fold(1usize, |product, &axis| product.checked_mul(axis))?;
        (elements / self.block_len()).checked_mul(self.block_bytes())
    }

    /// The type's number in a GGUF file (`enum ggml_type`).
    pub fn ggml_id(self) -> u32 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Q4_0 => 2,
            Self::Q5_0 => 6,
            Self::Q8_0 => 8,
            Self::Q6K => 14,
            Self::Bf16 => 30,
        }
    }

    /// The type with this number in a GGUF file, or else the name of the type that is not read here.
    pub fn from_ggml_id(id: u32) -> std::result::Result<Self, String> {
        match id {
            0 => Ok(Self::F32),
            1 => Ok(Self::F16),
            2 => Ok(Self::Q4_0),
            6 => Ok(Self::Q5_0),
            8 => Ok(Self::Q8_0),
            14 => Ok(Self::Q6K),
            30 => Ok(Self::Bf16),
            _ => Err(refused_ggml_type(id)),
        }
    }

    /// The type as candle names it.
    pub fn to_candle(self) -> GgmlDType {
        match self {
            Self::F32 => GgmlDType::F32,
            Self::F16 => GgmlDType::F16,
            Self::Bf16 => GgmlDType::BF16,
            Self::Q8_0 => GgmlDType::Q8_0,
            Self::Q6K => GgmlDType::Q6K,
            Self::Q5_0 => GgmlDType::Q5_0,
            Self::Q4_0 => GgmlDType::Q4_0,
        }
    }
}

impl std::fmt::Display for Dtype {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What ggml calls a type this crate does not read (ggml.h, `enum ggml_type`).
fn refused_ggml_type(id: u32) -> String {
    let name = match id {
        3 => "q4_1",
        7 => "q5_1",
        9 => "q8_1",
        10 => "q2_k",
        11 => "q3_k",
        12 => "q4_k",
        13 => "q5_k",
        15 => "q8_k",
        24 => "i8",
        25 => "i16",
        26 => "i32",
        27 => "i64",
        28 => "f64",
        _ => return format!("ggml type {id}"),
    };
    name.to_owned()
}
