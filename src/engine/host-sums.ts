/** Sums of an engine that computes where JavaScript runs: plain numbers, there at once. */
import type { Sums, SumValues } from "./engine.js";

export class HostSums implements Sums {
  nats = 0;
  correct = 0;
  squares = 0;

  clear(): void {
    this.nats = 0;
    this.correct = 0;
    this.squares = 0;
  }

  read(): SumValues {
    return this.readNow();
  }

  readNow(): SumValues {
    const { nats, correct, squares } = this;
    return { nats, correct, squares };
  }
}
