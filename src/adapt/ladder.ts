/** A search along one number at a time, by factors: as long as a step in one direction is better, another is made. */

/** Losses that were measured already are not measured again. */
export class Ladder<Point extends Readonly<Record<string, number>>> {
  readonly #measure: (point: Point) => Promise<number>;
  readonly #measured = new Map<string, number>();
  best: Point;

  /** @param measure the loss of a point; what is not a number is the worst */
  constructor(start: Point, measure: (point: Point) => Promise<number>) {
    this.best = start;
    this.#measure = measure;
  }

  /** The loss of the best point. */
  async loss(): Promise<number> {
    return this.#lossOf(this.best);
  }

  /** Goes up, and else down, by a factor, at most `steps` times, while it gets better. */
  async climb(name: keyof Point & string, factor: number, steps: number): Promise<void> {
    for (const by of [factor, 1 / factor]) {
      let moved = false;
      for (let i = 0; i < steps; i++) {
        const next = { ...this.best, [name]: this.best[name]! * by };
        if (!((await this.#lossOf(next)) < (await this.loss()))) break;
        this.best = next;
        moved = true;
      }
      if (moved) return;
    }
  }

  async #lossOf(point: Point): Promise<number> {
    const key = JSON.stringify(Object.entries(point).map(([name, value]) => [name, value.toPrecision(6)]));
    let loss = this.#measured.get(key);
    if (loss === undefined) {
      loss = await this.#measure(point);
      if (!Number.isFinite(loss)) loss = Infinity;
      this.#measured.set(key, loss);
    }
    return loss;
  }
}
