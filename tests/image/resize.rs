//! Resizing against Pillow and torchvision.

use clip_wasm::image::{Backend, Resample, Window, resize};

use crate::{formula, records, sha256, sides};

#[test]
fn every_filter_gives_the_bytes_of_pillow_and_of_torchvision() {
    for (backend, file) in
        [(Backend::Pillow, "resize.json"), (Backend::Torchvision, "torchvision_resize.json")]
    {
        for record in records(file) {
            let (width, height) = sides(&record["to"]);
            let (from_width, from_height) = sides(&record["from"]);
            let resample = Resample::from_number(record["resample"].as_u64().unwrap()).unwrap();
            let whole = Window::whole(width, height);
            let resized =
                resize(backend, &formula(from_width, from_height), width, height, resample, &whole).unwrap();
            assert_eq!(sha256(resized.data()), record["rgb"].as_str().unwrap(), "{backend:?}: {record}");
        }
    }
}

#[test]
fn a_window_is_the_crop_of_the_whole() {
    let image = formula(97, 61);
    let methods = [(Backend::Pillow, 6), (Backend::Torchvision, 4)];
    for (backend, number) in
        methods.into_iter().flat_map(|(backend, count)| (0..count).map(move |n| (backend, n)))
    {
        let resample = Resample::from_number(number).unwrap();
        for (width, height) in [(40, 30), (97, 30), (40, 61), (97, 61), (200, 150)] {
            let window = Window { columns: width / 4..width / 2, rows: height / 3..height - 1 };
            let part = resize(backend, &image, width, height, resample, &window).unwrap();
            let whole =
                resize(backend, &image, width, height, resample, &Window::whole(width, height)).unwrap();
            let rows = whole.data().chunks_exact(width * 3).skip(window.rows.start).take(window.rows.len());
            let crop: Vec<u8> = rows
                .flat_map(|row| &row[window.columns.start * 3..window.columns.end * 3])
                .copied()
                .collect();
            assert_eq!(part.data(), crop, "{backend:?}, {resample:?} to {width} x {height}");
        }
    }
}
