/** The kernels of native/src/kernels.c as TypeScript calls them: the seam to the addon and to WebAssembly. */

/** A kernel takes addresses and numbers, in the order that stands above it in native/src/kernels.c. */
export type Kernel = (...numbers: number[]) => number;

/** The kernels of one instruction set, by their C names. */
export interface Kernels {
  readonly packed_length: Kernel;
  readonly pack: Kernel;
  readonly fill: Kernel;
  readonly add: Kernel;
  readonly matmul: Kernel;
  readonly linear: Kernel;
  readonly weight_gradient: Kernel;
  readonly bias_gradient: Kernel;
  readonly embedding_forward: Kernel;
  readonly embedding_backward: Kernel;
  readonly rnn_forward: Kernel;
  readonly rnn_backward: Kernel;
  readonly lstm_forward: Kernel;
  readonly lstm_backward: Kernel;
  readonly gru_forward: Kernel;
  readonly gru_backward: Kernel;
  readonly softmax_loss: Kernel;
  readonly dropout: Kernel;
  readonly sum_of_squares: Kernel;
  readonly sgd: Kernel;
  readonly adam: Kernel;
  readonly activation: Kernel;
  readonly greatest: Kernel;
  readonly sum_of_exponentials: Kernel;
  readonly quantized_length: Kernel;
  readonly rounded_length: Kernel;
  readonly pack_quantized: Kernel;
  readonly embedding_quantized: Kernel;
  readonly softmax_room: Kernel;
  readonly minimal_forward: Kernel;
  readonly minimal_backward: Kernel;
  readonly peak: Kernel;
}
