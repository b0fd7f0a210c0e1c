/** What the compiler does not see of `Tensor`: it goes into the declarations that are made of the class. */
declare module "./tensor.js" {
  interface Tensor {
    /** A row, as a tensor with one dimension fewer. */
    readonly [row: number]: Tensor;
  }
}
export {};
