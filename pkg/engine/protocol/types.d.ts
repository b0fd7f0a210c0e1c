/** The types of values that pass between the page, the worker and the WebAssembly module. */

export * from "./wasm-modules.js";

/** The capabilities of a browser, as plain data, so that `selectFlavour` can be a pure function of them. */
export interface Capabilities {
  simd: boolean;
  relaxed: boolean;
  /** Whether the page is cross-origin isolated, so that shared memory, and thus threads, are allowed. */
  isolated: boolean;
  /** Whether thread pools start reliably more than once, so that one is started by default. */
  pools: boolean;
  /** Logical processors, as the browser reports them. */
  cores: number;
}

/** A build of the engine. */
export type Flavour = "simd" | "relaxed" | "simd-threads" | "relaxed-threads";

/** A compiled module: a build of the engine, or of research, which is fetched on first use. */
export type Build = Flavour | "research" | "research-threads";

/** The type that matrices are quantized to; some tensors get another one, depending on their shape and role. */
export type Dtype = "f32" | "f16" | "q8_0" | "q6_k" | "q5_0" | "q4_0";

/**
 * The source of a model: a record's id (`models/<id>.json`); a repository on the hub, `owner/name` or
 * `owner/name@revision`; the URL of a GGUF file; a GGUF file from the visitor's device; the files of a Hugging Face folder; or
 * the key of a stored model.
 */
export type ModelSource =
  | { id: string }
  | { repo: string }
  | { url: string | URL }
  | { file: File | Blob }
  | { files: File[] }
  | { stored: string };

/** The record of a known model: `models/<id>.json`. */
export interface ModelRecord {
  id?: string;
  name?: string;
  description?: string;
  license?: string;
  /** The GGUF file beside the record; `<id>.gguf` if neither this nor a repository is named. */
  file?: string;
  /** The size of that file, or of the repository's weights. */
  bytes?: number;
  /** The SHA-256 of the file beside the record. */
  sha256?: string;
  /** The size after quantization, by type. */
  sizes?: Partial<Record<Dtype, number>>;
  /** Whether exactly these weights have been run and compared with the reference. */
  verified?: boolean;
  source?: { repo?: string; revision?: string; file?: string; sha256?: string };
  /** Whose pixels the model is run with, where its `preprocessor_config.json` does not decide. */
  preprocessor?: PreprocessorName;
}

/** Whose pixels: those of the image processors of Python's transformers over Pillow or over torchvision. */
export type PreprocessorName = "pillow" | "torchvision";

/** A model in the store, complete or partially downloaded. */
export interface StoredModel {
  /** Identifies it in `load({ stored: key })` and `deleteModel(key)`. */
  key: string;
  name: string;
  dtype: string;
  /** Whether it can be loaded; if not, loading its `source` again resumes the download. */
  complete: boolean;
  /** Its size in the store. */
  bytes: number;
  /** Bytes of the source downloaded so far, and in total (0 if unknown). */
  loaded: number;
  total: number;
  source: ModelSource;
  /** For a model from a URL: the file's version according to its host, to recognize a newer one. */
  version?: { etag?: string; modified?: string; bytes?: number };
  /** For a record's model: the repository, revision and hash that the record named, and its preprocessor. */
  origin?: string;
  /** When it was complete, in milliseconds since 1970. */
  at?: number;
}

export interface StorageState {
  /** `memory` stores nothing beyond the lifetime of this page. */
  kind: "opfs" | "cache" | "memory";
  /** Bytes stored by this origin, as the browser estimates them. */
  used: number;
  /** 0 if the browser does not report it. */
  quota: number;
  /** Whether the browser has agreed not to evict the data. */
  persisted: boolean;
}

/** What is known about a source before its weights are downloaded. */
export interface Preview {
  name: string;
  license?: string;
  /** The size of the download. */
  bytes: number;
  /** The size in the store, and roughly in the engine's memory, by type; for a GGUF file, only its own type. */
  sizes: Partial<Record<Dtype, number>>;
  /** Whether it is already stored in the requested type. */
  stored: boolean;
  /** A sentence, if the model is likely to be too large for this device. */
  warning?: string;
}

export interface LoadProgress {
  /** Bytes so far. */
  loaded: number;
  /** Total bytes; 0 if unknown. */
  total: number;
  /**
   * `download`: bytes arrive from the network and are quantized; `read`: they are read from disk or the store; `prepare`: all have
   * arrived; `wait`: for another tab that is downloading the same model, or for the network.
   */
  stage: "download" | "read" | "prepare" | "wait";
  /** The file that is being transferred. */
  file?: string;
  /** The average over the last seconds. */
  bytesPerSecond?: number;
  secondsLeft?: number;
  /** A sentence about a problem that is being handled. */
  note?: string;
}

export interface ModelInfo {
  name: string;
  architecture: string;
  /** The weights' type, as in `q8_0`. */
  dtype: string;
  parameters: number;
  bytes: number;
  image_size: number;
  /** Whether the model sees the square in the middle of a picture; else it sees the whole. */
  crops: boolean;
  /** Whose pixels the model is run with. */
  preprocessor: PreprocessorName;
  context_length: number;
  projection_dim: number;
  logit_scale: number;
  /** The scoring that the model was trained for. */
  mode: "softmax" | "independent";
  /** The model's own prompt templates; each has a `{}` for the label. */
  templates: string[];
  /** The templates that the model's record names for an ensemble; may be empty. */
  ensemble: string[];
  license: string;
  description: string;
  source: string;
  flavour: Flavour;
  /** The number of threads. */
  threads: number;
  version: string;
  /** A sentence, if the stored model may be outdated, or was damaged and downloaded again. */
  note?: string;
}

/** The input of `embedImage`. A Blob is decoded by the engine; the other types were decoded by the browser. */
export type ImageInput = Blob | ImageData | ImageBitmap;

export interface Picture {
  /** Different for every picture of one client. */
  key: string;
  width: number;
  height: number;
  /** `jpeg`, `png`, …; if the browser decoded it, the Blob's type or `pixels`. */
  format: string;
  /** Which decoder was used. Only `rust` guarantees the same pixels everywhere. */
  decoder: "rust" | "browser";
  /** The projected embedding, not normalised: [projection_dim]. */
  embedding: Float32Array;
  /** Durations in milliseconds. */
  timings: { decode: number; preprocess: number; encode: number };
}

export interface ClassifyRequest {
  labels: string[];
  /** Templates with `{}` for the label; several are averaged as an ensemble. */
  templates: string[];
  /** `softmax` compares the labels; `independent` scores each label independently. By default, as the model was trained. */
  mode?: "softmax" | "independent";
}

export interface Score {
  label: string;
  /** From 0 to 1. */
  score: number;
  /** The cosine of the picture's and the label's embeddings, from -1 to 1. */
  cosine: number;
  logit: number;
  /** The label's index in the request. */
  index: number;
}

export interface Classification {
  /** The scores, best first; equal scores are in the order of the request. */
  scores: Score[];
  /** Durations in milliseconds. */
  timings: { text: number; score: number };
  /** The number of labels that were new and had to be encoded. */
  encoded: number;
}

/** How a heatmap is computed: from cosines with parts of the picture covered (about 65 passes), or with the model's patches (one). */
export type HeatmapMethod = "occlusion" | "patches";

export interface HeatmapRequest {
  /** The `key` of a `Picture`; the passes for the newest one are cached. */
  key: string;
  method: HeatmapMethod;
  labels: string[];
  templates: string[];
}

export interface Heatmaps {
  /** Cells along one side of the square that the model sees. */
  side: number;
  /**
   * [labels, side * side], row by row, in the order of the request. `occlusion`: how far the label's cosine drops when that part
   * is covered; `patches`: its cosine with each patch.
   */
  values: Float32Array;
}

/** How many of the new labels or texts have been encoded. */
export interface EncodeProgress {
  done: number;
  total: number;
}

export interface CallOptions<Progress> {
  /** Cancels the call, which then rejects with the signal's reason, an `AbortError` by default. */
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

export interface StartOptions {
  /** The URL of a copy of this package's folder, for bundlers that do not follow `new URL(…, import.meta.url)`. */
  base?: string | URL;
  /** The folder of the model records, or the records themselves; the package's own by default. */
  models?: string | URL | PackagedModels;
  /** Uses this build instead of the fastest one, for comparisons and tests. */
  flavour?: Flavour;
  /**
   * The number of threads, if the page is cross-origin isolated; by default up to 8, and one in Firefox.
   */
  threads?: number;
  /** The hub that repositories are downloaded from; https://huggingface.co by default. */
  hub?: string | URL;
  /** An access token for the hub, for gated and private repositories. It is sent only to the hub, and never stored. */
  token?: string;
  /** Where to store models; by default the best kind available. */
  store?: StorageState["kind"];
}

/** The part of `StartOptions` that is sent to the worker, with absolute addresses. */
export interface WorkerOptions extends Omit<StartOptions, "base" | "models" | "hub"> {
  base?: string;
  models: string | PackagedModels;
  hub?: string;
}

/** The known models, as a bundled program includes them. */
export interface PackagedModels {
  /** The records by id. */
  records: Record<string, ModelRecord>;
  /** The URLs of the files included in the package, by the ids of their records. */
  files: Record<string, string>;
}

export interface LoadOptions extends CallOptions<LoadProgress> {
  /** The type to quantize published weights to; `q8_0` by default. */
  dtype?: Dtype;
  /** Whose pixels to run the model with, whatever its file says; `ModelInfo` has what it is. */
  preprocessor?: PreprocessorName;
}

/** The worker's answer to `start`. */
export interface Started {
  capabilities: Capabilities;
  flavour: Flavour;
}

/** A request that is running in the worker. */
export interface Job<Progress = any> {
  signal: AbortSignal;
  progress(payload: Progress): void;
  /** Lets pending messages be handled; throws the signal's reason if one of them cancelled this job. */
  breathe(): Promise<void>;
}
