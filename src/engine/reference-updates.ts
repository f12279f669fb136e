/** The reference's updates of weights: SGD, Adam, AdamW, AdaBelief, schedule-free AdamW and dynamic evaluation as loops. See `Engine` for the equations. */
import type {
  AdamSettings,
  DynamicStepSettings,
  Floats,
  ScheduleFreeSettings,
  SgdSettings,
} from "./engine.js";

export function sgd(w: Floats, g: Floats, v: Floats | undefined, settings: SgdSettings): void {
  const { learningRate, momentum, weightDecay, gradientScale } = settings;
  for (let i = 0; i < w.length; i++) {
    let step = gradientScale * g[i]! + weightDecay * w[i]!;
    if (v) v[i] = step = momentum * v[i]! + step;
    w[i]! -= learningRate * step;
  }
}

export function adam(w: Floats, g: Floats, m: Floats, v: Floats, settings: AdamSettings): void {
  const { learningRate, beta1, beta2, epsilon, weightDecay, decoupled, gradientScale, step } = settings;
  const { belief = false } = settings;
  // m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ),  w −= lr · m̂ / (√v̂ + ε)
  const stepSize = learningRate / (1 - beta1 ** step);
  const rootCorrection = Math.sqrt(1 - beta2 ** step);
  for (let i = 0; i < w.length; i++) {
    let gi = gradientScale * g[i]!;
    if (decoupled) w[i]! -= learningRate * weightDecay * w[i]!;
    else gi += weightDecay * w[i]!;
    m[i] = beta1 * m[i]! + (1 - beta1) * gi;
    const d = belief ? gi - m[i]! : gi;
    v[i] = beta2 * v[i]! + (1 - beta2) * d * d + (belief ? epsilon : 0);
    w[i]! -= (stepSize * m[i]!) / (Math.sqrt(v[i]!) / rootCorrection + epsilon);
  }
}

export function scheduleFree(
  y: Floats,
  g: Floats,
  z: Floats,
  v: Floats,
  settings: ScheduleFreeSettings,
): void {
  const { learningRate, beta1, beta2, epsilon, weightDecay, gradientScale, step, share } = settings;
  const rootCorrection = Math.sqrt(1 - beta2 ** step);
  for (let i = 0; i < y.length; i++) {
    const gi = gradientScale * g[i]!;
    v[i] = beta2 * v[i]! + (1 - beta2) * gi * gi;
    const d = gi / (Math.sqrt(v[i]!) / rootCorrection + epsilon) + weightDecay * y[i]!;
    y[i]! += share * (z[i]! - y[i]!) - learningRate * (1 - beta1 * (1 - share)) * d;
    z[i]! -= learningRate * d;
  }
}

export function dynamicStep(
  w: Floats,
  g: Floats,
  w0: Floats,
  rms: Floats | undefined,
  { learningRate, decay, epsilon }: DynamicStepSettings,
): void {
  for (let i = 0; i < w.length; i++) {
    const back = Math.min(1, rms ? decay * rms[i]! : decay);
    const step = rms ? g[i]! / (rms[i]! + epsilon) : g[i]!;
    w[i]! += back * (w0[i]! - w[i]!) - learningRate * step;
    g[i] = 0;
  }
}
