//! `embed`: prints the projected embeddings of pictures and texts.

use std::path::PathBuf;

use clip_wasm::image::Backend;
use clip_wasm::{Error, Result};
use serde::Serialize;

use super::in_file;
use crate::args::Model;
use crate::pictures::{self, Unreadable};
use crate::{model, output};

/// A picture's embedding, or why it has none: at the place of the picture.
#[derive(Serialize)]
#[serde(untagged)]
enum Row {
    Embedding(Vec<f32>),
    Unreadable(Unreadable),
}

#[derive(Serialize)]
struct Embeddings {
    /// The pictures, in the order of their embeddings.
    images: Vec<String>,
    image_embeds: Vec<Row>,
    /// Whose pixels the pictures were embedded from.
    preprocessor: Backend,
    text_embeds: Vec<Vec<f32>>,
}

pub fn run(model: &Model, images: &[PathBuf], texts: &[String], json: bool) -> Result<usize> {
    let mut session = model::session(&model.model, model.pixels())?;
    // What is wrong with a text is known before any picture is looked at.
    let text_embeds = session.embed_texts(texts)?;
    let (mut images_read, mut image_embeds, mut failures) = (Vec::new(), Vec::new(), 0);
    pictures::embed(&mut session, pictures::expand(images), |_, path, result| {
        let row = match result {
            Ok((embedded, _)) => {
                if !json {
                    output::line(format!("{:?}", embedded.embedding))?;
                }
                Row::Embedding(embedded.embedding)
            }
            Err(error) if matches!(error, Error::NonFiniteEmbedding { .. }) => {
                return Err(in_file(path, error));
            }
            Err(error) => {
                failures += 1;
                Row::Unreadable(pictures::unreadable(path, &error))
            }
        };
        images_read.push(output::readable(path));
        image_embeds.push(row);
        Ok(())
    })?;
    if json {
        let preprocessor = session.info().preprocessor;
        output::json(&Embeddings { images: images_read, image_embeds, preprocessor, text_embeds })?;
    } else {
        text_embeds.iter().try_for_each(|row| output::line(format!("{row:?}")))?;
    }
    Ok(failures)
}
