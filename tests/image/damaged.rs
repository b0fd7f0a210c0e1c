//! Files that are damaged or break the rules: Pillow's pixels, or a refusal where Pillow refuses.
//!
//! `tests/golden/images/damaged.py` makes them, a few of every kind.

use clip_wasm::Error;
use clip_wasm::image::decode;

use crate::{golden, records, sha256};

/// What is decoded though Pillow refuses it, as `docs/CORRECTNESS.md` says: bitfields of any masks.
const DECODED_HERE_ALONE: [&str; 3] = ["masks-40-16.bmp", "masks-64-16.bmp", "masks-124-16.bmp"];

#[test]
fn damaged_and_unusual_files_are_what_the_reference_makes_of_them() {
    let mut wrong = Vec::new();
    for record in records("damaged.json") {
        let name = record["name"].as_str().unwrap();
        let decoded = decode(&std::fs::read(golden("damaged").join(name)).unwrap());
        let fits = match (&decoded, record["refused"].is_string()) {
            (Ok(_), true) => DECODED_HERE_ALONE.contains(&name),
            (Err(Error::ImageDecode { .. }), refused) => refused,
            (Err(_), _) => false,
            (Ok(decoded), false) => {
                let (width, height) = (decoded.image.width(), decoded.image.height());
                (Some(width as u64), Some(height as u64))
                    == (record["width"].as_u64(), record["height"].as_u64())
                    && sha256(decoded.image.data()) == record["rgb"]
            }
        };
        if !fits {
            let found = decoded.map(|decoded| (decoded.image.width(), decoded.image.height()));
            wrong.push(format!("{name}: {found:?}, the reference has {record}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the decoder says of a file.
fn refusal(name: &str) -> String {
    match decode(&std::fs::read(golden("damaged").join(name)).unwrap()) {
        Err(Error::ImageDecode { reason }) => reason,
        other => panic!("{name} gave {other:?}"),
    }
}

#[test]
fn a_refusal_says_what_was_found() {
    for (name, said) in [
        ("masks-64-1.bmp", "compression 3 of 1 bits"),
        ("palette-300.bmp", "palette of 300 colours"),
        ("cut.jpg", "the file ends before its picture does"),
        ("marker-33.jpg", "marker 33"),
        ("header-checksum.png", "checksum of IHDR"),
        ("cut.png", "its pixels end too early"),
        ("cut.gif", "it ends within its first frame"),
        ("other-canvas.webp", "24 x 16 pixels on a canvas of 26 x 16"),
    ] {
        let reason = refusal(name);
        assert!(reason.contains(said), "{name}: {reason}");
    }
}

/// Files of a folder with inputs that failed before, where it is there.
#[test]
fn inputs_that_failed_are_decoded_or_refused_by_name() {
    let folder = golden("").join("../../../../shared/faults");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: {} is not there", folder.display());
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !["bmp", "gif", "jpg", "png", "webp"].iter().any(|extension| name.ends_with(extension)) {
            continue;
        }
        let refused = ["os2_huffman1d.bmp", "pal1hufflsb.bmp"].contains(&name.as_str());
        let decoded = decode(&std::fs::read(&path).unwrap());
        assert_eq!(decoded.is_err(), refused, "{name}: {:?}", decoded.map(|decoded| decoded.format));
    }
}
