/**
 * The reference engine: plain TypeScript, one loop an equation, float32 or float64. It is the specification that
 * every other engine is tested against, not something to train with.
 */
import type {
  AdamSettings,
  DropoutSettings,
  DynamicStepSettings,
  Engine,
  Floats,
  Operands,
  PackedKind,
  PackedMatrix,
  Precision,
  ScheduleFreeSettings,
  SgdSettings,
  SoftmaxLoss,
  SoftmaxMean,
  SoftmaxMeanGradients,
} from "./engine.js";
import {
  checkBiasGradient,
  checkDropout,
  checkDropoutRows,
  checkEmbedding,
  checkLength,
  checkLinear,
  checkMatmul,
  checkQuantized,
  checkSame,
  checkSizes,
  checkSoftmax,
  checkSomeRows,
  checkWeightGradient,
} from "./check-arguments.js";
import { HostSums } from "./host-sums.js";
import { dropoutBits, dropoutKeys, dropoutThreshold } from "./random.js";
import { rowTimesMatrix } from "./reference-recurrent.js";
import { ReferenceRecurrences } from "./reference-recurrences.js";
import { softmaxLoss, softmaxMean, softmaxMeanBackward } from "./reference-softmax.js";
import { adam, dynamicStep, scheduleFree, sgd } from "./reference-updates.js";
import {
  ReferenceIds,
  type ReferencePacked,
  ReferenceTensor,
  asOperand,
  rowsOf,
} from "./reference-tensors.js";

export class ReferenceEngine extends ReferenceRecurrences implements Engine {
  readonly name = "reference";
  readonly isa = "typescript";
  readonly threads = 1;
  readonly precision: Precision;
  readonly trainingOperands: Operands;

  constructor(precision: Precision = "f32", trainingOperands: Operands = "float") {
    super();
    this.precision = precision;
    this.trainingOperands = trainingOperands;
  }

  tensor(length: number): ReferenceTensor {
    checkSizes(length);
    return new ReferenceTensor(this.#floats(length));
  }

  ids(length: number): ReferenceIds {
    checkSizes(length);
    return new ReferenceIds(new Int32Array(length));
  }

  writeIds(values: Int32Array, ids: ReferenceIds, count = values.length): void {
    checkSizes(count);
    checkLength(values, count, "the values");
    checkLength(ids, count, "ids");
    ids.data.set(values.subarray(0, count));
  }

  packed(k: number, n: number, kind: PackedKind = "float"): PackedMatrix {
    checkSizes(k, n);
    const p: ReferencePacked = {
      kind,
      k,
      n,
      data: this.#floats(k * n),
      rows: this.#floats(kind === "int8" ? k * n : 0),
    };
    return p;
  }

  pack(w: ReferenceTensor, into: PackedMatrix, transposed: boolean): void {
    const { k, n } = into;
    checkLength(w, k * n, "the weight");
    const P = (into as ReferencePacked).data;
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < n; j++)
        P[i * n + j] = asOperand(transposed ? w.data[j * k + i]! : w.data[i * n + j]!, into.kind);
    }
  }

  packQuantized(q: Int8Array, scales: Floats, into: PackedMatrix): void {
    const { k, n } = into;
    checkQuantized(q, scales, into);
    const P = (into as ReferencePacked).data;
    const W = rowsOf(into);
    for (let j = 0; j < n; j++) {
      for (let i = 0; i < k; i++) P[i * n + j] = W[j * k + i] = scales[j]! * q[j * k + i]!;
    }
  }

  fill(x: ReferenceTensor, value: number): void {
    x.data.fill(value);
  }

  copy(x: ReferenceTensor, y: ReferenceTensor): void {
    checkSame(x, y);
    y.data.set(x.data);
  }

  add(x: ReferenceTensor, y: ReferenceTensor): void {
    checkSame(x, y);
    for (let i = 0; i < x.length; i++) y.data[i]! += x.data[i]!;
  }

  addScaled(x: ReferenceTensor, factor: number, y: ReferenceTensor, keep = 1): void {
    checkSame(x, y);
    for (let i = 0; i < x.length; i++) y.data[i] = factor * x.data[i]! + (keep === 0 ? 0 : keep * y.data[i]!);
  }

  matmul(x: ReferenceTensor, p: PackedMatrix, y: ReferenceTensor, N: number, bias?: ReferenceTensor): void {
    checkMatmul(x, p, y, N, bias);
    const { k, n } = p;
    for (let row = 0; row < N; row++) {
      for (let j = 0; j < n; j++) y.data[row * n + j] = bias ? bias.data[j]! : 0;
      rowTimesMatrix(x.data, row * k, p, y.data, row * n);
    }
  }

  linear(
    x: ReferenceTensor,
    w: ReferenceTensor,
    y: ReferenceTensor,
    N: number,
    k: number,
    n: number,
    bias?: ReferenceTensor,
  ): void {
    checkLinear(x, w, y, N, k, n, bias);
    for (let row = 0; row < N; row++) {
      for (let j = 0; j < n; j++) {
        let sum = bias ? bias.data[j]! : 0;
        for (let i = 0; i < k; i++) sum += x.data[row * k + i]! * w.data[j * k + i]!;
        y.data[row * n + j] = sum;
      }
    }
  }

  linearMany(
    x: ReferenceTensor,
    w: ReferenceTensor,
    y: ReferenceTensor,
    N: number,
    k: number,
    n: number,
    bias?: ReferenceTensor,
  ): void {
    this.linear(x, w, y, N, k, n, bias);
  }

  weightGradient(
    dY: ReferenceTensor,
    x: ReferenceTensor,
    dW: ReferenceTensor,
    N: number,
    m: number,
    n: number,
    stride = m,
  ): void {
    checkWeightGradient(dY, x, dW, N, m, n, stride);
    for (let row = 0; row < N; row++) {
      for (let i = 0; i < m; i++) {
        const d = asOperand(dY.data[row * stride + i]!, this.trainingOperands);
        for (let j = 0; j < n; j++)
          dW.data[i * n + j]! += d * asOperand(x.data[row * n + j]!, this.trainingOperands);
      }
    }
  }

  biasGradient(dY: ReferenceTensor, db: ReferenceTensor, N: number, n: number, stride = n): void {
    checkBiasGradient(dY, db, N, n, stride);
    for (let row = 0; row < N; row++) {
      for (let j = 0; j < n; j++) db.data[j]! += dY.data[row * stride + j]!;
    }
  }

  embeddingForward(
    w: ReferenceTensor | PackedMatrix,
    ids: ReferenceIds,
    y: ReferenceTensor,
    N: number,
    E: number,
  ): void {
    checkEmbedding(w, ids.data, y, N, E);
    const W = rowsOf(w);
    for (let row = 0; row < N; row++) {
      const id = ids.data[row]!;
      for (let e = 0; e < E; e++) y.data[row * E + e] = W[id * E + e]!;
    }
  }

  embeddingBackward(dY: ReferenceTensor, ids: ReferenceIds, dW: ReferenceTensor, N: number, E: number): void {
    checkEmbedding(dW, ids.data, dY, N, E);
    for (let row = 0; row < N; row++) {
      const id = ids.data[row]!;
      for (let e = 0; e < E; e++) dW.data[id * E + e]! += dY.data[row * E + e]!;
    }
  }

  softmaxLoss(loss: SoftmaxLoss): void {
    checkSoftmax(loss, (loss.targets as ReferenceIds).data);
    softmaxLoss(loss, this.#floats((loss.mixture?.K ?? 1) * loss.V), this.trainingOperands);
  }

  softmaxMean(mean: SoftmaxMean, e: ReferenceTensor, sums: HostSums): void {
    checkSoftmax(mean, (mean.targets as ReferenceIds).data);
    checkLength(e, mean.N * mean.H, "e");
    softmaxMean(mean, e.data, sums, this.trainingOperands);
  }

  softmaxMeanBackward(mean: SoftmaxMean, gradients: SoftmaxMeanGradients): void {
    checkSoftmax({ ...mean, backward: gradients }, (mean.targets as ReferenceIds).data);
    checkLength(gradients.dE, mean.N * mean.H, "dE");
    softmaxMeanBackward(mean, gradients, this.trainingOperands);
  }

  tanhForward(x: ReferenceTensor, y: ReferenceTensor): void {
    checkSame(x, y);
    for (let i = 0; i < x.length; i++) y.data[i] = Math.tanh(x.data[i]!);
  }

  tanhBackward(y: ReferenceTensor, dY: ReferenceTensor): void {
    checkSame(y, dY);
    for (let i = 0; i < y.length; i++) dY.data[i]! *= 1 - y.data[i]! * y.data[i]!;
  }

  greatest(x: ReferenceTensor): number {
    checkLength(x, 1, "x");
    let greatest = x.data[0]!;
    for (let i = 1; i < x.length; i++) if (x.data[i]! > greatest) greatest = x.data[i]!;
    return greatest;
  }

  sumOfExponentials(x: ReferenceTensor, shift: number, scale: number, y?: ReferenceTensor): number {
    checkSame(x, y);
    let sum = 0;
    for (let i = 0; i < x.length; i++) {
      const e = Math.exp((x.data[i]! - shift) * scale);
      sum += e;
      if (y) y.data[i] = e;
    }
    return sum;
  }

  dropout(x: ReferenceTensor, y: ReferenceTensor, settings: DropoutSettings): void {
    checkDropout(x, y, settings);
    const keys = dropoutKeys(settings.seed, settings.stream);
    const threshold = dropoutThreshold(settings.p);
    const scale = 1 / (1 - settings.p);
    const { period = x.length } = settings;
    for (let i = 0; i < x.length; i++)
      y.data[i] = dropoutBits(keys, i % period) < threshold ? 0 : x.data[i]! * scale;
  }

  dropoutRows(
    x: ReferenceTensor,
    y: ReferenceTensor,
    ids: ReferenceIds,
    N: number,
    E: number,
    settings: DropoutSettings,
  ): void {
    checkDropoutRows(x, y, ids.data, N, E, settings);
    const keys = dropoutKeys(settings.seed, settings.stream);
    const threshold = dropoutThreshold(settings.p);
    for (let n = 0; n < N; n++) {
      const factor = dropoutBits(keys, ids.data[n]!) < threshold ? 0 : 1 / (1 - settings.p);
      for (let e = 0; e < E; e++) y.data[n * E + e] = factor === 0 ? 0 : x.data[n * E + e]! * factor;
    }
  }

  sumOfSquares(x: ReferenceTensor, sums: HostSums): void {
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += x.data[i]! * x.data[i]!;
    sums.squares += sum;
  }

  sumOfSquaresRows(x: ReferenceTensor, rows: ReferenceIds, count: number, E: number, sums: HostSums): void {
    checkSomeRows(x, rows.data, count, E);
    for (let r = 0; r < count; r++) this.sumOfSquares(x.slice(rows.data[r]! * E, E), sums);
  }

  zeroRows(x: ReferenceTensor, rows: ReferenceIds, count: number, E: number): void {
    checkSomeRows(x, rows.data, count, E);
    for (let r = 0; r < count; r++) x.data.fill(0, rows.data[r]! * E, (rows.data[r]! + 1) * E);
  }

  sgd(w: ReferenceTensor, g: ReferenceTensor, v: ReferenceTensor | undefined, settings: SgdSettings): void {
    checkSame(w, g);
    checkSame(w, v);
    sgd(w.data, g.data, v?.data, settings);
  }

  sgdRows(
    w: ReferenceTensor,
    g: ReferenceTensor,
    v: ReferenceTensor | undefined,
    rows: ReferenceIds,
    count: number,
    E: number,
    settings: SgdSettings,
  ): void {
    checkSomeRows(w, rows.data, count, E);
    checkSame(w, g);
    checkSame(w, v);
    for (let r = 0; r < count; r++) {
      const at = rows.data[r]! * E;
      this.sgd(w.slice(at, E), g.slice(at, E), v?.slice(at, E), settings);
    }
  }

  adam(
    w: ReferenceTensor,
    g: ReferenceTensor,
    m: ReferenceTensor,
    v: ReferenceTensor,
    settings: AdamSettings,
  ): void {
    for (const other of [g, m, v]) checkSame(w, other);
    adam(w.data, g.data, m.data, v.data, settings);
  }

  scheduleFree(
    y: ReferenceTensor,
    g: ReferenceTensor,
    z: ReferenceTensor,
    v: ReferenceTensor,
    settings: ScheduleFreeSettings,
  ): void {
    for (const other of [g, z, v]) checkSame(y, other);
    scheduleFree(y.data, g.data, z.data, v.data, settings);
  }

  adamRows(
    w: ReferenceTensor,
    g: ReferenceTensor,
    m: ReferenceTensor,
    v: ReferenceTensor,
    rows: ReferenceIds,
    count: number,
    E: number,
    settings: AdamSettings,
  ): void {
    checkSomeRows(w, rows.data, count, E);
    for (const other of [g, m, v]) checkSame(w, other);
    for (let r = 0; r < count; r++) {
      const at = rows.data[r]! * E;
      this.adam(w.slice(at, E), g.slice(at, E), m.slice(at, E), v.slice(at, E), settings);
    }
  }

  dynamicStep(
    w: ReferenceTensor,
    g: ReferenceTensor,
    w0: ReferenceTensor,
    rms: ReferenceTensor | undefined,
    settings: DynamicStepSettings,
  ): void {
    for (const other of [g, w0, rms]) checkSame(w, other);
    dynamicStep(w.data, g.data, w0.data, rms?.data, settings);
  }

  dynamicStepRows(
    w: ReferenceTensor,
    g: ReferenceTensor,
    w0: ReferenceTensor,
    rms: ReferenceTensor | undefined,
    rows: ReferenceIds,
    count: number,
    E: number,
    settings: DynamicStepSettings,
  ): void {
    checkSomeRows(w, rows.data, count, E);
    for (const other of [g, w0, rms]) checkSame(w, other);
    for (let r = 0; r < count; r++) {
      const at = rows.data[r]! * E;
      const [own, gradient, from, scale] = [w, g, w0, rms].map((x) => x?.slice(at, E));
      this.dynamicStep(own!, gradient!, from!, scale, settings);
    }
  }

  #floats(length: number): Floats {
    return this.precision === "f64" ? new Float64Array(length) : new Float32Array(length);
  }
}
