/** The recurrences of an engine over compiled kernels: the checks of their operands, and the calls. */
import type { MinimalCell, Nonlinearity, PackedKind, PackedMatrix, WindowShape } from "./engine.js";
import { checkBackward, checkForward, checkGru, checkGruBackward, checkPacked } from "./check-arguments.js";
import { HostTensors } from "./host-tensors.js";
import type { Address, Flag, Kernels } from "./kernels.js";
import { type LinearTensor, type ThreadPool, at, atPacked, atTrained } from "./linear-memory.js";

/** The kernels' argument `bf16`. */
export const bf16Of = (kind: PackedKind): Flag => (kind === "bf16" ? 1 : 0);

export abstract class LinearRecurrences extends HostTensors {
  protected readonly k: Kernels;
  protected readonly pool: ThreadPool;

  constructor(kernels: Kernels, pool: ThreadPool) {
    super();
    this.k = kernels;
    this.pool = pool;
  }

  rnnForward(
    shape: WindowShape,
    phi: Nonlinearity,
    wHh: PackedMatrix,
    z: LinearTensor,
    hs: LinearTensor,
  ): void {
    checkForward(shape, 1, z, hs);
    checkPacked(wHh, shape.H, shape.H);
    const { T, B, H } = shape;
    const [weights, ...how] = this.weights(wHh, B);
    const relu = phi === "relu" ? 1 : 0;
    this.k.rnn_forward(this.pool.address, T, B, H, relu, weights, at(z), at(hs), ...how);
  }

  rnnBackward(
    shape: WindowShape,
    phi: Nonlinearity,
    wHhT: PackedMatrix,
    hs: LinearTensor,
    dY: LinearTensor,
    dZ: LinearTensor,
    dH: LinearTensor,
  ): void {
    checkForward(shape, 1, dZ, hs);
    checkBackward(shape, dY, dH);
    checkPacked(wHhT, shape.H, shape.H);
    const { T, B, H } = shape;
    const relu = phi === "relu" ? 1 : 0;
    const tensors = [at(dZ), at(hs), at(dY), at(dH)] as const;
    const bf16 = bf16Of(wHhT.kind);
    this.k.rnn_backward(this.pool.address, T, B, H, relu, atTrained(wHhT), ...tensors, bf16);
  }

  lstmForward(
    shape: WindowShape,
    wHh: PackedMatrix,
    gates: LinearTensor,
    hs: LinearTensor,
    cs: LinearTensor,
  ): void {
    checkForward(shape, 4, gates, hs, cs);
    checkPacked(wHh, shape.H, 4 * shape.H);
    const { T, B, H } = shape;
    const [weights, ...how] = this.weights(wHh, B);
    this.k.lstm_forward(this.pool.address, T, B, H, weights, at(gates), at(hs), at(cs), ...how);
  }

  lstmBackward(
    shape: WindowShape,
    wHhT: PackedMatrix,
    gates: LinearTensor,
    cs: LinearTensor,
    dY: LinearTensor,
    dH: LinearTensor,
    dC: LinearTensor,
  ): void {
    checkForward(shape, 4, gates, cs);
    checkBackward(shape, dY, dH, dC);
    checkPacked(wHhT, 4 * shape.H, shape.H);
    const { T, B, H } = shape;
    const tensors = [at(gates), at(cs), at(dY), at(dH), at(dC)] as const;
    const bf16 = bf16Of(wHhT.kind);
    this.k.lstm_backward(this.pool.address, T, B, H, atTrained(wHhT), ...tensors, bf16);
  }

  gruForward(
    shape: WindowShape,
    wRz: PackedMatrix,
    wN: PackedMatrix,
    bHh: LinearTensor,
    gates: LinearTensor,
    q: LinearTensor,
    hs: LinearTensor,
  ): void {
    checkForward(shape, 3, gates, hs);
    checkGru(shape, wRz, wN, q, bHh);
    const { T, B, H } = shape;
    const [rz, ...how] = this.weights(wRz, B);
    const weights = [rz, atPacked(wN, wRz.kind)] as const;
    this.k.gru_forward(this.pool.address, T, B, H, ...weights, at(bHh), at(gates), at(q), at(hs), ...how);
  }

  gruBackward(
    shape: WindowShape,
    wRzT: PackedMatrix,
    wNT: PackedMatrix,
    gates: LinearTensor,
    q: LinearTensor,
    hs: LinearTensor,
    dY: LinearTensor,
    dH: LinearTensor,
  ): void {
    checkForward(shape, 3, gates, hs);
    checkBackward(shape, dY, dH);
    checkGruBackward(shape, wRzT, wNT, q);
    const { T, B, H } = shape;
    const weights = [atTrained(wRzT), atPacked(wNT, wRzT.kind)] as const;
    const tensors = [at(gates), at(q), at(hs), at(dY), at(dH)] as const;
    this.k.gru_backward(this.pool.address, T, B, H, ...weights, ...tensors, bf16Of(wRzT.kind));
  }

  minimalForward(shape: WindowShape, cell: MinimalCell, gates: LinearTensor, hs: LinearTensor): void {
    checkForward(shape, cell === "minlstm" ? 3 : 2, gates, hs);
    const { T, B, H } = shape;
    this.k.minimal_forward(this.pool.address, T, B, H, cell === "minlstm" ? 1 : 0, at(gates), at(hs));
  }

  minimalBackward(
    shape: WindowShape,
    cell: MinimalCell,
    gates: LinearTensor,
    hs: LinearTensor,
    dY: LinearTensor,
    dH: LinearTensor,
  ): void {
    checkForward(shape, cell === "minlstm" ? 3 : 2, gates, hs);
    checkBackward(shape, dY, dH);
    const { T, B, H } = shape;
    const lstm = cell === "minlstm" ? 1 : 0;
    this.k.minimal_backward(this.pool.address, T, B, H, lstm, at(gates), at(hs), at(dY), at(dH));
  }

  /** Where packed weights stand; for int8, where N rows of the other operand may be rounded (else 0); `bf16`. */
  protected abstract weights(
    p: PackedMatrix,
    N: number,
    kind?: PackedKind,
  ): readonly [weights: Address, rounded: Address | 0, bf16: Flag];
}
