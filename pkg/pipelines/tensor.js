// @ts-check
/** Embeddings as transformers.js gives them: rows of 32-bit floats, with the operations that embeddings need. */
import { EngineError } from "../engine/protocol/engine-error.js";

/** Its rows are also there by their index: `tensor[0]`. */
export class Tensor {
  /**
   * @param {"float32"} type
   * @param {ArrayLike<number>} data row after row
   * @param {number[]} dims
   */
  constructor(type, data, dims) {
    if (type !== "float32") throw new EngineError("option", `the tensor's type is "${type}": expected "float32", the only one here`);
    const size = dims.reduce((product, dim) => product * dim, 1);
    if (data.length !== size) throw new EngineError("vector", `the tensor has ${data.length} values: dimensions of [${dims.join(", ")}] need ${size}`);
    this.type = type;
    this.data = data instanceof Float32Array ? data : Float32Array.from(data);
    this.dims = dims;
    for (let row = 0; dims.length > 1 && row < dims[0]; row += 1) Object.defineProperty(this, row, { get: () => this.#row(row) });
  }

  /** How many values there are. */
  get size() {
    return this.data.length;
  }

  /** @returns {any[]} nested arrays of numbers, one for each row */
  tolist() {
    return nested([...this.data], this.dims);
  }

  /**
   * @returns {number} the value, where there is one alone
   * @throws {EngineError} "vector" where there are others
   */
  item() {
    if (this.size !== 1) throw new EngineError("vector", `the tensor has ${this.size} values: item() needs one`);
    return this.data[0];
  }

  /** @returns {Tensor} the mean of all values, whose `item()` is the number */
  mean() {
    const sum = this.data.reduce((total, value) => total + value, 0);
    return new Tensor("float32", [sum / this.size], []);
  }

  /**
   * @param {number} [p] which norm: 2, the length of a row
   * @param {number} [dim] the dimension that rows lie along: the last
   * @returns {Tensor} with each row divided by its length
   */
  normalize(p = 2, dim = -1) {
    const last = this.dims.length - 1;
    if (p !== 2 || (dim !== -1 && dim !== last)) throw new EngineError("option", `normalize(${p}, ${dim}): only rows are divided by their length, normalize(2, ${last})`);
    const width = this.dims[last] ?? 1;
    const data = Float32Array.from(this.data);
    for (let start = 0; start < data.length; start += width) {
      const row = data.subarray(start, start + width);
      const length = Math.hypot(...row) || 1;
      row.forEach((value, index) => (row[index] = value / length));
    }
    return new Tensor("float32", data, [...this.dims]);
  }

  /** Its rows, as tensors with a dimension less; the values themselves, where it is one row. @returns {IterableIterator<any>} */
  *[Symbol.iterator]() {
    if (this.dims.length <= 1) return yield* this.data;
    for (let row = 0; row < this.dims[0]; row += 1) yield this.#row(row);
  }

  /** @param {number} row */
  #row(row) {
    const [rows, ...dims] = this.dims;
    const length = this.size / rows;
    return new Tensor("float32", this.data.subarray(row * length, (row + 1) * length), dims);
  }

  /**
   * @param {Float32Array[]} rows of one length
   * @returns {Tensor} [rows, length]
   */
  static ofRows(rows) {
    const width = rows[0]?.length ?? 0;
    const data = new Float32Array(rows.length * width);
    rows.forEach((values, row) => data.set(values, row * width));
    return new Tensor("float32", data, [rows.length, width]);
  }
}

/** @param {number[]} flat @param {number[]} dims @returns {any[]} */
function nested(flat, [rows, ...dims]) {
  if (dims.length === 0) return flat;
  const length = flat.length / rows;
  return Array.from({ length: rows }, (_, row) => nested(flat.slice(row * length, (row + 1) * length), dims));
}
