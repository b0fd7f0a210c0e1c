/** The shapes that cross between the page, the worker and the WebAssembly module. */

export * from "./wasm-modules.js";

/** What a browser offers; plain data, so that `selectFlavour` can be a pure function of it. */
export interface Capabilities {
  simd: boolean;
  relaxed: boolean;
  /** Cross-origin isolated: shared memory, and with it threads, would be allowed. */
  isolated: boolean;
  /** Whether a pool of threads can be started again and again, and so is worth starting unasked. */
  pools: boolean;
  /** Logical processors, as the browser reports them. */
  cores: number;
}

/** A build of the engine. */
export type Flavour = "simd" | "relaxed" | "simd-threads" | "relaxed-threads";

/** A compiled module: of the engine, or of what is fetched when it is first asked for. */
export type Build = Flavour | "research" | "research-threads";

/** What matrices are quantized to; each tensor gets this or what its shape and place ask for. */
export type Dtype = "f32" | "f16" | "q8_0" | "q6_k" | "q5_0" | "q4_0";

/**
 * Where a model comes from: a record's id (`models/<id>.json`); a repository of the hub, `owner/name` or
 * `owner/name@revision`; the URL of a GGUF file; a GGUF file of the visitor's; the files of a Hugging Face folder; or
 * the key of a model in the store.
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
  /** The GGUF file beside the record; `<id>.gguf` where neither this nor a repository is named. */
  file?: string;
  /** The size of that file, or of the repository's weights. */
  bytes?: number;
  /** The SHA-256 of the file beside the record. */
  sha256?: string;
  /** What `bytes` become, by type. */
  sizes?: Partial<Record<Dtype, number>>;
  /** Whether these very weights have been run and compared. */
  verified?: boolean;
  source?: { repo?: string; revision?: string; file?: string; sha256?: string };
}

/** A model in the store, whole or on its way. */
export interface StoredModel {
  /** Names it in `load({ stored: key })` and `deleteModel(key)`. */
  key: string;
  name: string;
  dtype: string;
  /** Whether it can be loaded; what is not goes on where it stopped when its `source` is loaded again. */
  complete: boolean;
  /** In the store. */
  bytes: number;
  /** Bytes of the source that have come, and of all of it (0 where unknown). */
  loaded: number;
  total: number;
  source: ModelSource;
  /** Of a model by its URL: what the host said of the file, by which a newer one is told. */
  version?: { etag?: string; modified?: string; bytes?: number };
  /** Of a record's model: what the record said of where its weights are. */
  origin?: string;
  /** When it was whole, in milliseconds since 1970. */
  at?: number;
}

export interface StorageState {
  /** `memory` keeps nothing beyond this page. */
  kind: "opfs" | "cache" | "memory";
  /** Bytes, by the browser's estimate, of everything this origin keeps. */
  used: number;
  /** 0 where the browser does not tell. */
  quota: number;
  /** Whether the browser has promised not to evict. */
  persisted: boolean;
}

/** What there is to know of a source before its weights are downloaded. */
export interface Preview {
  name: string;
  license?: string;
  /** To download. */
  bytes: number;
  /** What the store and, nearly, the engine's memory will need, by type; only the source's own where it is a GGUF. */
  sizes: Partial<Record<Dtype, number>>;
  /** Whether it is in the store already, in the type asked for. */
  stored: boolean;
  /** A sentence where this device will hardly hold it. */
  warning?: string;
}

export interface LoadProgress {
  /** Bytes so far. */
  loaded: number;
  /** Bytes in all; 0 where nobody knows. */
  total: number;
  /**
   * `download` from the network (quantized as they come), `read` from disk or the store, `prepare` once all bytes are
   * there, `wait` for another tab that has the same download in hand, or for the network to come back.
   */
  stage: "download" | "read" | "prepare" | "wait";
  /** The file on its way. */
  file?: string;
  /** Over the last seconds. */
  bytesPerSecond?: number;
  secondsLeft?: number;
  /** A sentence about something that does not go as it should but is being dealt with. */
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
  context_length: number;
  projection_dim: number;
  logit_scale: number;
  /** How the model was trained to be read. */
  mode: "softmax" | "independent";
  /** The prompt templates the model is meant to be used with; each has a `{}` for the label. */
  templates: string[];
  /** The templates that the model's record names for an ensemble; may be empty. */
  ensemble: string[];
  license: string;
  description: string;
  source: string;
  flavour: Flavour;
  /** How many threads share the work. */
  threads: number;
  version: string;
  /** A sentence where a kept model may not be the newest, or was damaged and fetched again. */
  note?: string;
}

/** What `embedImage` takes. A Blob is decoded by the engine; the others have been decoded by the browser. */
export type ImageInput = Blob | ImageData | ImageBitmap;

export interface Picture {
  /** Different for every picture of one client. */
  key: string;
  width: number;
  height: number;
  /** `jpeg`, `png`, …; the Blob's type or `pixels` where the browser decoded. */
  format: string;
  /** Who decoded. Only `rust` promises the same pixels everywhere. */
  decoder: "rust" | "browser";
  /** [projection_dim], as projected, not normalised. */
  embedding: Float32Array;
  /** Milliseconds. */
  timings: { decode: number; preprocess: number; encode: number };
}

export interface ClassifyRequest {
  labels: string[];
  /** Each with a `{}`; several are averaged as an ensemble. */
  templates: string[];
  /** `softmax`: among these labels. `independent`: each on its own. The model's own where absent. */
  mode?: "softmax" | "independent";
}

export interface Score {
  label: string;
  /** In 0..1. */
  score: number;
  /** Of the picture and the label's prompts, in -1..1. */
  cosine: number;
  logit: number;
  /** The label's place in the request. */
  index: number;
}

export interface Classification {
  /** Best first; equal scores in the order of the request. */
  scores: Score[];
  /** Milliseconds. */
  timings: { text: number; score: number };
  /** How many labels had to be encoded because they were new. */
  encoded: number;
}

/** How a heatmap comes about: cosines with parts covered, in some 65 passes, or with the model's own patches, in one. */
export type HeatmapMethod = "occlusion" | "patches";

export interface HeatmapRequest {
  /** A `Picture`'s: what has been looked at under the newest one is kept. */
  key: string;
  method: HeatmapMethod;
  labels: string[];
  templates: string[];
}

export interface Heatmaps {
  /** Cells along a side of the square that the model sees. */
  side: number;
  /**
   * [labels, side * side], row by row, in the order of the request. `occlusion`: how far the label's cosine drops with a
   * part covered; `patches`: its cosine with each patch.
   */
  values: Float32Array;
}

/** Labels or texts encoded so far, of those that are new. */
export interface EncodeProgress {
  done: number;
  total: number;
}

export interface CallOptions<Progress> {
  /** Ends the call: it rejects with the signal's reason, an `AbortError` by default. */
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

export interface StartOptions {
  /** A folder with a copy of this package's files, for bundlers that do not follow their addresses; where they lie where absent. */
  base?: string | URL;
  /** The folder of the model records, or the records themselves; those of the package where absent. */
  models?: string | URL | PackagedModels;
  /** Runs this build whatever the browser could do, for comparisons and tests. */
  flavour?: Flavour;
  /**
   * How many threads to share the work among, where the page is cross-origin isolated; where absent, up to 8, and one in
   * Firefox.
   */
  threads?: number;
  /** The hub to fetch repositories from; https://huggingface.co where absent. */
  hub?: string | URL;
  /** Of the hub, for gated and private repositories. It is sent to the hub alone, and kept nowhere. */
  token?: string;
  /** Where to keep models; the best there is where absent. */
  store?: StorageState["kind"];
}

/** What of them the worker gets: addresses are absolute. */
export interface WorkerOptions extends Omit<StartOptions, "base" | "models" | "hub"> {
  base?: string;
  models: string | PackagedModels;
  hub?: string;
}

/** The known models, as a program that is bundled has them. */
export interface PackagedModels {
  /** By their ids. */
  records: Record<string, ModelRecord>;
  /** Where the files that come with the package are, by the ids of their records. */
  files: Record<string, string>;
}

export interface LoadOptions extends CallOptions<LoadProgress> {
  /** What to quantize published weights to; `q8_0` where absent. */
  dtype?: Dtype;
}

/** What the worker answers to `start`. */
export interface Started {
  capabilities: Capabilities;
  flavour: Flavour;
}

/** A request while it runs in the worker. */
export interface Job<Progress = any> {
  signal: AbortSignal;
  progress(payload: Progress): void;
  /** Lets waiting messages in; throws the signal's reason if one of them ended this job. */
  breathe(): Promise<void>;
}
