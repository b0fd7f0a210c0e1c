//! Repositories whose models run here, for the errors that refuse others.

/// A small model for photographs, and the default.
pub(crate) const PHOTOGRAPHS: &str = "timm/PE-Core-S-16-384";
/// The same family with a vision tower of the usual size.
pub(crate) const BASE: &str = "timm/PE-Core-B-16";
/// The largest of this family that runs.
pub(crate) const LARGE: &str = "timm/PE-Core-L-14-336";
/// A model whose labels may be in many languages.
pub(crate) const MANY_LANGUAGES: &str = "google/siglip2-base-patch16-224";
/// A TinyCLIP whose blocks are all of one size, and about as good as those that are pruned block by block.
pub(crate) const TINY: &str = "wkcn/TinyCLIP-ViT-39M-16-Text-19M-YFCC15M";
/// The smallest MobileCLIP, whose text tower has no convolutions.
pub(crate) const MOBILE: &str = "timm/MobileCLIP2-S0-OpenCLIP";
