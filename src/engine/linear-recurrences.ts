/** The recurrences of an engine over compiled kernels: the checks of their operands, and the calls. */
import { MOST_ROUNDS } from "../cells.js";
import type {
  InputGate,
  MinimalCell,
  Mogrifier,
  MogrifierRound,
  Nonlinearity,
  PackedKind,
  PackedMatrix,
  WindowShape,
} from "./engine.js";
import {
  checkBackward,
  checkForward,
  checkGru,
  checkGruBackward,
  checkMogrifier,
  checkMogrifierBackward,
  checkPacked,
} from "./check-arguments.js";
import { HostTensors } from "./host-tensors.js";
import type { Address, Flag, Kernels } from "./kernels.js";
import { type LinearTensor, type ThreadPool, at, atOptional, atPacked, atTrained } from "./linear-memory.js";

/** The kernels' argument `bf16`. */
export const bf16Of = (kind: PackedKind): Flag => (kind === "bf16" ? 1 : 0);
const cappedOf = (gate: InputGate): Flag => (gate === "capped" ? 1 : 0);

/** Addresses that tell of a Mogrifier's round, and the most that there are. */
const ROUND_ADDRESSES = 6;
const MOST_ADDRESSES = ROUND_ADDRESSES * MOST_ROUNDS;

export abstract class LinearRecurrences extends HostTensors {
  protected readonly k: Kernels;
  protected readonly pool: ThreadPool;
  #roundTable: LinearTensor | undefined;

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
    inputGate: InputGate = "free",
  ): void {
    checkForward(shape, 4, gates, hs, cs);
    checkPacked(wHh, shape.H, 4 * shape.H);
    const { T, B, H } = shape;
    const [weights, ...how] = this.weights(wHh, B);
    const capped = cappedOf(inputGate);
    this.k.lstm_forward(this.pool.address, T, B, H, capped, weights, at(gates), at(hs), at(cs), ...how);
  }

  lstmBackward(
    shape: WindowShape,
    wHhT: PackedMatrix,
    gates: LinearTensor,
    cs: LinearTensor,
    dY: LinearTensor,
    dH: LinearTensor,
    dC: LinearTensor,
    inputGate: InputGate = "free",
  ): void {
    checkForward(shape, 4, gates, cs);
    checkBackward(shape, dY, dH, dC);
    checkPacked(wHhT, 4 * shape.H, shape.H);
    const { T, B, H } = shape;
    const capped = cappedOf(inputGate);
    const tensors = [at(gates), at(cs), at(dY), at(dH), at(dC)] as const;
    const bf16 = bf16Of(wHhT.kind);
    this.k.lstm_backward(this.pool.address, T, B, H, capped, atTrained(wHhT), ...tensors, bf16);
  }

  mogrifierForward(
    shape: WindowShape,
    mogrifier: Mogrifier,
    wIh: PackedMatrix,
    wHh: PackedMatrix,
    bias: LinearTensor,
    gates: LinearTensor,
    hs: LinearTensor,
    cs: LinearTensor,
  ): void {
    checkForward(shape, 4, gates, hs, cs);
    checkMogrifier(shape, mogrifier, wIh, wHh, bias);
    const { T, B, H } = shape;
    const { kind } = wHh;
    // Rows of every product are rounded in the same room: that of the longest.
    const all = [wIh, wHh, ...mogrifier.rounds.flatMap(({ weights }) => weights)];
    const widest = all.reduce((longest, p) => (p.k > longest.k ? p : longest));
    const [, ...how] = this.weights(widest, B, kind);
    const sizes = [T, B, H, ...this.#mogrifierSizes(mogrifier)] as const;
    const weights = [atPacked(wIh, kind), atPacked(wHh, kind), at(bias)] as const;
    const rounds = this.#rounds(mogrifier, kind);
    const tensors = [at(mogrifier.x), at(gates), at(hs), at(cs)] as const;
    this.k.mogrifier_forward(this.pool.address, ...sizes, rounds, ...weights, ...tensors, ...how);
  }

  mogrifierBackward(
    shape: WindowShape,
    mogrifier: Mogrifier,
    wIhT: PackedMatrix,
    wHhT: PackedMatrix,
    gates: LinearTensor,
    hs: LinearTensor,
    cs: LinearTensor,
    dY: LinearTensor,
    dX: LinearTensor,
    dH: LinearTensor,
    dC: LinearTensor,
  ): void {
    checkForward(shape, 4, gates, hs, cs);
    checkBackward(shape, dY, dH, dC);
    checkMogrifierBackward(shape, mogrifier, wIhT, wHhT, dX);
    const { T, B, H } = shape;
    const { kind } = wHhT;
    const sizes = [T, B, H, ...this.#mogrifierSizes(mogrifier)] as const;
    const weights = [atPacked(wIhT, kind), atTrained(wHhT)] as const;
    const rounds = this.#rounds(mogrifier, kind);
    const states = [at(mogrifier.x), at(gates), at(hs), at(cs)] as const;
    const gradients = [at(dY), at(dX), at(dH), at(dC)] as const;
    this.k.mogrifier_backward(
      this.pool.address,
      ...sizes,
      rounds,
      ...weights,
      ...states,
      ...gradients,
      bf16Of(kind),
    );
  }

  #mogrifierSizes({ I, rounds, inputGate }: Mogrifier): readonly [I: number, r: number, k: number, Flag] {
    const { weights } = rounds[0]!;
    return [I, rounds.length, weights.length > 1 ? weights[0]!.n : 0, cappedOf(inputGate)];
  }

  /** The rounds as their kernels read them, in the order of the C struct `Round`; all weights of one kind. */
  #rounds({ rounds }: Mogrifier, kind: PackedKind): Address {
    const addressesOf = ({ weights, bias, gate, y, low }: MogrifierRound) => {
      const [first, second] = weights;
      return [
        atPacked(first!, kind),
        second ? atPacked(second, kind) : 0,
        at(bias),
        at(gate),
        at(y),
        atOptional(low),
      ];
    };
    // Addresses are doubles, two floats each.
    const table = (this.#roundTable ??= this.tensor(2 * MOST_ADDRESSES));
    const { buffer, byteOffset } = table.data;
    new Float64Array(buffer, byteOffset, MOST_ADDRESSES).set(rounds.flatMap(addressesOf));
    return at(table);
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

  abstract tensor(length: number): LinearTensor;

  /** Where packed weights stand; for int8, where N rows of the other operand may be rounded (else 0); `bf16`. */
  protected abstract weights(
    p: PackedMatrix,
    N: number,
    kind?: PackedKind,
  ): readonly [weights: Address, rounded: Address | 0, bf16: Flag];
}
