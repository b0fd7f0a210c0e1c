/** The shapes that cross between the page, the worker and the WebAssembly module. */

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
  /** The folder that holds `simd/` and `relaxed/`; the engine's own where absent. */
  base?: string | URL;
  /** The folder of the model records; the engine's own where absent. */
  models?: string | URL;
  /** Runs this build whatever the browser could do, for comparisons and tests. */
  flavour?: Flavour;
  /**
   * How many threads to share the work among, where the page is cross-origin isolated; where absent, up to 8, and one in
   * Firefox.
   */
  threads?: number;
  /** The hub to fetch repositories from; https://huggingface.co where absent. */
  hub?: string | URL;
  /** Where to keep models; the best there is where absent. */
  store?: StorageState["kind"];
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
export interface Job {
  signal: AbortSignal;
  progress(payload: unknown): void;
  /** Lets waiting messages in; throws the signal's reason if one of them ended this job. */
  breathe(): Promise<void>;
}

/** A wasm-bindgen module. */
export interface BuiltModule {
  default(init?: { module_or_path: WebAssembly.Module; memory: WebAssembly.Memory }): Promise<unknown>;
  /** The rest is there in builds with threads only. */
  shared_module(): WebAssembly.Module;
  shared_memory(): WebAssembly.Memory;
  /** Shares the work among threads that wait in `run_pool_thread`. */
  start_pool(count: number): void;
  /** Does not return. */
  run_pool_thread(): void;
}

/** The engine: `src/web/engine` of the crate. */
export interface EngineModule extends BuiltModule {
  ModelLoader: new (expectedBytes: number, sha256?: string) => WasmModelLoader;
}

/** What is fetched when it is first asked for: `src/web/research` of the crate. */
export interface ResearchModule extends BuiltModule {
  Conversion: {
    new (dtype: string): WasmConversion;
    resume(snapshot: Uint8Array): WasmConversion;
  };
  /** What to fetch of a repository, from the hub's answer about it and our record of it ("{}" where there is none). */
  plan_repository(answer: Uint8Array, repo: string, record: string): RepositoryPlan;
  /** The sizes that a config's model takes by type; throws for an architecture that is not run here. */
  model_sizes(config: Uint8Array): Record<Dtype, number>;
  EmbeddingSet: new (width: number) => WasmEmbeddingSet;
  /** [labels, projection_dim], of unit length. */
  LabelSet: new (names: string[], embeddings: Float32Array, logitScale: number) => WasmLabelSet;
  /** [side, side, 3] */
  DamagedPicture: new (side: number, rgb: Uint8Array) => WasmDamagedPicture;
  read_table(text: string, isJson: boolean): string[];
  write_table(cells: string[], columns: number): string;
  compare(first: string, second: string, seed: number): unknown;
  compare_unpaired(first: string, second: string): unknown;
  corruptions(): string[];
  robustness(clean: string, columns: string, seed: number): unknown;
  sha256(bytes: Uint8Array): string;
  identity_of(names: string[], labels: string[], hashes: string[]): Identity;
  /** Places in the lists. */
  sample_of_each_label(names: string[], labels: string[], each: number, seed: number): Uint32Array;
}

export interface RepositoryFile {
  name: string;
  bytes: number;
  sha256?: string;
}

export interface RepositoryPlan {
  revision: string;
  /** The small files by what they are for, `null` where there is none. */
  companions: Record<string, RepositoryFile | null>;
  weights: RepositoryFile[];
  /** What the file made of them will say of its origin. */
  record: ModelRecord;
}

/** Published weights in, the data of a GGUF file out. */
export interface WasmConversion {
  /** Bytes of the source taken. */
  position(): number;
  /** How many files of the source have been ended. */
  files(): number;
  /** Bytes of data made, with those not yet taken away. */
  written(): number;
  /** Takes the next bytes; gives how many bytes of data wait to be taken away. */
  push(chunk: Uint8Array): number;
  take(): Uint8Array;
  /** To be taken up by `resume`; only when nothing waits to be taken away. */
  snapshot(): Uint8Array;
  /** The SHA-256 of the file that ends here. */
  end_file(): string;
  /** Consumes the conversion. */
  finish(companions: Record<string, Uint8Array>, record: string): WasmEnding;
  free(): void;
}

export interface WasmEnding {
  /** The last of the data. */
  tail(): Uint8Array;
  /** What stands before the data in the file. */
  header(): Uint8Array;
  source_sha256(): string;
  free(): void;
}

/** What one implementation of the matrix product reached. */
export interface KernelTrial {
  kernel: string;
  /** The largest magnitude of a weight's code: 16 for types of up to five bits, else 127. */
  largest_code: number;
  /** Billions of products a second. */
  gmacs: number;
  /** Whether it is the one in use from now on. */
  chosen: boolean;
  /** A checksum of the product's bits: the same for all. */
  bits: number;
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
  /** [templates, labels] */
  prompts(labels: string[], templates: string[]): string[];
  /** Takes the embeddings of these labels' prompts, as projected. */
  keep_labels(labels: string[], templates: string[], embeddings: Float32Array): void;
  classify(embedding: Float32Array, labels: string[], templates: string[], mode?: string): Score[];
  /** Begins the heatmaps of a picture; no pass is made yet. */
  saliency(bytes: Uint8Array, method: string): WasmSaliency;
  saliency_of_pixels(rgba: Uint8Array, width: number, height: number, method: string): WasmSaliency;
  /** Makes the next pass. */
  look(saliency: WasmSaliency): void;
  /** [labels, side * side] */
  heatmaps(saliency: WasmSaliency, labels: string[], templates: string[]): Float32Array;
  tokenize(text: string): Uint32Array;
  /** [3, image_size, image_size], of an encoded picture. */
  preprocess(bytes: Uint8Array): Float32Array;
  /** Encoded pictures, several at the same time where there are threads. */
  embed_images(pictures: Uint8Array[]): WasmImageEmbeddings;
  /** Squares, [side, side, 3] each. */
  embed_squares(pictures: Uint8Array[], side: number): WasmImageEmbeddings;
  /** The square that damage is done to of an encoded picture. [side, side, 3] */
  working_copy(bytes: Uint8Array, side: number): Uint8Array;
  /** [labels, projection_dim], of unit length. */
  label_embeddings(labels: string[], templates: string[]): Float32Array;
  /** Times the implementations of the matrix product on the model's own width, and keeps the fastest of each kind. */
  try_kernels(): KernelTrial[];
  free(): void;
}

/** What tells some pictures from others: hashes of their bytes and names, without and with their labels. */
export interface Identity {
  pictures_sha256: string;
  data_sha256: string;
}

/** The embeddings of a data set, in the memory of the build `research`. */
export interface WasmEmbeddingSet {
  expect(pictures: number): void;
  append(npy: Uint8Array, csv: string, weights: string): void;
  /** An empty label or hash is none. [pictures, projection_dim] */
  add(names: string[], labels: string[], hashes: string[], embeddings: Float32Array): void;
  /** Into the order of `names`; whether any moved. */
  arrange(names: string[]): boolean;
  count(): number;
  names(): string[];
  identity(): Identity;
  npy(): Uint8Array;
  csv(weights: string): string;
  map(): unknown;
  regrouped(table: string, isJson: boolean): WasmEmbeddingSet;
  evaluate(labels: WasmLabelSet, seed: number): WasmEvaluation;
  bias(labels: WasmLabelSet, seed: number): WasmMeasurement;
  probe(labels: WasmLabelSet, seed: number): WasmMeasurement;
  namings(labels: WasmLabelSet, label: number, others: WasmLabelSet): unknown;
  label_sets(labels: WasmLabelSet, others: WasmLabelSet): unknown;
  /** Nothing where a group has no picture. */
  association(first: string, second: string, near: WasmLabelSet, far: WasmLabelSet, seed: number): unknown;
  free(): void;
}

/** Labels that are encoded, to measure with. */
export interface WasmLabelSet {
  /** The answer to a picture's embedding whose true label stands at `truth`. */
  trial(embedding: Float32Array, truth: number): Trial;
  free(): void;
}

/** What was measured of kept embeddings. */
export interface WasmEvaluation {
  /** A template by itself, whose embeddings of the same labels these are. */
  add_template(template: string, embeddings: WasmEmbeddingSet, labels: WasmLabelSet): void;
  object(): { confusion?: number[][] | null };
  free(): void;
}

/** The embeddings of some pictures. */
export interface WasmImageEmbeddings {
  /** Of those that could be embedded, in their order: [pictures, projection_dim], as projected. */
  readonly embeddings: Float32Array;
  readonly failures: EmbedFailure[];
  free(): void;
}

/** A picture of some that could not be embedded. */
export interface EmbedFailure {
  place: number;
  code: string;
  reason: string;
}

/** A measurement under way, in steps. */
export interface WasmMeasurement {
  /** Steps done, and steps in all. */
  progress(): [number, number];
  step(count: number): void;
  /** Consumes the measurement. */
  finish(): unknown;
  free(): void;
}

export interface WasmDamagedPicture {
  /** Copies, [side, side, 3] each. What is asked is JSON, as `src/web/research/damage.rs` says. */
  damaged(asked: string): Uint8Array[];
  free(): void;
}

/** A corruption, by ImageNet-C's name, at a severity of 1 to 5. */
export interface Damage {
  corruption: string;
  severity: number;
}

/** One answer of a robustness run: the best label's place, whether it is the true one, and the true one's share. */
export interface Trial {
  predicted: number;
  right: boolean;
  score: number;
}

export interface WasmSaliency {
  side(): number;
  /** How many passes of the vision tower it takes, and how many have been made. */
  passes(): number;
  made(): number;
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
