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
/// Bytes in use, and the most since it was last set.
static BYTES: AtomicU64 = AtomicU64::new(0);
static MOST: AtomicU64 = AtomicU64::new(0);

// SAFETY: passes everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() >= LARGE {
            ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        }
        let bytes = BYTES.fetch_add(layout.size() as u64, Ordering::Relaxed) + layout.size() as u64;
        MOST.fetch_max(bytes, Ordering::Relaxed);
        // SAFETY: the caller's promises are those of the system's allocator.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size() as u64, Ordering::Relaxed);
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

#[test]
fn a_pass_over_many_pictures_takes_the_memory_of_eight() {
    let _alone = ALONE.lock();
    threads::pool_started(1);
    let most_of = |count: usize| {
        let session = embedded();
        let size = session.info().image_size;
        let shape = (count, 3, size, size);
        let pixels = Tensor::zeros(shape, candle_core::DType::F32, &Device::Cpu).expect("zeros");
        MOST.store(BYTES.load(Ordering::Relaxed), Ordering::Relaxed);
        let before = MOST.load(Ordering::Relaxed);
        session.clip().embed_images(&pixels).expect("embeddings");
        // Without the copy of the pixels that a pass begins with.
        MOST.load(Ordering::Relaxed) - before - (count * 3 * size * size * 4) as u64
    };
    let (one, eight, forty) = (most_of(1), most_of(8), most_of(40));
    assert!(eight <= 8 * one, "{eight} bytes for eight, {one} for one");
    assert!(forty <= eight + eight / 10, "{forty} bytes for forty, {eight} for eight");
}
