//! The preprocessing of a file made by clip.cpp's converter, derived from the statistics that it stores.

use bytes::Bytes;
use serde_json::json;

use super::{FILE, IMAGE_MEAN, IMAGE_STD};
use crate::error::{Error, Result};
use crate::weights::container::gguf::Value;

/// A `preprocessor_config.json` of CLIP's kind for pictures of this size.
///
/// # Errors
/// `Config` if the statistics are not three numbers each.
pub fn preprocessing_json(size: usize, mean: Option<&Value>, std: Option<&Value>) -> Result<Bytes> {
    let colour = |key: &'static str, value: Option<&Value>| match value {
        Some(Value::Array(array)) => match array.to_floats() {
            Some(values) if values.len() == 3 => Ok(values),
            _ => {
                Err(Error::Config { file: FILE, key: key.to_owned(), problem: "is not three numbers".into() })
            }
        },
        _ => Err(Error::Config { file: FILE, key: key.to_owned(), problem: "is missing".into() }),
    };
    let preprocessing = json!({
        "do_resize": true, "size": { "shortest_edge": size }, "resample": 3,
        "do_center_crop": true, "crop_size": { "height": size, "width": size },
        "do_rescale": true, "rescale_factor": 1.0 / 255.0,
        "do_normalize": true,
        "image_mean": colour(IMAGE_MEAN, mean)?,
        "image_std": colour(IMAGE_STD, std)?,
    });
    Ok(preprocessing.to_string().into())
}
