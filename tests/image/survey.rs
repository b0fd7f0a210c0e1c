//! Several hundred images that `tests/golden/images/survey.py` made, compared with what it wrote beside them.
//!
//! Not part of the daily run: the script needs Pillow and transformers, and says how to run it.

use std::collections::BTreeMap;
use std::path::Path;

use clip_wasm::image::{Backend, Preprocessing, Resample, Size, decode};
use clip_wasm::kernels::resample::Filter;

/// What was seen of one kind of image.
#[derive(Default)]
struct Seen {
    images: usize,
    samples: u64,
    /// Sum and maximum of the absolute differences of decoded samples.
    total: u64,
    largest: u8,
    /// Images with a preprocessed value of other bits.
    other_pixels: usize,
    /// Images of which torchvision's pixels have other bits, or its square.
    other_torchvision: usize,
}

#[test]
#[ignore = "needs a folder made by tests/golden/images/survey.py in CLIP_WASM_SURVEY"]
fn the_survey_finds_no_difference() {
    let folder = std::env::var("CLIP_WASM_SURVEY").expect("CLIP_WASM_SURVEY names the folder");
    let mut kinds: BTreeMap<String, Seen> = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some() {
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap();
        let kind = if name.starts_with("photo") { "photo" } else { name.rsplit_once('~').unwrap().0 };
        compare(&path, kinds.entry(kind.to_owned()).or_default());
    }
    println!(
        "{:36} {:>6} {:>7} {:>9} {:>13} {:>12}",
        "kind", "images", "largest", "mean", "other pixels", "torchvision"
    );
    for (kind, seen) in &kinds {
        let mean = seen.total as f64 / seen.samples as f64;
        let Seen { images, largest, other_pixels, other_torchvision, .. } = seen;
        println!("{kind:36} {images:6} {largest:7} {mean:9.5} {other_pixels:13} {other_torchvision:12}");
    }
    println!("{} images", kinds.values().map(|seen| seen.images).sum::<usize>());
    assert!(kinds.values().all(|seen| seen.largest == 0 && seen.other_pixels + seen.other_torchvision == 0));
}

fn compare(path: &Path, seen: &mut Seen) {
    let expected = std::fs::read(path.with_added_extension("expected")).unwrap();
    let image = decode(&std::fs::read(path).unwrap()).unwrap().image;
    let size = [image.width() as u32, image.height() as u32].map(u32::to_le_bytes).concat();
    assert_eq!(size, expected[..8], "{}: size", path.display());
    let (rgb, pixels) = expected[8..].split_at(image.data().len());
    let differences = image.data().iter().zip(rgb).map(|(ours, theirs)| ours.abs_diff(*theirs));
    seen.images += 1;
    seen.samples += rgb.len() as u64;
    seen.total += differences.clone().map(u64::from).sum::<u64>();
    seen.largest = seen.largest.max(differences.max().unwrap_or(0));
    let ours = Preprocessing::default().apply(&image).unwrap().data;
    let same = ours.iter().flat_map(|value| value.to_le_bytes()).eq(pixels.iter().copied());
    seen.other_pixels += usize::from(!same);
    let torchvision = Preprocessing::default().with_backend(Backend::Torchvision).unwrap();
    let bilinear = (Size::Exact { height: 224, width: 224 }, Resample::Filter(Filter::Bilinear));
    let square = Preprocessing { resize: Some(bilinear), ..torchvision.clone() };
    let ours = [torchvision, square].into_iter().flat_map(|steps| steps.apply(&image).unwrap().data);
    let theirs = std::fs::read(path.with_added_extension("torchvision")).unwrap();
    let same = ours.flat_map(f32::to_le_bytes).eq(theirs);
    seen.other_torchvision += usize::from(!same);
}
