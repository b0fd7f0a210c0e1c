/**
 * The protocol between the page's thread and the engine's worker. Both sides are checked against this file, so that a misspelt
 * kind of request or a payload of the wrong type does not compile.
 *
 * A request is `{ id, kind, payload }`. Its answers have the same `id`: any number of `progress`, then `done` or `failed`.
 * `cancel` has the `id` of the request that it cancels, and no answer of its own; `end`, the last message to a worker, has
 * neither. `lost` has no `id`: the worker cannot continue, and everything pending has failed.
 */
import type { Unread } from "../research/picture-bytes.js";
import type { SavedPart } from "../research/saved-embeddings.js";
import type {
  Classification,
  ClassifyRequest,
  Variant,
  Dtype,
  EncodeProgress,
  HeatmapRequest,
  Heatmaps,
  Identity,
  ImageInput,
  Job,
  KernelTrial,
  LoadProgress,
  ModelInfo,
  ModelRecord,
  ModelSource,
  Picture,
  PreprocessorName,
  Preview,
  Started,
  StorageState,
  StoredModel,
  Trial,
  WorkerOptions,
} from "./types.js";
import type { PackedError } from "./wire-error.js";

/** The payload, the result and the progress of a kind of request. */
interface Exchange<Takes, Gives, Tells = never> {
  takes: Takes;
  gives: Gives;
  tells: Tells;
}

/** The engine's own requests: `EngineHost` has a method for each. */
export interface EngineRequests {
  start: Exchange<WorkerOptions, Started>;
  /** Downloads a model into the store if necessary, and returns what to `load`. */
  download: Exchange<{ source: ModelSource; dtype?: Dtype }, ReadyModel, LoadProgress>;
  load: Exchange<ReadyModel & { preprocessor?: PreprocessorName }, ModelInfo, LoadProgress>;
  preview: Exchange<{ source: ModelSource; dtype?: Dtype }, Preview>;
  listModels: Exchange<{}, { records: ModelRecord[]; stored: StoredModel[] }>;
  deleteModel: Exchange<{ key: string }, void>;
  storage: Exchange<{}, StorageState>;
  modelFile: Exchange<{ key: string }, Blob>;
  embedImage: Exchange<{ image: ImageInput }, Omit<Picture, "key">>;
  /** `first` and `total` say which of all images these are, for messages. */
  embedImages: Exchange<{ images: ImageInput[]; first?: number; total?: number }, Float32Array[], EncodeProgress>;
  embedTexts: Exchange<{ texts: string[] }, Float32Array[], EncodeProgress>;
  classify: Exchange<ClassifyRequest & { embedding: Float32Array }, Classification, EncodeProgress>;
  heatmaps: Exchange<HeatmapRequest & { image: ImageInput }, Heatmaps, EncodeProgress>;
  modelHash: Exchange<{}, string>;
  tokenize: Exchange<{ text: string }, Uint32Array>;
  preprocess: Exchange<{ image: Blob }, Float32Array>;
  tryKernels: Exchange<{}, KernelTrial[]>;
}

/** What to load, with a sentence if it may not be the newest version. */
export interface ReadyModel {
  source: ModelSource;
  note?: string;
}

/** Labels, the templates that they are inserted into, and the random seed. */
export interface Question {
  labels: string[];
  templates: string[];
  seed: number;
}

/** Identifies the data set that a request is for: if another one is open, the request is refused. By default, the open one. */
interface OfDataSet {
  token?: number;
}

/** An optional table whose groups replace the pictures' labels. */
interface Grouped {
  groups?: string;
}

/** A measurement as the command line prints it with `--json`: the keys are the same. */
export type Measured = Record<string, any>;

/** The model and engine that a measurement was made with. */
export interface AboutModel {
  version: string;
  model: string;
  dtype: string;
  weights_sha256: string;
  engine: { flavour: string; threads: number; browser: string };
}

/** Requests that measure data sets: `ResearchHost` has a method for each. It is fetched on the first one. */
export interface ResearchRequests {
  /** Opens a data set, empty or with embeddings from files; `expected` is the number of pictures to be added. */
  open: Exchange<
    OfDataSet & { parts: { npy: Uint8Array; csv: string }[]; expected: number; saved?: SavedPart[] },
    { names: string[]; sizes: number[] }
  >;
  recall: Exchange<OfDataSet & { pictures: Unread[] }, { found: { name: string; set: string; at: number }[] }>;
  add: Exchange<
    OfDataSet & { batch?: number; pictures: Unread[]; ahead?: { batch: number; pictures: Unread[] } | null },
    { skipped: { name: string; reason: string }[]; milliseconds: number }
  >;
  unsaved: Exchange<OfDataSet, { index: string; values: Uint8Array } | null>;
  arrange: Exchange<OfDataSet & { names: string[] }, boolean>;
  about: Exchange<OfDataSet & Grouped, AboutModel & Identity & { images: number }>;
  model: Exchange<OfDataSet, AboutModel>;
  identity: Exchange<{ pictures: { name: string; label: string | null; sha256: string }[] }, Identity>;
  sample: Exchange<{ pictures: { name: string; label: string | null }[]; each: number; seed: number }, number[]>;
  names: Exchange<OfDataSet, string[]>;
  files: Exchange<{}, { npy: Uint8Array; csv: string; count: number }>;
  evaluate: Exchange<Question & { matrix?: boolean }, Measured, EncodeProgress>;
  bias: Exchange<Question & Grouped, Measured, EncodeProgress>;
  association: Exchange<
    Omit<Question, "labels"> & Grouped & { first: string; second: string; near: string[]; far: string[] },
    Measured | undefined,
    EncodeProgress
  >;
  probe: Exchange<Question, Measured, EncodeProgress>;
  namings: Exchange<Question & { label: string; others: string[] }, Measured[], EncodeProgress>;
  labelSets: Exchange<Question & { others: string[] }, Measured, EncodeProgress>;
  map: Exchange<{}, Measured>;
  compare: Exchange<{ first: object[]; second: object[]; seed: number; unpaired?: boolean }, Measured>;
  table: Exchange<{ text: string; json: boolean }, { file: string; label: string | null }[]>;
  csv: Exchange<{ rows: string[][] }, string>;
  corruptions: Exchange<{}, { name: string; family: string }[]>;
  corrupt: Exchange<CorruptRequest, CorruptAnswer, EncodeProgress>;
  robustness: Exchange<{ clean: Trial[]; columns: (Variant & { trials: Trial[] })[]; seed: number }, Measured>;
}

export interface CorruptRequest extends Question {
  image: Blob;
  name: string;
  /** The index of the true label. */
  truth: number;
  /** Side of the square that is corrupted, in pixels. */
  side: number;
  /** The word that the typographic attack writes onto it. */
  word: string;
  variants: Variant[];
  thumbnails?: boolean;
}

export interface CorruptAnswer {
  clean: Trial;
  trials: Trial[];
  /** Empty unless thumbnails were requested. */
  pictures: ImageData[];
  sha256: string;
  weights_sha256: string;
}

export type ResearchVerb = keyof ResearchRequests;

/** Every request; those of research have the prefix `research/`. */
export type Requests = EngineRequests & { [Verb in ResearchVerb as `research/${Verb}`]: ResearchRequests[Verb] };
export type Kind = keyof Requests;

/** A message to the worker. */
export type Message =
  | { [K in Kind]: { id: number; kind: K; payload: Requests[K]["takes"] } }[Kind]
  | { kind: "cancel"; id: number }
  | { kind: "end" };

/** A message from the worker. */
export type Answer =
  | { kind: "progress" | "done"; id: number; payload: unknown }
  | { kind: "failed"; id: number; payload: PackedError }
  | { kind: "lost"; payload: PackedError }
  | { kind: "ending" };

/** A method for each kind of request. */
export type Handlers<Of> = {
  [K in keyof Of]: Of[K] extends Exchange<infer Takes, infer Gives, infer Tells>
    ? (payload: Takes, job: Job<Tells>) => Gives | Promise<Gives>
    : never;
};

