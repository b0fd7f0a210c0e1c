/** Where models lie: a folder of files for each key. Two callers never write to one key at a time (Web Locks). */
export interface ModelFiles {
  readonly kind: "opfs" | "cache" | "memory";
  keys(): Promise<string[]>;
  read(key: string, name: string): Promise<Blob | undefined>;
  /**
   * A file's bytes in pieces of `size` where there is a faster way than its Blob, each good until the next; none of one that
   * is not there.
   */
  pieces?(key: string, name: string, size: number): AsyncIterable<Uint8Array>;
  /** Opens a key for writing, with whatever is there. */
  open(key: string): Promise<Draft>;
  remove(key: string): Promise<void>;
}

/** The files of one key, open for writing: a long `body`, and small files that are replaced as a whole. */
export interface Draft {
  /** Of the body. */
  size(): number;
  /** Rejects with a `QuotaExceededError` or an error with code "quota" where the disk is full. */
  append(bytes: Uint8Array): Promise<void>;
  truncate(size: number): Promise<void>;
  /** The first `size` bytes of the body, each piece good until the next. */
  read(size: number): AsyncIterable<Uint8Array>;
  /** Writes a small file, once the body so far is safe. */
  save(name: string, bytes: Uint8Array): Promise<void>;
  /** Removes a small file. */
  drop(name: string): Promise<void>;
  close(): Promise<void>;
}

declare global {
  /** Not in TypeScript's DOM library, because only workers have it. */
  interface FileSystemSyncAccessHandle {
    read(into: BufferSource, options: { at: number }): number;
    write(bytes: BufferSource, options: { at: number }): number;
    truncate(size: number): void;
    getSize(): number;
    flush(): void;
    close(): void;
  }
  interface FileSystemFileHandle {
    createSyncAccessHandle(options?: { mode: "read-only" }): Promise<FileSystemSyncAccessHandle>;
  }
}
