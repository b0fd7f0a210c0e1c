/**
 * The one protocol between the page's thread and the engine's worker. Both sides are checked against this file, so that a kind
 * of request that is misspelt on either of them, or a payload that does not fit, does not compile.
 *
 * A request is `{ id, kind, payload }`. An answer carries the `id` of its request: any number of `progress`, then `done` or
 * `failed`. `cancel` names the request it ends by its `id` and has no answer of its own; `end`, the last message to a worker,
 * has neither. `lost` has no `id`: the worker cannot go on, and everything pending has failed.
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
  Preview,
  Started,
  StorageState,
  StoredModel,
  Trial,
  WorkerOptions,
} from "./types.js";
import type { PackedError } from "./wire-error.js";

/** What a kind of request takes, what it gives, and what it tells on the way. */
interface Exchange<Takes, Gives, Tells = never> {
  takes: Takes;
  gives: Gives;
  tells: Tells;
}

/** The engine's own requests: `EngineHost` has a method for each. */
export interface EngineRequests {
  start: Exchange<WorkerOptions, Started>;
  /** Fetches a model into the store, where it has to come from elsewhere; gives what to `load`. */
  download: Exchange<{ source: ModelSource; dtype?: Dtype }, ReadyModel, LoadProgress>;
  load: Exchange<ReadyModel, ModelInfo, LoadProgress>;
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

/** What to load, and a sentence where that may not be the newest. */
export interface ReadyModel {
  source: ModelSource;
  note?: string;
}

/** Labels, the templates they are put into, and the seed of what is drawn at random. */
export interface Question {
  labels: string[];
  templates: string[];
  seed: number;
}

/** A data set that was opened: what is asked for another one is refused. The one that is open where absent. */
interface OfDataSet {
  token?: number;
}

/** A table whose groups take the place of the pictures' labels, if there is one. */
interface Grouped {
  groups?: string;
}

/** A measurement as the command line prints it with `--json`: the keys are the same. */
export type Measured = Record<string, any>;

/** What a measurement was made with. */
export interface AboutModel {
  version: string;
  model: string;
  dtype: string;
  weights_sha256: string;
  engine: { flavour: string; threads: number; browser: string };
}

/** What measures data sets: `ResearchHost` has a method for each. It is fetched when the first one comes. */
export interface ResearchRequests {
  /** Begins with nothing, or with embeddings from files; `expected` pictures are to come. */
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
  /** The place of the true label. */
  truth: number;
  /** Side of the square that is corrupted, in pixels. */
  side: number;
  /** What the typographic attack writes on it. */
  word: string;
  variants: Variant[];
  thumbnails?: boolean;
}

export interface CorruptAnswer {
  clean: Trial;
  trials: Trial[];
  /** Empty unless thumbnails were asked for. */
  pictures: ImageData[];
  sha256: string;
  weights_sha256: string;
}

export type ResearchVerb = keyof ResearchRequests;

/** Every request: the research's have its name before theirs. */
export type Requests = EngineRequests & { [Verb in ResearchVerb as `research/${Verb}`]: ResearchRequests[Verb] };
export type Kind = keyof Requests;

/** What a worker is sent. */
export type Message =
  | { [K in Kind]: { id: number; kind: K; payload: Requests[K]["takes"] } }[Kind]
  | { kind: "cancel"; id: number }
  | { kind: "end" };

/** What a worker sends. */
export type Answer =
  | { kind: "progress" | "done"; id: number; payload: unknown }
  | { kind: "failed"; id: number; payload: PackedError }
  | { kind: "lost"; payload: PackedError };

/** A method for each kind of request. */
export type Handlers<Of> = {
  [K in keyof Of]: Of[K] extends Exchange<infer Takes, infer Gives, infer Tells>
    ? (payload: Takes, job: Job<Tells>) => Gives | Promise<Gives>
    : never;
};

