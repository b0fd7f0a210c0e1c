//! Pictures to embeddings: one, or several that go through the tower together.

use candle_core::{Device, Tensor};

use super::Session;
use crate::error::{Error, Result};
use crate::image::{self, Format, Pixels, Rgb8};
use crate::kernels::threads;

/// The embedding of a picture, with the picture's size and format.
#[derive(Clone, Debug)]
pub struct ImageEmbedding {
    /// The projected embedding, not normalised. `[projection_dim]`
    pub embedding: Vec<f32>,
    /// Pixels of the upright picture.
    pub width: usize,
    pub height: usize,
    /// `None` for pictures that came as pixels.
    pub format: Option<Format>,
}

/// A picture that is ready for the tower.
struct Prepared {
    picture: Picture,
    /// `[3, height, width]`
    pixels: Pixels,
}

/// The pixels of pictures of one (height, width), one after the other, which go through the tower together.
struct SameSize {
    size: (usize, usize),
    images: usize,
    pixels: Vec<f32>,
}

impl SameSize {
    fn add(&mut self, mut pixels: Vec<f32>) {
        self.images += 1;
        self.pixels.append(&mut pixels);
    }
}

/// What is known of a picture without its pixels.
struct Picture {
    width: usize,
    height: usize,
    format: Option<Format>,
}

impl Picture {
    fn embedded(self, embedding: Vec<f32>) -> ImageEmbedding {
        let Self { width, height, format } = self;
        ImageEmbedding { embedding, width, height, format }
    }
}

impl Session {
    /// The embedding of an encoded picture.
    ///
    /// # Errors
    /// As [`image::decode`] and [`Self::embed_rgb`].
    pub fn embed_image(&self, bytes: &[u8]) -> Result<ImageEmbedding> {
        self.embed_prepared(self.prepare_image(bytes)?)
    }

    /// The embeddings of encoded pictures, each with the bits that it has alone: several on each thread, which read the
    /// weights together.
    ///
    /// # Errors
    /// Each its own, as [`Self::embed_image`].
    pub fn embed_images(&self, pictures: &[impl AsRef<[u8]> + Sync]) -> Vec<Result<ImageEmbedding>> {
        self.embed_together(pictures, |bytes| self.prepare_image(bytes.as_ref()))
    }

    /// The embedding of a picture that is already pixels.
    ///
    /// # Errors
    /// As [`Self::preprocess`] and [`Self::embed_pixels`].
    pub fn embed_rgb(&self, picture: &Rgb8) -> Result<ImageEmbedding> {
        self.embed_prepared(self.prepare_rgb(picture)?)
    }

    /// [`Self::embed_images`] of pictures that are already pixels.
    ///
    /// # Errors
    /// Each its own, as [`Self::embed_rgb`].
    pub fn embed_rgbs(&self, pictures: &[Rgb8]) -> Vec<Result<ImageEmbedding>> {
        self.embed_together(pictures, |picture| self.prepare_rgb(picture))
    }

    /// How many pictures are best given to [`Self::embed_images`] at once: as many as the threads embed together.
    pub fn pictures_together(&self) -> usize {
        threads::count() * self.clip.vision.pictures_per_pass()
    }

    /// Embeds what `prepare` makes of each of `items`, in runs of them on each thread. Only one of a run is opened at a
    /// time, and what is kept of it are the pixels that the tower sees.
    fn embed_together<T: Sync>(
        &self,
        items: &[T],
        prepare: impl Fn(&T) -> Result<Prepared> + Sync,
    ) -> Vec<Result<ImageEmbedding>> {
        if items.is_empty() {
            return Vec::new();
        }
        // As many runs as keep all threads busy, and as equal as can be.
        let threads = threads::count();
        let runs = items.len().div_ceil(self.clip.vision.pictures_per_pass()).next_multiple_of(threads);
        let runs: Vec<&[T]> = items.chunks(items.len().div_ceil(runs)).collect();
        let embedded = threads::side_by_side(&runs, |run| self.embed_run(run, &prepare));
        embedded.into_iter().flatten().collect()
    }

    /// [`Self::embed_together`] of what goes through the tower in one pass.
    fn embed_run<T>(
        &self,
        items: &[T],
        prepare: impl Fn(&T) -> Result<Prepared>,
    ) -> Vec<Result<ImageEmbedding>> {
        let mut runs: Vec<SameSize> = Vec::new();
        let mut keep = |Prepared { picture, pixels }: Prepared| {
            let size = (pixels.height, pixels.width);
            match runs.last_mut().filter(|run| run.size == size) {
                Some(run) => run.add(pixels.data),
                None => runs.push(SameSize { size, images: 1, pixels: pixels.data }),
            }
            picture
        };
        let pictures: Vec<Result<Picture>> =
            items.iter().map(&prepare).map(|one| one.map(&mut keep)).collect();
        let embed = |SameSize { size: (height, width), images, pixels }: SameSize| {
            let pixels = Tensor::from_vec(pixels, (images, 3, height, width), &Device::Cpu)?;
            self.clip.embed_each_image(&pixels)
        };
        let embeddings: Result<Vec<_>> = runs.into_iter().map(embed).collect();
        let mut embeddings = match embeddings.map(|runs| runs.into_iter().flatten().collect::<Vec<_>>()) {
            Ok(embeddings) => embeddings.into_iter(),
            // That was of the pass, not of a picture: each tells its own.
            Err(_) => return items.iter().map(|item| self.embed_prepared(prepare(item)?)).collect(),
        };
        let missing = || Err(Error::EmbeddingCount { found: 0, expected: 1 });
        let embedded = pictures.into_iter().map(|picture| {
            picture.and_then(|picture| Ok(picture.embedded(embeddings.next().unwrap_or_else(missing)?)))
        });
        embedded.collect()
    }

    fn embed_prepared(&self, prepared: Prepared) -> Result<ImageEmbedding> {
        Ok(prepared.picture.embedded(self.embed_pixels(prepared.pixels)?))
    }

    fn prepare_image(&self, bytes: &[u8]) -> Result<Prepared> {
        let decoded = image::decode(bytes)?;
        let mut prepared = self.prepare_rgb(&decoded.image)?;
        prepared.picture.format = Some(decoded.format);
        Ok(prepared)
    }

    fn prepare_rgb(&self, picture: &Rgb8) -> Result<Prepared> {
        let pixels = self.preprocess(picture)?;
        Ok(Prepared {
            picture: Picture { width: picture.width(), height: picture.height(), format: None },
            pixels,
        })
    }
}
