/** A search by factors: as long as a step in one direction is better, another is made. */

export class Ladder<Point extends Readonly<Record<string, number>>> {
  readonly #measure: (point: Point) => Promise<number>;
  /** Losses by point: none is measured twice. */
  readonly #measured = new Map<string, number>();
  /** The best so far. */
  best: Point;

  /** @param measure the loss of a point; what is not a number is the worst */
  constructor(start: Point, measure: (point: Point) => Promise<number>) {
    this.best = start;
    this.#measure = measure;
  }

  /** Multiplies by these factors, or else divides, at most `steps` times, while it gets better. */
  async climb(factors: Partial<Point>, steps: number): Promise<void> {
    for (const power of [1, -1]) {
      let moved = false;
      for (let i = 0; i < steps; i++) {
        const entries = Object.entries(this.best).map(([name, value]) => [
          name,
          value * (factors[name] ?? 1) ** power,
        ]);
        const next = Object.fromEntries(entries) as Point;
        if (!((await this.#lossOf(next)) < (await this.#lossOf(this.best)))) break;
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
      if (Number.isNaN(loss)) loss = Infinity;
      this.#measured.set(key, loss);
    }
    return loss;
  }
}
