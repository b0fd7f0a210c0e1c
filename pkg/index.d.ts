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

/** Pixels, row by row, as transformers.js holds them; 1, 3 or 4 channels. */
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

/** How far loading is. All files of a model count as one. */
export type ProgressEvent =
  | { status: "initiate" | "download" | "done"; /** The model, as it was asked for. */ name: string; file: string }
  | { status: "progress"; name: string; file: string; /** Percent; 0 while the size is unknown. */ progress: number; /** Bytes. */ loaded: number; /** Bytes; 0 while unknown. */ total: number }
  | { status: "progress_total"; name: string; progress: number; loaded: number; total: number; files: Record<string, { loaded: number; total: number }> }
  | { status: "ready"; task: string; model: string };

export interface PipelineOptions {
  /** What published weights are quantized to, `q8` where absent; refuses a finished file of another type. */
  dtype?: Dtype;
  /** Where it runs: `wasm` is all there is, and what `auto` means. */
  device?: "wasm" | "auto";
  /** The branch, tag or commit of a repository. */
  revision?: string;
  progress_callback?: ((event: ProgressEvent) => void) | null;
  /** Ends loading; `pipeline` rejects with the signal's reason. */
  signal?: AbortSignal;
  /** How many threads share the work where the page is cross-origin isolated; up to 8 where absent. */
  threads?: number;
  /** Of the hub, for gated and private repositories. It is sent to the hub alone, and kept nowhere. */
  token?: string;
  /** The hub that repositories are fetched from; https://huggingface.co where absent. */
  hub?: string | URL;
  /** A folder with a copy of this package's files, for bundlers that do not follow their addresses. */
  base?: string | URL;
  /** The folder of the model records, or the records themselves; those of the package where absent. */
  models?: string | URL | PackagedModels;
}

export interface ClassifyOptions {
  /** With a `{}` for the label; several are averaged as an ensemble. The model's own where absent. */
  hypothesis_template?: string | string[];
  /**
   * `softmax`: scores among these labels sum to 1. `independent`: each label on its own. As the model was trained where
   * absent: CLIP by softmax, SigLIP each on its own.
   */
  mode?: "softmax" | "independent";
  signal?: AbortSignal;
}

export interface ImageFeatureOptions {
  /** Changes nothing with SigLIP, whose embedding is the pooled output; `true` is refused with CLIP, which has nothing left to pool. */
  pool?: boolean | null;
  /** Whether each embedding is divided by its length. */
  normalize?: boolean;
  signal?: AbortSignal;
}

export interface FeatureOptions {
  /** Nothing is left to pool: anything else is refused. */
  pooling?: "none";
  /** Whether each embedding is divided by its length. */
  normalize?: boolean;
  signal?: AbortSignal;
}

export interface Score {
  label: string;
  /** In 0..1. */
  score: number;
}

/** A function that is also an instance of its task's class. */
export abstract class Pipeline<Task extends string> {
  protected constructor();
  readonly task: Task;
  /** What was loaded. */
  readonly model: ModelInfo;
  /** The engine below, for heatmaps, kept models and all else: pipelines with the same model and options share it. */
  readonly engine: EngineClient;
  /** Lets go of the engine. The last pipeline that does ends the worker, and gives its memory back. */
  dispose(): Promise<void>;
}

export abstract class ZeroShotImageClassificationPipeline extends Pipeline<"zero-shot-image-classification"> {}
export interface ZeroShotImageClassificationPipeline {
  /** Best first; equal scores in the order of the labels, which are an array or one string with commas. */
  (image: Image, candidate_labels: string[] | string, options?: ClassifyOptions): Promise<Score[]>;
  (images: Image[], candidate_labels: string[] | string, options?: ClassifyOptions): Promise<Score[][]>;
  /** As projected, not normalised. */
  embedImages(image: Image, options?: { signal?: AbortSignal }): Promise<Float32Array>;
  embedImages(images: Image[], options?: { signal?: AbortSignal }): Promise<Float32Array[]>;
  /** As projected, not normalised; whole prompts, no template is applied. */
  embedTexts(text: string, options?: { signal?: AbortSignal }): Promise<Float32Array>;
  embedTexts(texts: string[], options?: { signal?: AbortSignal }): Promise<Float32Array[]>;
}

export abstract class ImageFeatureExtractionPipeline extends Pipeline<"image-feature-extraction"> {}
export interface ImageFeatureExtractionPipeline {
  /** [images, projection_dim], as projected. */
  (images: Image | Image[], options?: ImageFeatureOptions): Promise<Tensor>;
}

export abstract class FeatureExtractionPipeline extends Pipeline<"feature-extraction"> {}
export interface FeatureExtractionPipeline {
  /** [texts, projection_dim], as projected; whole prompts, no template is applied. */
  (texts: string | string[], options?: FeatureOptions): Promise<Tensor>;
}

/** By task. */
export interface Pipelines {
  "zero-shot-image-classification": ZeroShotImageClassificationPipeline;
  "image-feature-extraction": ImageFeatureExtractionPipeline;
  "feature-extraction": FeatureExtractionPipeline;
  /** Another name for it. */
  embeddings: FeatureExtractionPipeline;
}

/**
 * Loads a model into a worker and returns a function that works with it.
 * Failures are an `Error` with a `code`, such as `option`, `image-decode`, `template`, `download`, `unknown-model`, `no-simd`.
 * @param model a record's id, a repository of the hub (`owner/name` or `owner/name@revision`), the URL of a GGUF file, or such a
 *   file; the model that comes with the package where absent
 */
export function pipeline<Task extends keyof Pipelines>(
  task: Task,
  model?: string | URL | Blob | null,
  options?: PipelineOptions,
): Promise<Pipelines[Task]>;

declare module "./pipelines/tensor.js" {
  interface Tensor {
    /** Its rows, as tensors with a dimension less. */
    readonly [row: number]: Tensor;
  }
}
