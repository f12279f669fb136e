/** An engine that holds a watch to every operation of another. */
import type {
  Engine,
  Mogrifier,
  PackedMatrix,
  SoftmaxLoss,
  SoftmaxMean,
  WindowShape,
} from "../src/engine/engine.js";
import { CELL_TABLE } from "../src/cells.js";

/** What an operation took, all calls of it together. */
export interface OperationTime {
  milliseconds: number;
  calls: number;
  /** Multiplications and additions in matrix products; 0 for the rest. */
  flops: number;
}

/** By what an operation is for. */
export type Profile = Map<string, OperationTime>;

type Arguments = readonly unknown[];

interface Meaning {
  /** What the operation is for in a step. */
  readonly label: string | ((args: Arguments) => string);
  readonly flops?: (args: Arguments) => number;
}

const FORWARD = "recurrence, forward";
const BACKWARD = "recurrence, backward";
/** Also what spreads the projection of an input's distinct rows over all of them, and sums their gradients. */
const EMBEDDING = "embedding, repeated rows";
const CLEARING = "clearing gradients, copying";
const NORM = "gradient norm";
const READING = "ids, targets and what is read back";
const UPDATE = "update";

/** Every cell's recurrence, which has products where the gates read the state: those with the packed weights it takes. */
function recurrences(): Record<string, Meaning> {
  const flops = ([shape, ...operands]: Arguments): number => {
    const { T, B } = shape as WindowShape;
    const weights = operands.flatMap(packedIn);
    return 2 * T * B * weights.reduce((sum, { k, n }) => sum + k * n, 0);
  };
  const meanings: Record<string, Meaning> = {};
  for (const { operations } of Object.values(CELL_TABLE)) {
    meanings[operations.forward] = { label: FORWARD, flops };
    meanings[operations.backward] = { label: BACKWARD, flops };
  }
  return meanings;
}

/** The packed weights that an operand is, or that its rounds hold. */
function packedIn(operand: unknown): readonly PackedMatrix[] {
  if (typeof operand !== "object" || operand === null) return [];
  if ("kind" in operand) return [operand as PackedMatrix];
  return "rounds" in operand ? (operand as Mogrifier).rounds.flatMap(({ weights }) => weights) : [];
}

const sizeOf = ({ N, H, V }: SoftmaxMean): number => N * H * V;

/** Operations of the interface by their use in LanguageModel; one that is not here stands under its own name. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  // With a bias it is W_ih x + b; without, the gradient by the layer's input.
  matmul: {
    label: ([, , , , bias]) => (bias === undefined ? "gradient by the input" : "input projection"),
    flops: ([, p, , N]) => 2 * Number(N) * (p as PackedMatrix).k * (p as PackedMatrix).n,
  },
  linear: { label: "logits", flops: ([, , , N, k, n]) => 2 * Number(N) * Number(k) * Number(n) },
  linearMany: { label: "logits", flops: ([, , , N, k, n]) => 2 * Number(N) * Number(k) * Number(n) },
  weightGradient: {
    label: "weight gradients",
    flops: ([, , , N, m, n]) => 2 * Number(N) * Number(m) * Number(n),
  },
  biasGradient: { label: "bias gradients" },
  ...recurrences(),
  softmaxLoss: {
    label: "output layer and softmax",
    flops: ([loss]) => {
      const { N, H, V, backward, mixture } = loss as SoftmaxLoss;
      return (backward ? 6 : 2) * N * (mixture?.K ?? 1) * H * V;
    },
  },
  softmaxMean: {
    label: "past decode: mean rows",
    flops: ([mean]) => 4 * sizeOf(mean as SoftmaxMean),
  },
  softmaxMeanBackward: {
    label: "past decode: mean rows",
    flops: ([mean]) => 10 * sizeOf(mean as SoftmaxMean),
  },
  tanhForward: { label: "mixture of softmaxes: tanh" },
  tanhBackward: { label: "mixture of softmaxes: tanh" },
  embeddingForward: { label: EMBEDDING },
  embeddingBackward: { label: EMBEDDING },
  pack: { label: "packing weights" },
  fill: { label: CLEARING },
  zeroRows: { label: CLEARING },
  copy: { label: CLEARING },
  read: { label: READING },
  write: { label: READING },
  writeIds: { label: READING },
  add: { label: CLEARING },
  addScaled: { label: "adding and averaging" },
  dropout: { label: "dropout" },
  dropoutRows: { label: "dropout" },
  sumOfSquares: { label: NORM },
  sumOfSquaresRows: { label: NORM },
  sgd: { label: UPDATE },
  sgdRows: { label: UPDATE },
  adam: { label: UPDATE },
  adamRows: { label: UPDATE },
  scheduleFree: { label: UPDATE },
  dynamicStep: { label: UPDATE },
  dynamicStepRows: { label: UPDATE },
};

export interface ProfiledEngine {
  readonly engine: Engine;
  /** What it fills; clear it to begin anew. */
  readonly profile: Profile;
  /** Takes the watch off: from then on operations are only passed on. */
  stop(): void;
}

/** Multiplications and additions of all operations together. */
export function totalFlops(profile: Profile): number {
  return [...profile.values()].reduce((sum, { flops }) => sum + flops, 0);
}

/** The engine with a watch on it. */
export function profiledEngine(engine: Engine): ProfiledEngine {
  const profile: Profile = new Map();
  let watching = true;
  const record = (label: string, milliseconds: number, flops: number) => {
    const entry = profile.get(label) ?? { milliseconds: 0, calls: 0, flops: 0 };
    entry.milliseconds += milliseconds;
    entry.calls++;
    entry.flops += flops;
    profile.set(label, entry);
  };
  const timed = new Map<PropertyKey, unknown>();
  const wrap = (name: string, operation: (...args: unknown[]) => unknown) => {
    const { label = name, flops } = MEANINGS[name] ?? {};
    return (...args: unknown[]): unknown => {
      if (!watching) return operation.apply(engine, args);
      const start = performance.now();
      const result = operation.apply(engine, args);
      const milliseconds = performance.now() - start;
      record(typeof label === "string" ? label : label(args), milliseconds, flops?.(args) ?? 0);
      return result;
    };
  };
  const proxy = new Proxy(engine, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (!timed.has(name)) timed.set(name, wrap(String(name), value as (...args: unknown[]) => unknown));
      return timed.get(name);
    },
  });
  return { engine: proxy, profile, stop: () => void (watching = false) };
}
