//! Damaged and hostile files: an error or a picture, and never a panic or a large allocation.

use clip_wasm::Error;
use clip_wasm::image::{MAX_PIXELS, Preprocessing, Rgb8, decode};

use crate::{damaged, files, golden};

/// The next number of a xorshift generator.
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 16) as usize
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(golden("files").join(name)).unwrap()
}

/// `decode`'s answer where any answer will do but a panic.
fn survives(bytes: &[u8]) {
    match decode(bytes) {
        Ok(decoded) => {
            let pixels = decoded.image.width() * decoded.image.height();
            assert_eq!(decoded.image.data().len(), pixels * 3);
        }
        Err(
            Error::ImageDecode { .. }
            | Error::ImageFormat { .. }
            | Error::ImageShape { .. }
            | Error::ImageTooLarge { .. },
        ) => {}
        Err(other) => panic!("unexpected kind of error: {other}"),
    }
}

#[test]
fn truncated_files_are_survived() {
    for (_, bytes) in files().chain(damaged()) {
        let step = (bytes.len() / 60).max(1);
        for len in (0..bytes.len()).step_by(step).chain(0..bytes.len().min(64)) {
            survives(&bytes[..len]);
        }
    }
}

#[test]
fn a_file_cut_in_half_is_an_error() {
    for name in ["png-rgb", "jpeg-420", "jpeg-progressive-420", "webp-lossy", "webp-lossless", "bmp-rgb"] {
        let bytes = file(name);
        match decode(&bytes[..bytes.len() / 2]) {
            Err(Error::ImageDecode { .. }) => {}
            other => panic!("{name} gave {other:?}"),
        }
    }
}

#[test]
fn changed_bytes_are_survived() {
    let mut state = 0x2545_f491_4f6c_dd1d;
    for (_, bytes) in files().chain(damaged()) {
        for _ in 0..40 {
            let mut damaged = bytes.clone();
            for _ in 0..=next(&mut state) % 4 {
                let at = next(&mut state) % damaged.len();
                damaged[at] = next(&mut state) as u8;
            }
            survives(&damaged);
        }
    }
}

#[test]
fn changed_headers_are_survived() {
    let mut state = 0x9e37_79b9_7f4a_7c15;
    for (_, bytes) in files() {
        for at in 0..bytes.len().min(120) {
            for value in [0, 0xff, next(&mut state) as u8] {
                let mut damaged = bytes.clone();
                damaged[at] = value;
                survives(&damaged);
            }
        }
    }
}

/// `bytes` with a number written over it.
fn with(mut bytes: Vec<u8>, at: usize, number: &[u8]) -> Vec<u8> {
    bytes[at..at + number.len()].copy_from_slice(number);
    bytes
}

/// A PNG whose header says `side` x `side`, checksum included.
fn png_of_side(side: u32) -> Vec<u8> {
    let header = [b"IHDR".as_slice(), &side.to_be_bytes(), &side.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let checksum = crc32(&header);
    let png = with(file("png-rgb"), 12, &header);
    with(png, 12 + header.len(), &checksum.to_be_bytes())
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 })
    })
}

/// The offset of a JPEG's height in its frame header.
fn jpeg_height_at(bytes: &[u8]) -> usize {
    bytes.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap() + 5
}

#[test]
fn huge_pictures_are_refused_before_they_are_decoded() {
    let jpeg = file("jpeg-420");
    let at = jpeg_height_at(&jpeg);
    let bmp_side = 1_000_000u32.to_le_bytes();
    let cases = [
        ("PNG", png_of_side(200_000)),
        ("JPEG", with(jpeg, at, &[0xf0, 0, 0xf0, 0])),
        ("BMP", with(with(file("bmp-rgb"), 18, &bmp_side), 22, &bmp_side)),
        ("GIF", with(file("gif-gif"), 6, &[0xff; 4])),
    ];
    for (kind, bytes) in cases {
        match decode(&bytes) {
            Err(Error::ImageTooLarge { width, height, max_pixels }) => {
                assert!(width * height > max_pixels && max_pixels == MAX_PIXELS, "{kind}");
            }
            other => panic!("{kind} gave {other:?}"),
        }
    }
}

/// A BMP of one bit a pixel, all of it black.
fn black_bmp(width: u32, height: u32) -> Vec<u8> {
    let row_len = width.div_ceil(32) * 4;
    let mut file = b"BM\0\0\0\0\0\0\0\0".to_vec();
    for number in [62, 40, width, height, 1 | 1 << 16, 0, 0, 0, 0, 0, 0, 0, 0x00ff_ffff] {
        file.extend_from_slice(&number.to_le_bytes());
    }
    file.resize(file.len() + (row_len * height) as usize, 0);
    file
}

/// Squashing to an exact size once kept a few weights for each of the long side's pixels, more than the picture.
#[test]
fn the_longest_pictures_are_squashed_to_an_exact_size() {
    let record = serde_json::json!({
        "image_processor_type": "SiglipImageProcessor", "size": {"height": 32, "width": 32}, "resample": 3,
    });
    let preprocessing = Preprocessing::from_json(record.to_string().as_bytes()).unwrap();
    for (width, height) in [(1, 20_000_000), (20_000_000, 1)] {
        let image = decode(&black_bmp(width, height)).unwrap().image;
        let pixels = preprocessing.apply(&image).unwrap();
        assert!(pixels.data.iter().all(|&value| value == pixels.data[0]), "{width} x {height}");
    }
}

/// torchvision narrows or widens all rows first, so that a tall picture would become a huge one on the way to a small one.
#[test]
fn a_tall_picture_that_torchvision_would_widen_first_is_refused_before_it_is() {
    let record = serde_json::json!({
        "image_processor_type": "SiglipImageProcessorFast", "size": {"height": 32, "width": 32}, "resample": 3,
    });
    let preprocessing = Preprocessing::from_json(record.to_string().as_bytes()).unwrap();
    let resized = |width, height| preprocessing.apply(&decode(&black_bmp(width, height)).unwrap().image);
    match resized(1, 20_000_000) {
        Err(Error::ImageTooLarge { width: 32, height: 20_000_000, .. }) => {}
        other => panic!("{:?}", other.map(|pixels| (pixels.width, pixels.height))),
    }
    for (width, height) in [(20_000_000, 1), (2, 100_000)] {
        let pixels = resized(width, height).unwrap();
        assert!(pixels.data.iter().all(|&value| value == pixels.data[0]), "{width} x {height}");
    }
}

#[test]
fn pictures_without_pixels_are_refused() {
    let gif = file("gif-gif");
    let frame = gif.windows(5).position(|bytes| bytes == b",\0\0\0\0").unwrap();
    for (kind, bytes) in [("BMP", with(file("bmp-rgb"), 18, &[0; 4])), ("GIF", with(gif, frame + 5, &[0; 4]))]
    {
        match decode(&bytes) {
            Err(Error::ImageShape { .. } | Error::ImageDecode { .. }) => {}
            other => panic!("{kind} gave {other:?}"),
        }
    }
    assert!(matches!(Rgb8::new(0, 3, Vec::new()), Err(Error::ImageShape { .. })));
    assert!(matches!(Rgb8::new(2, 3, vec![0; 17]), Err(Error::ImageShape { .. })));
    assert!(matches!(Rgb8::from_rgba(2, 3, &[0; 18]), Err(Error::ImageShape { .. })));
    assert!(matches!(Rgb8::new(usize::MAX, usize::MAX, Vec::new()), Err(Error::ImageTooLarge { .. })));
}

#[test]
fn formats_that_are_not_decoded_are_named() {
    let cases: [(&str, &[u8]); 9] = [
        ("AVIF", b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf"),
        ("AVIF", b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf"),
        ("HEIC", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
        ("TIFF", b"II*\0\x08\0\0\0"),
        ("TIFF", b"MM\0*\0\0\0\x08"),
        ("JPEG XL", b"\xff\x0a\xfa\x7f"),
        ("SVG", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
        ("SVG", b"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<!-- drawn --><svg/>"),
        ("PDF", b"%PDF-1.7"),
    ];
    for (name, bytes) in cases {
        match decode(bytes) {
            Err(Error::ImageFormat { format }) => assert_eq!(format, name),
            other => panic!("{name} gave {other:?}"),
        }
    }
}

#[test]
fn what_is_no_image_is_an_error() {
    for bytes in [b"".as_slice(), b"x", b"hello, world", &[0; 4096], b"<html></html>", b"\0\0\0\x08ftyp"] {
        assert!(matches!(decode(bytes), Err(Error::ImageDecode { .. })), "{bytes:02x?}");
    }
}

#[test]
fn a_git_lfs_pointer_in_place_of_a_picture_is_told_with_what_to_do() {
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12345\n";
    let error = decode(pointer).unwrap_err();
    assert!(error.code() == "image-decode" && error.to_string().contains("git lfs pull"), "{error}");
}
