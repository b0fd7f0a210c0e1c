//! Pictures: encoded bytes in, the pixels the vision tower sees out.
