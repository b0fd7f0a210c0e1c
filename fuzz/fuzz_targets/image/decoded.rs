//! What every image target does with a file.

use clip_wasm::image::decode;

/// Decodes a file, whose samples are then as many as its sides say.
pub fn decoded(file: &[u8]) {
    if let Ok(decoded) = decode(file) {
        let pixels = decoded.image.width() * decoded.image.height();
        assert_eq!(decoded.image.data().len(), pixels * 3);
        assert!((1..=8).contains(&decoded.orientation));
    }
}
