// @ts-check
/** Embeddings in the shape that transformers.js gives them: rows of 32-bit floats. */
export class Tensor {
  /** @type {"float32"} */
  type = "float32";

  /**
   * @param {Float32Array} data row after row
   * @param {number[]} dims
   */
  constructor(data, dims) {
    this.data = data;
    this.dims = dims;
  }

  /** How many values there are. */
  get size() {
    return this.data.length;
  }

  /** @returns {any[]} nested arrays of numbers, one for each row */
  tolist() {
    return nested([...this.data], this.dims);
  }

  /** Its rows, as tensors with a dimension less. @returns {IterableIterator<Tensor>} */
  *[Symbol.iterator]() {
    const [rows, ...dims] = this.dims;
    const length = this.data.length / rows;
    for (let row = 0; row < rows; row += 1) yield new Tensor(this.data.subarray(row * length, (row + 1) * length), dims);
  }

  /**
   * @param {Float32Array[]} rows of one length
   * @param {boolean} normalize whether each is divided by its length
   * @returns {Tensor} [rows, length]
   */
  static ofRows(rows, normalize) {
    const width = rows[0]?.length ?? 0;
    const data = new Float32Array(rows.length * width);
    rows.forEach((values, row) => data.set(normalize ? unit(values) : values, row * width));
    return new Tensor(data, [rows.length, width]);
  }
}

/** @param {Float32Array} values */
function unit(values) {
  const length = Math.hypot(...values) || 1;
  return values.map((value) => value / length);
}

/** @param {number[]} flat @param {number[]} dims @returns {any[]} */
function nested(flat, [rows, ...dims]) {
  if (dims.length === 0) return flat;
  const length = flat.length / rows;
  return Array.from({ length: rows }, (_, row) => nested(flat.slice(row * length, (row + 1) * length), dims));
}
