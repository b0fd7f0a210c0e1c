/** What the compiler does not see of `Tensor`: it goes into the declarations that are made of the class. */
declare module "./tensor.js" {
  interface Tensor {
    /** Its rows, as tensors with a dimension less. */
    readonly [row: number]: Tensor;
  }
}
export {};
