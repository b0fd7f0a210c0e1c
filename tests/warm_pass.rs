//! What must not grow: the memory that a warm pass asks for, and how often it reads the weights.

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use candle_core::{Device, Tensor};
use clip_wasm::kernels::matmul::products;
use clip_wasm::kernels::threads;
use clip_wasm::session::Session;
use clip_wasm::weights::Checkpoint;

/// Counts allocations of at least [`LARGE`] bytes: a result and its bookkeeping are smaller, a buffer
/// of rows is not.
struct Counting;

const LARGE: usize = 16 * 1024;
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: passes everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() >= LARGE {
            ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: the caller's promises are those of the system's allocator.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The counters are the process's: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn embedded() -> Session {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/everyday-clip.gguf");
    Session::new(Checkpoint::open(&path).expect("the embedded model")).expect("the embedded model")
}

#[test]
fn a_warm_pass_over_an_image_allocates_no_buffer_but_its_input() {
    let _alone = ALONE.lock();
    threads::pool_started(1);
    let session = embedded();
    let size = session.info().image_size;
    let pixels = Tensor::zeros((1, 3, size, size), candle_core::DType::F32, &Device::Cpu).expect("zeros");
    let clip = session.clip();
    for _ in 0..2 {
        clip.embed_images(&pixels).expect("an embedding");
    }
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    clip.embed_images(&pixels).expect("an embedding");
    let asked = ALLOCATIONS.load(Ordering::Relaxed) - before;
    assert!(asked <= 1, "{asked} large allocations: expected the pixels' alone");
}

#[test]
fn a_pass_reads_each_matrix_once_however_many_prompts_there_are() {
    let _alone = ALONE.lock();
    threads::pool_started(1);
    let session = embedded();
    let layers = session.clip().config.text.layers as u64;
    let passes = |count: usize| {
        let texts: Vec<String> = (0..count).map(|n| format!("a drawing of {n} cats")).collect();
        let before = products();
        session.embed_texts(&texts).expect("embeddings");
        products() - before
    };
    // Query, key and value share their input and are one matrix; then out, expand, contract.
    let once = layers * 4 + 1;
    assert_eq!(passes(1), once);
    assert_eq!(passes(60), once);
}
