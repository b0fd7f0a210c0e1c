//! MobileCLIP's vision tower, FastViT (Vasu et al., 2023), in f32 by candle-transformers.
//!
//! The branches that training adds to a convolution are folded into it at load, as the paper has it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{DType, Device, Module, Shape, Tensor};
use candle_nn::var_builder::SimpleBackend;
use candle_nn::{Func, Init, VarBuilder};
use candle_transformers::models::fastvit::{self, Config};

use crate::error::{Error, Result};
use crate::weights::{FastVitConfig, Tensors};

/// What its tensors begin with.
const PREFIX: &str = "v.trunk.";

/// The tower.
#[derive(Debug)]
pub struct FastVit {
    network: Func<'static>,
    bytes: usize,
}

impl FastVit {
    /// Takes the tower's tensors.
    ///
    /// # Errors
    /// `Candle` for a tensor that is missing or has another shape, naming it; `UnknownTensors` for those that have no
    /// place in a network of these sizes; `NonFiniteWeight`.
    pub fn load(tensors: &mut Tensors, sizes: &FastVitConfig, projection_dim: usize) -> Result<Self> {
        let config = Config {
            exp_ratio: 3,
            in_channels: sizes.channels,
            blocks: sizes.blocks,
            attn: true,
            lkc_use_act: true,
        };
        let trunk = Trunk::take(tensors)?;
        let (left, bytes) = (trunk.left.clone(), trunk.bytes);
        let variables = VarBuilder::from_backend(Box::new(trunk), DType::F32, Device::Cpu);
        let network = fastvit::fastvit(&config, projection_dim, variables)?;
        // candle leaves out a branch whose tensors it does not find, or not in the right shape.
        let left = left.lock().unwrap_or_else(PoisonError::into_inner);
        match left.keys().min() {
            None => Ok(Self { network, bytes }),
            Some(first) => {
                Err(Error::UnknownTensors { count: left.len(), first: format!("{PREFIX}{first}") })
            }
        }
    }

    /// The embeddings `[images, projection_dim]` of `pixels` `[images, 3, image_size, image_size]`.
    ///
    /// # Errors
    /// `Candle` for pixels of another shape.
    pub fn forward(&self, pixels: &Tensor) -> Result<Tensor> {
        // One at a time: the pictures of a batch get other values from candle 0.11.1 than each alone, which agree with
        // PyTorch's.
        let images = pixels.dims4()?.0;
        let embed = |image: usize| self.network.forward(&pixels.narrow(0, image, 1)?.contiguous()?);
        let embeddings = (0..images).map(embed).collect::<candle_core::Result<Vec<_>>>()?;
        Ok(Tensor::cat(&embeddings, 0)?)
    }

    /// Bytes of memory the weights take, before the branches are folded.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// The tensors that candle asks for by name, each given once.
struct Trunk {
    left: Arc<Mutex<HashMap<String, Tensor>>>,
    bytes: usize,
}

impl Trunk {
    /// Takes every tensor of the tower.
    fn take(tensors: &mut Tensors) -> Result<Self> {
        let of_trunk = |tensor: &&crate::weights::Tensor| tensor.name.starts_with(PREFIX);
        let named: Vec<_> = tensors
            .iter()
            .filter(of_trunk)
            .map(|tensor| (tensor.name.clone(), tensor.shape.clone()))
            .collect();
        let (mut left, mut bytes) = (HashMap::new(), 0);
        for (name, shape) in named {
            let values = tensors.take(&name, &shape)?.to_f32()?;
            bytes += values.len() * size_of::<f32>();
            left.insert(name[PREFIX.len()..].to_owned(), Tensor::from_vec(values, shape, &Device::Cpu)?);
        }
        Ok(Self { left: Arc::new(Mutex::new(left)), bytes })
    }

    /// Gives a tensor out if it has the shape that is asked for.
    fn give(&self, name: &str, fits: impl Fn(&Tensor) -> bool) -> candle_core::Result<Tensor> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        match left.get(name) {
            Some(tensor) if fits(tensor) => {}
            Some(tensor) => {
                candle_core::bail!(
                    "tensor {PREFIX}{name} has shape {:?}, the config needs another",
                    tensor.shape()
                )
            }
            None => candle_core::bail!("tensor {PREFIX}{name} is missing"),
        }
        left.remove(name).ok_or_else(|| candle_core::Error::Msg(format!("tensor {PREFIX}{name} is missing")))
    }
}

impl SimpleBackend for Trunk {
    fn get(&self, shape: Shape, name: &str, _: Init, _: DType, _: &Device) -> candle_core::Result<Tensor> {
        self.give(name, |tensor| *tensor.shape() == shape)
    }

    fn get_unchecked(&self, name: &str, _: DType, _: &Device) -> candle_core::Result<Tensor> {
        self.give(name, |_| true)
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).contains_key(name)
    }
}
