import type { ModelInfo } from "./engine/types.js";

export type { ModelInfo };

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
  | VideoFrame;

/** `q8` is Q8_0, `q6` Q6_K, `q5` Q5_0, `q4` Q4_0. */
export type Dtype = "fp32" | "fp16" | "q8" | "q6" | "q5" | "q4" | "f32" | "f16" | "q8_0" | "q6_k" | "q5_0" | "q4_0";

export interface ProgressEvent {
  status: "initiate" | "download" | "progress" | "done" | "ready";
  /** The model, as it was asked for. */
  name: string;
  file: string;
  /** Percent; 0 while the size is unknown. */
  progress: number;
  /** Bytes. */
  loaded: number;
  /** Bytes; 0 while unknown. */
  total: number;
}

export interface PipelineOptions {
  /** What published weights are quantized to, `q8` where absent; refuses a finished file of another type. */
  dtype?: Dtype;
  progress_callback?: (event: ProgressEvent) => void;
  /** Ends loading; `pipeline` rejects with the signal's reason. */
  signal?: AbortSignal;
  /** How many threads share the work where the page is cross-origin isolated; up to 8 where absent. */
  threads?: number;
  /** The folder of `simd/` and `relaxed/`, where they do not lie in the package's own folder. */
  base?: string | URL;
  /** The hub that repositories are fetched from; https://huggingface.co where absent. */
  hub?: string | URL;
  /** The folder of the model records, where it does not lie in the package's own folder. */
  models?: string | URL;
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

export interface Score {
  label: string;
  /** In 0..1. */
  score: number;
}

export interface ZeroShotImageClassificationPipeline {
  /** Best first; equal scores in the order of the labels. */
  (image: Image, labels: string[], options?: ClassifyOptions): Promise<Score[]>;
  (images: Image[], labels: string[], options?: ClassifyOptions): Promise<Score[][]>;
  /** As projected, not normalised. */
  embedImages(image: Image, options?: { signal?: AbortSignal }): Promise<Float32Array>;
  embedImages(images: Image[], options?: { signal?: AbortSignal }): Promise<Float32Array[]>;
  /** As projected, not normalised; whole prompts, no template is applied. */
  embedTexts(text: string, options?: { signal?: AbortSignal }): Promise<Float32Array>;
  embedTexts(texts: string[], options?: { signal?: AbortSignal }): Promise<Float32Array[]>;
  /** Ends the worker and gives its memory back. */
  dispose(): void;
  /** What was loaded. */
  readonly model: ModelInfo;
}

/**
 * Loads a model into a worker and returns a function that classifies images with it.
 * Failures are an `Error` with a `code`, such as `image-decode`, `template`, `download`, `unknown-model`, `no-simd`.
 * @param model a record's id, the URL of a GGUF file, or such a file
 */
export function pipeline(
  task: "zero-shot-image-classification",
  model?: string | URL | Blob,
  options?: PipelineOptions,
): Promise<ZeroShotImageClassificationPipeline>;
