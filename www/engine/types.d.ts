/** The shapes that cross between the page, the worker and the WebAssembly module. */

/** What a browser offers; plain data, so that `selectFlavour` can be a pure function of it. */
export interface Capabilities {
  simd: boolean;
  relaxed: boolean;
  /** Cross-origin isolated: shared memory, and with it threads, would be allowed. */
  isolated: boolean;
  /** Logical processors, as the browser reports them. */
  cores: number;
}

/** A build of the engine. */
export type Flavour = "simd" | "relaxed";

/** Where a model comes from: a record's id (`models/<id>.json`), a file of the visitor's, or the URL of a GGUF file. */
export type ModelSource = { id: string } | { file: File | Blob } | { url: string | URL };

/** The record of a known model; the loader needs no more than these fields. */
export interface ModelRecord {
  /** The GGUF file beside the record; `<id>.gguf` where absent. */
  file?: string;
  /** Its size, for hosts that do not tell. */
  bytes?: number;
}

export interface LoadProgress {
  /** Bytes in the engine's memory so far. */
  loaded: number;
  /** Bytes of the whole file; 0 where nobody knows. */
  total: number;
  /** `download` from the network, `read` from disk, `prepare` once all bytes are there. */
  stage: "download" | "read" | "prepare";
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
  /** The prompt templates the model is meant to be used with; each has a `{}` for the label. */
  templates: string[];
  /** The templates that the model's record names for an ensemble; may be empty. */
  ensemble: string[];
  license: string;
  description: string;
  source: string;
  flavour: Flavour;
  version: string;
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
  /** `softmax`: among these labels. `independent`: each on its own. */
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
  /** The folder that holds `simd/` and `relaxed/`; the engine's own where absent. */
  base?: string | URL;
  /** The folder of the model records; the engine's own where absent. */
  models?: string | URL;
  /** Runs this build whatever the browser could do, for comparisons and tests. */
  flavour?: Flavour;
}

/** What the worker answers to `start`. */
export interface Started {
  capabilities: Capabilities;
  flavour: Flavour;
}

/** A request while it runs in the worker. */
export interface Job {
  signal: AbortSignal;
  progress(payload: unknown): void;
  /** Lets waiting messages in; throws the signal's reason if one of them ended this job. */
  breathe(): Promise<void>;
}

/** The wasm-bindgen module of one flavour: `src/web` of the crate. */
export interface EngineModule {
  default(): Promise<unknown>;
  ModelLoader: new (expectedBytes: number) => WasmModelLoader;
}

export interface WasmModelLoader {
  /** Takes the next bytes of the file, in any chunking. */
  push(chunk: Uint8Array): void;
  /** Consumes the loader. */
  finish(): WasmEngine;
  free(): void;
}

export interface WasmEngine {
  info(): ModelInfo;
  /** Hexadecimal, of the model file. */
  sha256(): string;
  embed_image(bytes: Uint8Array): WasmImageEmbedding;
  embed_pixels(rgba: Uint8Array, width: number, height: number): WasmImageEmbedding;
  /** [texts, projection_dim], as projected. */
  embed_texts(texts: string[]): Float32Array;
  missing_labels(labels: string[], templates: string[]): string[];
  encode_labels(labels: string[], templates: string[]): void;
  classify(embedding: Float32Array, labels: string[], templates: string[], mode: string): Score[];
  tokenize(text: string): Uint32Array;
  free(): void;
}

export interface WasmImageEmbedding {
  readonly embedding: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly format: string;
  readonly decode_ms: number;
  readonly preprocess_ms: number;
  readonly encode_ms: number;
  free(): void;
}
