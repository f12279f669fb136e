/**
 * Activation regularisation and temporal activation regularisation (Merity et al., 2017, arXiv 1708.01009): penalties that
 * training adds to the loss. They let the hidden states through as they are and add to their gradient; the loss that is
 * said stays the cross-entropy.
 *
 *   AR:   α · mean h²                       over the last layer's output after its dropout, (T, B, H)
 *   TAR:  β · mean (h_t − h_{t−1})²          over the same before its dropout, t = 1 … T − 1
 *
 * Means are over all rows of a window, those without a target among them.
 */
import type { Engine, Tensor } from "../../engine/engine.js";
import type { WeightMatrix } from "../../layers/layer.js";
import type { Pass } from "../../layers/pass.js";
import type { BodyPart } from "./body-part.js";

/** h of the last training pass, and its penalty's rate above 0. */
interface Penalised {
  readonly h: Tensor;
  readonly T: number;
  readonly rate: number;
}

abstract class ActivationPenalty implements BodyPart {
  readonly weights: readonly WeightMatrix[] = [];
  protected readonly engine: Engine;
  readonly #rate: "ar" | "tar";
  #penalised: Penalised | undefined;

  constructor(engine: Engine, rate: "ar" | "tar") {
    this.engine = engine;
    this.#rate = rate;
  }

  changes(): boolean {
    return false;
  }

  forward(h: Tensor, T: number, { train, regularisation }: Pass): Tensor {
    const rate = regularisation?.[this.#rate] ?? 0;
    this.#penalised = train && rate > 0 ? { h, T, rate } : undefined;
    return h;
  }

  backward(dH: Tensor): Tensor {
    if (this.#penalised) this.penalise(this.#penalised, dH);
    return dH;
  }

  weightsChanged(): void {}

  /** Adds the penalty's gradient to dH. */
  protected abstract penalise(penalised: Penalised, dH: Tensor): void;
}

/** dh += 2α / (T·B·H) · h */
export class ActivationRegularisation extends ActivationPenalty {
  constructor(engine: Engine) {
    super(engine, "ar");
  }

  protected override penalise({ h, rate }: Penalised, dH: Tensor): void {
    this.engine.addScaled(h, (2 * rate) / h.length, dH);
  }
}

/** With k = 2β / ((T − 1)·B·H):  dh_t += k (h_t − h_{t−1}) for t ≥ 1,  dh_t −= k (h_{t+1} − h_t) for t ≤ T − 2 */
export class TemporalActivationRegularisation extends ActivationPenalty {
  constructor(engine: Engine) {
    super(engine, "tar");
  }

  protected override penalise({ h, T, rate }: Penalised, dH: Tensor): void {
    if (T < 2) return;
    const step = h.length / T;
    const length = h.length - step;
    const k = (2 * rate) / length;
    const [former, latter] = [h.slice(0, length), h.slice(step, length)];
    const [dFormer, dLatter] = [dH.slice(0, length), dH.slice(step, length)];
    this.engine.addScaled(latter, k, dLatter);
    this.engine.addScaled(former, -k, dLatter);
    this.engine.addScaled(former, k, dFormer);
    this.engine.addScaled(latter, -k, dFormer);
  }
}
