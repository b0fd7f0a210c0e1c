/** The WebAssembly modules as JavaScript sees them: `src/web` of the crate. */
import type { Measured } from "./requests.js";
import type { Dtype, ModelRecord, ModelInfo, PreprocessorName, Score } from "./types.js";

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
  compare(first: string, second: string, seed: number): Measured;
  compare_unpaired(first: string, second: string): Measured;
  corruptions(): string[];
  robustness(clean: string, columns: string, seed: number): Measured;
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
  /** A state for `resume`; only when no output is waiting to be taken. */
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
  /** Throws where the model's preprocessing has no such backend; it then stays as it was. */
  set_preprocessor(name: PreprocessorName): void;
  /** Hexadecimal, of the model file. */
  sha256(): string;
  /** The same, with the preprocessor behind a `+` where it is not the file's own: what embeddings are saved under. */
  embedder(): string;
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
  step(saliency: WasmSaliency): void;
  /** [labels, side * side] */
  heatmaps(saliency: WasmSaliency, labels: string[], templates: string[]): Float32Array;
  tokenize(text: string): Uint32Array;
  /** [3, image_size, image_size], of an encoded picture. */
  preprocess(bytes: Uint8Array): Float32Array;
  /** How many pictures are best given at once to the three that follow: as many as the threads embed together. */
  pictures_together(): number;
  /** Encoded pictures, several on each thread. */
  embed_images(pictures: Uint8Array[]): WasmImageEmbeddings;
  /** Pixels of canvases, [height, width, 4] each. */
  embed_canvases(pictures: Uint8Array[], widths: ArrayLike<number>, heights: ArrayLike<number>): WasmImageEmbeddings;
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
  map(): Measured;
  regrouped(table: string, isJson: boolean): WasmEmbeddingSet;
  evaluate(labels: WasmLabelSet, seed: number): WasmEvaluation;
  bias(labels: WasmLabelSet, seed: number): WasmMeasurement;
  probe(labels: WasmLabelSet, seed: number): WasmMeasurement;
  namings(labels: WasmLabelSet, label: number, others: WasmLabelSet): Measured[];
  label_sets(labels: WasmLabelSet, others: WasmLabelSet): Measured;
  /** Nothing where a group has no picture. */
  association(first: string, second: string, near: WasmLabelSet, far: WasmLabelSet, seed: number): Measured;
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
  finish(): Measured;
  free(): void;
}

export interface WasmDamagedPicture {
  /** Copies, [side, side, 3] each. What is asked is JSON, as `src/web/research/damage.rs` says. */
  damaged(asked: string): Uint8Array[];
  free(): void;
}

/** A corruption, by ImageNet-C's name, at a severity of 1 to 5. */
export interface Variant {
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
