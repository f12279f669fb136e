/**
 * The reference's recurrences with a product in them: the Elman RNN, the LSTM and the GRU as loops. See `Engine` for
 * shapes and equations.
 */
import type { Floats, InputGate, Nonlinearity, PackedMatrix, WindowShape } from "./engine.js";
import { type ReferencePacked, type ReferenceTensor, asOperand } from "./reference-tensors.js";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** y (n) += x (k) · P (k, n), rows at the given offsets. */
export function rowTimesMatrix(x: Floats, xAt: number, p: PackedMatrix, y: Floats, yAt: number): void {
  const { k, n, kind } = p;
  const P = (p as ReferencePacked).data;
  for (let i = 0; i < k; i++) {
    const xi = asOperand(x[xAt + i]!, kind);
    for (let j = 0; j < n; j++) y[yAt + j]! += xi * P[i * n + j]!;
  }
}

/** `length` zeros in the format of `x`. */
function floatsLike(x: Floats, length: number): Floats {
  return x instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
}

export function rnnForward(
  shape: WindowShape,
  phi: Nonlinearity,
  wHh: PackedMatrix,
  z: ReferenceTensor,
  hs: ReferenceTensor,
): void {
  const { T, B, H } = shape;
  const a = floatsLike(hs.data, H);
  for (let t = 0; t < T; t++) {
    for (let b = 0; b < B; b++) {
      const now = (t * B + b) * H;
      const next = ((t + 1) * B + b) * H;
      // h_t = φ(z_t + W_hh h_{t−1})
      a.set(z.data.subarray(now, now + H));
      rowTimesMatrix(hs.data, now, wHh, a, 0);
      for (let j = 0; j < H; j++) hs.data[next + j] = phi === "tanh" ? Math.tanh(a[j]!) : Math.max(0, a[j]!);
    }
  }
}

export function rnnBackward(
  shape: WindowShape,
  phi: Nonlinearity,
  wHhT: PackedMatrix,
  hs: ReferenceTensor,
  dY: ReferenceTensor,
  dZ: ReferenceTensor,
  dH: ReferenceTensor,
): void {
  const { T, B, H } = shape;
  for (let t = T - 1; t >= 0; t--) {
    for (let b = 0; b < B; b++) {
      const now = (t * B + b) * H;
      const next = ((t + 1) * B + b) * H;
      // dz = (dy + dh) ⊙ φ′,  tanh′ = 1 − h²,  relu′ = [h > 0]
      for (let j = 0; j < H; j++) {
        const h = hs.data[next + j]!;
        const slope = phi === "tanh" ? 1 - h * h : h > 0 ? 1 : 0;
        dZ.data[now + j] = (dY.data[now + j]! + dH.data[b * H + j]!) * slope;
      }
      dH.data.fill(0, b * H, (b + 1) * H);
      rowTimesMatrix(dZ.data, now, wHhT, dH.data, b * H);
    }
  }
}

export function lstmForward(
  shape: WindowShape,
  wHh: PackedMatrix,
  gates: ReferenceTensor,
  hs: ReferenceTensor,
  cs: ReferenceTensor,
  inputGate: InputGate = "free",
): void {
  const { T, B, H } = shape;
  const G = gates.data;
  for (let t = 0; t < T; t++) {
    for (let b = 0; b < B; b++) {
      const g0 = (t * B + b) * 4 * H;
      const now = (t * B + b) * H;
      const next = ((t + 1) * B + b) * H;
      rowTimesMatrix(hs.data, now, wHh, G, g0);
      for (let j = 0; j < H; j++) {
        let i = sigmoid(G[g0 + j]!);
        const f = sigmoid(G[g0 + H + j]!);
        const g = Math.tanh(G[g0 + 2 * H + j]!);
        const o = sigmoid(G[g0 + 3 * H + j]!);
        G[g0 + H + j] = f;
        if (inputGate === "capped") i = Math.min(i, leftBy(G, g0 + H + j));
        // c_t = f ⊙ c_{t−1} + i ⊙ g,  h_t = o ⊙ tanh c_t
        const c = f * cs.data[now + j]! + i * g;
        cs.data[next + j] = c;
        hs.data[next + j] = o * Math.tanh(c);
        G[g0 + j] = i;
        G[g0 + 2 * H + j] = g;
        G[g0 + 3 * H + j] = o;
      }
    }
  }
}

/** 1 − f in the format of the gates, for the forget gate at `at`: so that backward sees whether the cap held. */
function leftBy(gates: Floats, at: number): number {
  const left = 1 - gates[at]!;
  return gates instanceof Float64Array ? left : Math.fround(left);
}

export function lstmBackward(
  shape: WindowShape,
  wHhT: PackedMatrix,
  gates: ReferenceTensor,
  cs: ReferenceTensor,
  dY: ReferenceTensor,
  dH: ReferenceTensor,
  dC: ReferenceTensor,
  inputGate: InputGate = "free",
): void {
  const { T, B, H } = shape;
  const G = gates.data;
  for (let t = T - 1; t >= 0; t--) {
    for (let b = 0; b < B; b++) {
      const g0 = (t * B + b) * 4 * H;
      const now = (t * B + b) * H;
      const next = ((t + 1) * B + b) * H;
      for (let j = 0; j < H; j++) {
        const i = G[g0 + j]!;
        const f = G[g0 + H + j]!;
        const g = G[g0 + 2 * H + j]!;
        const o = G[g0 + 3 * H + j]!;
        const tanhC = Math.tanh(cs.data[next + j]!);
        const dh = dY.data[now + j]! + dH.data[b * H + j]!;
        // dc = dc + dh ⊙ o ⊙ (1 − tanh² c);  di = dc g, df = dc c_{t−1}, dg = dc i, do = dh tanh c
        const dc = dC.data[b * H + j]! + dh * o * (1 - tanhC * tanhC);
        // Where the cap holds, i = 1 − f: df = dc (c_{t−1} − g), di = 0.
        const held = inputGate === "capped" && i >= leftBy(G, g0 + H + j);
        const di = dc * g;
        const df = dc * cs.data[now + j]!;
        G[g0 + j] = held ? 0 : di * i * (1 - i);
        G[g0 + H + j] = (held ? df - di : df) * f * (1 - f);
        G[g0 + 2 * H + j] = dc * i * (1 - g * g);
        G[g0 + 3 * H + j] = dh * tanhC * o * (1 - o);
        dC.data[b * H + j] = dc * f;
      }
      // dh_{t−1} = W_hhᵀ dgates
      dH.data.fill(0, b * H, (b + 1) * H);
      rowTimesMatrix(G, g0, wHhT, dH.data, b * H);
    }
  }
}

export function gruForward(
  shape: WindowShape,
  wRz: PackedMatrix,
  wN: PackedMatrix,
  bHh: ReferenceTensor,
  gates: ReferenceTensor,
  q: ReferenceTensor,
  hs: ReferenceTensor,
): void {
  const { T, B, H } = shape;
  const G = gates.data;
  const rz = floatsLike(hs.data, 2 * H);
  const qt = floatsLike(hs.data, H);
  for (let t = 0; t < T; t++) {
    for (let b = 0; b < B; b++) {
      const g0 = (t * B + b) * 3 * H;
      const now = (t * B + b) * H;
      const next = ((t + 1) * B + b) * H;
      rz.set(bHh.data.subarray(0, 2 * H));
      qt.set(bHh.data.subarray(2 * H));
      rowTimesMatrix(hs.data, now, wRz, rz, 0);
      rowTimesMatrix(hs.data, now, wN, qt, 0);
      for (let j = 0; j < H; j++) {
        const r = sigmoid(G[g0 + j]! + rz[j]!);
        const z = sigmoid(G[g0 + H + j]! + rz[H + j]!);
        // n = tanh(gates_n + r ⊙ q),  h_t = (1 − z) ⊙ n + z ⊙ h_{t−1}
        const n = Math.tanh(G[g0 + 2 * H + j]! + r * qt[j]!);
        hs.data[next + j] = (1 - z) * n + z * hs.data[now + j]!;
        G[g0 + j] = r;
        G[g0 + H + j] = z;
        G[g0 + 2 * H + j] = n;
        q.data[now + j] = qt[j]!;
      }
    }
  }
}

export function gruBackward(
  shape: WindowShape,
  wRzT: PackedMatrix,
  wNT: PackedMatrix,
  gates: ReferenceTensor,
  q: ReferenceTensor,
  hs: ReferenceTensor,
  dY: ReferenceTensor,
  dH: ReferenceTensor,
): void {
  const { T, B, H } = shape;
  const G = gates.data;
  for (let t = T - 1; t >= 0; t--) {
    for (let b = 0; b < B; b++) {
      const g0 = (t * B + b) * 3 * H;
      const now = (t * B + b) * H;
      for (let j = 0; j < H; j++) {
        const r = G[g0 + j]!;
        const z = G[g0 + H + j]!;
        const n = G[g0 + 2 * H + j]!;
        const dh = dY.data[now + j]! + dH.data[b * H + j]!;
        // dn = dh (1 − z), dz = dh (h_{t−1} − n), through tanh and σ;  dr = dn q, dq = dn r;  dh_{t−1} = dh z + …
        const dn = dh * (1 - z) * (1 - n * n);
        G[g0 + j] = dn * q.data[now + j]! * r * (1 - r);
        G[g0 + H + j] = dh * (hs.data[now + j]! - n) * z * (1 - z);
        G[g0 + 2 * H + j] = dn;
        q.data[now + j] = dn * r;
        dH.data[b * H + j] = dh * z;
      }
      // … + W_hhᵀ (dr, dz, dq)
      rowTimesMatrix(G, g0, wRzT, dH.data, b * H);
      rowTimesMatrix(q.data, now, wNT, dH.data, b * H);
    }
  }
}
