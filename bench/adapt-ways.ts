/**
 * Ways of learning on line from a person's text, and of keeping what was learned: what each gains on the text that comes
 * next, forgets of the held-out text, and takes of room and time. For docs/adapting.md:
 *
 *   npx tsx bench/adapt-ways.ts <model> <own text> <held-out text> [characters to learn from]
 */
import { readFileSync } from "node:fs";
import { load } from "../src/apps/load.js";
import { addLowRank, lowRank, quantized } from "../src/apps/low-rank.js";
import { createEngine } from "../src/engine/create.js";
import { Random } from "../src/engine/random.js";
import { emptyModel } from "../src/model/create-model.js";
import type { LanguageModel } from "../src/model/language-model.js";
import type { Parameter } from "../src/model/parameter.js";

/** Tokens of a segment, and characters that are measured after what is learned from, and of the held-out text. */
const SEGMENT = 20;
const NEXT = 30_000;
const HELD_OUT = 40_000;
const DECAY = 0.0002;

interface Way {
  readonly name: string;
  readonly rate: number;
  /** What learns; default all. */
  readonly learns?: (name: string) => boolean;
  /** Learns in factors of this rank. */
  readonly factors?: number;
  /** What is kept of a matrix's change: a rank, or int8 by rows. Default: float32. */
  readonly kept?: number | "int8";
}

const WAYS: readonly Way[] = [
  { name: "all weights", rate: 0.05 },
  { name: "all weights", rate: 0.1 },
  { name: "all weights", rate: 0.2 },
  { name: "recurrent layers", rate: 0.1, learns: (name) => name.startsWith("rnn.") },
  { name: "recurrent layers", rate: 0.2, learns: (name) => name.startsWith("rnn.") },
  { name: "output layer", rate: 0.2, learns: (name) => name.startsWith("decoder.") },
  { name: "biases", rate: 0.2, learns: (name) => name.includes("bias") },
  { name: "factors of rank 8", rate: 0.3, factors: 8 },
  { name: "all weights, kept as int8", rate: 0.1, kept: "int8" },
  { name: "all weights, kept at rank 8", rate: 0.1, kept: 8 },
  { name: "all weights, kept at rank 16", rate: 0.1, kept: 16 },
  { name: "all weights, kept at rank 32", rate: 0.1, kept: 32 },
];

const [folder, ownPath, heldPath, characters = "20000"] = process.argv.slice(2);
const engine = await createEngine({ threads: 1 });
const { model: trained, tokenizer } = await load(folder!, { engine });
const text = readFileSync(ownPath!, "utf8");
const own = tokenizer.encode(text.slice(0, Number(characters)));
const next = tokenizer.encode(text.slice(Number(characters), Number(characters) + NEXT));
const heldOut = tokenizer.encode(readFileSync(heldPath!, "utf8").slice(-HELD_OUT));

/** Factors A (n, r) B (r, k) that are added to a matrix: A begins at zero, B by chance. */
interface Factors {
  readonly A: Float32Array;
  readonly B: Float32Array;
}

const random = new Random(1);
const factorsOf = ({ shape: [n, k] }: Parameter, r: number): Factors | undefined =>
  k === undefined
    ? undefined
    : {
        A: new Float32Array(n! * r),
        B: Float32Array.from({ length: r * k }, () => (random.next() - 0.5) * Math.sqrt(12 / k)),
      };

/** A −= lr dW Bᵀ + λ A, B −= lr Aᵀ dW, W = W₀ + A B; all by plain loops. */
function stepFactors({ A, B }: Factors, parameter: Parameter, w0: ArrayLike<number>, rate: number): void {
  const [n, k] = parameter.shape as [number, number];
  const r = B.length / k;
  const G = engine.read(parameter.grad);
  const dA = new Float32Array(A.length);
  const dB = new Float32Array(B.length);
  for (let i = 0; i < n; i++)
    for (let c = 0; c < r; c++) {
      const a = A[i * r + c]!;
      let sum = 0;
      for (let d = 0; d < k; d++) {
        sum += G[i * k + d]! * B[c * k + d]!;
        dB[c * k + d]! += a * G[i * k + d]!;
      }
      dA[i * r + c] = sum;
    }
  for (let i = 0; i < A.length; i++) A[i]! -= DECAY * A[i]! + rate * dA[i]!;
  for (let i = 0; i < B.length; i++) B[i]! -= rate * dB[i]!;
  const W = Float32Array.from(w0);
  addLowRank({ rank: r, rows: undefined, scale: new Float32Array(r).fill(1), left: A, right: B }, W, k);
  engine.write(W, parameter.value);
}

function bitsPerCharacter(model: LanguageModel, ids: Int32Array): number {
  const state = model.zeroState(1);
  let nats = 0;
  for (let at = 0; at + 1 < ids.length; at += 128) {
    const T = Math.min(128, ids.length - 1 - at);
    const targets = ids.subarray(at + 1, at + 1 + T);
    nats += model.evaluate({ T, B: 1, inputs: ids.subarray(at, at + T), targets }, state).nats;
  }
  return nats / Math.LN2 / (ids.length - 1);
}

function learned({ rate, learns = () => true, factors }: Way): LanguageModel {
  const model = emptyModel(engine, trained.config);
  for (const [i, { value }] of model.parameters.entries()) engine.copy(trained.parameters[i]!.value, value);
  model.weightsChanged();
  const all = model.parameters.map((parameter) => factors && factorsOf(parameter, factors));
  const before = trained.parameters.map(({ value }) => Float32Array.from(engine.read(value)));
  const state = model.zeroState(1);
  const sums = engine.sums();
  model.zeroGradients();
  for (let at = 0; at + 1 < own.length; at += SEGMENT) {
    const T = Math.min(SEGMENT, own.length - 1 - at);
    const targets = own.subarray(at + 1, at + 1 + T);
    model.accumulate({ T, B: 1, inputs: own.subarray(at, at + T), targets }, state, {}, sums);
    for (const [i, parameter] of model.parameters.entries()) {
      const { name, value, grad } = parameter;
      const settings = { learningRate: rate, decay: DECAY, epsilon: 0 };
      if (all[i]) stepFactors(all[i], parameter, before[i]!, rate);
      else if (learns(name))
        engine.dynamicStep(value, grad, trained.parameters[i]!.value, undefined, settings);
      engine.fill(grad, 0);
    }
    model.weightsChanged();
  }
  return model;
}

/** Replaces what was learned by what is kept of it. @returns its bytes */
function keep(model: LanguageModel, { kept, learns = () => true, factors }: Way): number {
  let bytes = 0;
  for (const [i, { name, shape, value }] of model.parameters.entries()) {
    if (!learns(name)) continue;
    const [n, k] = shape as [number, number?];
    const w0 = Float32Array.from(engine.read(trained.parameters[i]!.value));
    const change = Float32Array.from(engine.read(value), (x, j) => x - w0[j]!);
    if (k === undefined || kept === undefined) {
      bytes += factors !== undefined && k !== undefined ? 4 * factors * (n + k) : 4 * change.length;
      continue;
    }
    if (kept === "int8") {
      for (let at = 0; at < change.length; at += k) {
        const row = change.subarray(at, at + k);
        const most = row.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
        for (const [j, x] of row.entries())
          row[j] = most > 0 ? (Math.round((127 * x) / most) * most) / 127 : 0;
      }
      bytes += change.length + 4 * n;
    } else {
      const parts = quantized(lowRank(change, n, k, kept));
      change.fill(0);
      addLowRank(parts, change, k);
      bytes += parts.rank * (n + k + 4);
    }
    engine.write(
      change.map((x, j) => x + w0[j]!),
      value,
    );
  }
  model.weightsChanged();
  return bytes;
}

const plain = { next: bitsPerCharacter(trained, next), heldOut: bitsPerCharacter(trained, heldOut) };
console.log(`as it was trained: next ${plain.next.toFixed(3)}, held-out ${plain.heldOut.toFixed(3)}`);
console.log("| way | rate | next | held-out | kept | seconds |\n|---|---|---|---|---|---|");
for (const way of WAYS) {
  const start = performance.now();
  const model = learned(way);
  const bytes = keep(model, way);
  const seconds = (performance.now() - start) / 1000;
  const figures = [bitsPerCharacter(model, next), bitsPerCharacter(model, heldOut)].map((x) => x.toFixed(3));
  console.log(
    `| ${way.name} | ${way.rate} | ${figures.join(" | ")} | ${(bytes / 1000).toFixed(0)} kB | ${seconds.toFixed(1)} |`,
  );
}
