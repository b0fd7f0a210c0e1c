// @ts-check
/** The map of embeddings, computed by another way than the page's: two eigenvectors of the pictures' inner products. */

/** Rounds of the power iteration: the second direction settles slowly where a third holds nearly as much. */
const ROUNDS = 5000;

/** Values of a .npy file of f32, version 1. @param {Buffer} file @returns {number[][]} rows */
export function rowsOf(file) {
  const header = file.subarray(10, 10 + file.readUInt16LE(8)).toString("latin1");
  const [, rows, width] = (/\((\d+), (\d+),?\)/.exec(header) ?? []).map(Number);
  const values = file.subarray(10 + file.readUInt16LE(8));
  return Array.from({ length: rows }, (_, row) => Array.from({ length: width }, (_, at) => values.readFloatLE((row * width + at) * 4)));
}

/**
 * @param {number[][]} embeddings
 * @param {string[]} labels of each
 */
export function mapOf(embeddings, labels) {
  const units = embeddings.map((row) => row.map((value) => value / Math.hypot(...row)));
  const mean = units[0].map((_, at) => units.reduce((sum, row) => sum + row[at], 0) / units.length);
  const rows = units.map((row) => row.map((value, at) => value - mean[at]));
  const products = rows.map((one) => rows.map((other) => dot(one, other)));
  const total = products.reduce((sum, row, at) => sum + row[at], 0);
  const axes = [0, 1].map(() => {
    let vector = products.map((_, at) => 1 + (at % 7));
    for (let round = 0; round < ROUNDS; round += 1) {
      const next = products.map((row) => dot(row, vector));
      vector = next.map((value) => value / Math.hypot(...next));
    }
    const variance = dot(products.map((row) => dot(row, vector)), vector);
    products.forEach((row, at) => row.forEach((_, beside) => (row[beside] -= variance * vector[at] * vector[beside])));
    const direction = rows[0].map((_, at) => rows.reduce((sum, row, place) => sum + row[at] * vector[place], 0));
    const largest = direction.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
    return { variance, along: vector.map((value) => Math.sign(largest) * Math.sqrt(variance) * value) };
  });
  const coordinates = rows.map((_, place) => axes.map(({ along }) => along[place]));
  const classes = [...new Set(labels)].sort().map((label) => {
    const members = labels.flatMap((other, place) => (other === label ? [place] : []));
    const centre = [0, 1].map((axis) => members.reduce((sum, place) => sum + coordinates[place][axis], 0) / members.length);
    const apart = members.reduce((sum, place) => sum + (coordinates[place][0] - centre[0]) ** 2 + (coordinates[place][1] - centre[1]) ** 2, 0);
    return { label, members, centre, spread: Math.sqrt(apart / members.length) };
  });
  return { coordinates, explained: axes.map(({ variance }) => variance / total), classes };
}

/** @param {number[]} one @param {number[]} other */
function dot(one, other) {
  return one.reduce((sum, value, at) => sum + value * other[at], 0);
}
