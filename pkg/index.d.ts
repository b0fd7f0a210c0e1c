import type { EngineClient } from "./engine/client/engine-client.js";
import type { ModelInfo, PackagedModels } from "./engine/protocol/types.js";

export { EngineClient } from "./engine/client/engine-client.js";
export { EngineError } from "./engine/protocol/engine-error.js";
export { env } from "./pipelines/env.js";
export { Tensor } from "./pipelines/tensor.js";
export { cos_sim, dot, topK } from "./pipelines/vectors.js";
export type {
  HeatmapRequest,
  Heatmaps,
  LoadOptions,
  LoadProgress,
  ModelInfo,
  ModelRecord,
  ModelSource,
  PackagedModels,
  Picture,
  StartOptions,
  StorageState,
  StoredModel,
} from "./engine/protocol/types.js";
import type { Tensor } from "./pipelines/tensor.js";

/** Pixels, row by row, like transformers.js's `RawImage`; 1, 3 or 4 channels. */
export interface RawImage {
  width: number;
  height: number;
  data: Uint8Array | Uint8ClampedArray | number[];
  channels: 1 | 2 | 3 | 4;
}

export type Image =
  | Blob
  | URL
  | string
  | ImageData
  | ImageBitmap
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLVideoElement
  | VideoFrame
  | RawImage;

/** `q8` is Q8_0, `q6` Q6_K, `q5` Q5_0, `q4` Q4_0; `auto` is `q8`. */
export type Dtype =
  | "auto"
  | "fp32"
  | "fp16"
  | "q8"
  | "q6"
  | "q5"
  | "q4"
  | "f32"
  | "f16"
  | "q8_0"
  | "q6_k"
  | "q5_0"
  | "q4_0";

/** The progress of loading. All files of a model count as one. */
export type ProgressEvent =
  | { status: "initiate" | "download" | "done"; /** The model, as it was named in the call. */ name: string; file: string }
  | { status: "progress"; name: string; file: string; /** Percent; 0 while the size is unknown. */ progress: number; /** Bytes. */ loaded: number; /** Bytes; 0 while unknown. */ total: number }
  | { status: "progress_total"; name: string; progress: number; loaded: number; total: number; files: Record<string, { loaded: number; total: number }> }
  | { status: "ready"; task: string; model: string };

export interface PipelineOptions {
  /** The type that published weights are quantized to, `q8` by default. A GGUF file of another type is refused. */
  dtype?: Dtype;
  /** Whose pixels to run the model with, whatever its file says: those of Python's image processors over Pillow or torchvision. */
  preprocessor?: "pillow" | "torchvision";
  /** The device: only `wasm` exists, and `auto` means the same. */
  device?: "wasm" | "auto";
  /** The branch, tag or commit of a repository. */
  revision?: string;
  progress_callback?: ((event: ProgressEvent) => void) | null;
  /** Cancels loading; `pipeline` then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** The number of threads, if the page is cross-origin isolated; by default up to 8, and one in Firefox. */
  threads?: number;
  /** An access token for the hub, for gated and private repositories. It is sent only to the hub, and never stored. */
  token?: string;
  /** The hub that repositories are downloaded from; https://huggingface.co by default. */
  hub?: string | URL;
  /** The URL of a copy of this package's folder, for bundlers that do not follow `new URL(…, import.meta.url)`. */
  base?: string | URL;
  /** The folder of the model records, or the records themselves; the package's own by default. */
  models?: string | URL | PackagedModels;
}

export interface ClassifyOptions {
  /** A template with `{}` for the label, or several, averaged as an ensemble. By default, the model's own. */
  hypothesis_template?: string | string[];
  /**
   * `softmax` compares the labels: the scores sum to 1. `independent` scores each label independently. By default, as the model
   * was trained: `softmax` for CLIP, `independent` for SigLIP.
   */
  mode?: "softmax" | "independent";
  signal?: AbortSignal;
}

export interface ImageFeatureOptions {
  /** No effect with SigLIP, whose embedding is the pooled output; with CLIP, which has nothing to pool, `true` is refused. */
  pool?: boolean | null;
  /** Whether to divide each embedding by its length. */
  normalize?: boolean;
  signal?: AbortSignal;
}

export interface FeatureOptions {
  /** CLIP's embedding is already one vector per text, so anything else is refused. */
  pooling?: "none";
  /** Whether to divide each embedding by its length. */
  normalize?: boolean;
  signal?: AbortSignal;
}

export interface Score {
  label: string;
  /** From 0 to 1. */
  score: number;
}

/** A function that is also an instance of its task's class. */
export abstract class Pipeline<Task extends string> {
  protected constructor();
  readonly task: Task;
  /** The loaded model. */
  readonly model: ModelInfo;
  /** The engine, for heatmaps, stored models and more. Pipelines with the same model and options share it. */
  readonly engine: EngineClient;
  /** Releases the engine. When the last pipeline that uses it does so, the worker ends and its memory is freed. */
  dispose(): Promise<void>;
}

export abstract class ZeroShotImageClassificationPipeline extends Pipeline<"zero-shot-image-classification"> {}
export interface ZeroShotImageClassificationPipeline {
  /** Returns the scores, best first; equal scores are in the order of the labels (an array, or one string with commas). */
  (image: Image, candidate_labels: string[] | string, options?: ClassifyOptions): Promise<Score[]>;
  (images: Image[], candidate_labels: string[] | string, options?: ClassifyOptions): Promise<Score[][]>;
  /** Returns the projected embeddings of images, not normalised. */
  embedImages(image: Image, options?: { signal?: AbortSignal }): Promise<Float32Array>;
  embedImages(images: Image[], options?: { signal?: AbortSignal }): Promise<Float32Array[]>;
  /** Returns the projected embeddings of texts, not normalised. Texts are whole prompts: no template is applied. */
  embedTexts(text: string, options?: { signal?: AbortSignal }): Promise<Float32Array>;
  embedTexts(texts: string[], options?: { signal?: AbortSignal }): Promise<Float32Array[]>;
}

export abstract class ImageFeatureExtractionPipeline extends Pipeline<"image-feature-extraction"> {}
export interface ImageFeatureExtractionPipeline {
  /** Returns the projected embeddings: [images, projection_dim]. */
  (images: Image | Image[], options?: ImageFeatureOptions): Promise<Tensor>;
}

export abstract class FeatureExtractionPipeline extends Pipeline<"feature-extraction"> {}
export interface FeatureExtractionPipeline {
  /** Returns the projected embeddings: [texts, projection_dim]. Texts are whole prompts: no template is applied. */
  (texts: string | string[], options?: FeatureOptions): Promise<Tensor>;
}

/** The pipelines by task. */
export interface Pipelines {
  "zero-shot-image-classification": ZeroShotImageClassificationPipeline;
  "image-feature-extraction": ImageFeatureExtractionPipeline;
  "feature-extraction": FeatureExtractionPipeline;
  /** The same task under its other name. */
  embeddings: FeatureExtractionPipeline;
}

/**
 * Loads a model into a worker and returns a function that uses it.
 * A failure is an `Error` with a `code`, such as `option`, `image-decode`, `template`, `download`, `unknown-model`, `no-simd`.
 * @param model a record's id, a repository on the hub (`owner/name` or `owner/name@revision`), the URL of a GGUF file, or a
 *   GGUF file; the built-in model by default
 */
export function pipeline<Task extends keyof Pipelines>(
  task: Task,
  model?: string | URL | Blob | null,
  options?: PipelineOptions,
): Promise<Pipelines[Task]>;
