/** How often each distinct piece of a text occurs, in bounded memory. */
import { detach } from "./code-points.js";

// A Map cannot hold more than 2^24 entries; a quarter of that is far beyond the words of any text of natural language.
const MOST_PIECES = 1 << 22;

export class PieceCounts {
  readonly #counts = new Map<string, number>();
  readonly #most: number;
  #floor = 0;

  /** @param most distinct pieces held at once; beyond, the rarest are forgotten */
  constructor(most = MOST_PIECES) {
    this.#most = most;
  }

  /** True when rare pieces had to be forgotten: the counts are then a little low, and rare pieces may be missing. */
  get forgetful(): boolean {
    return this.#floor > 0;
  }

  get size(): number {
    return this.#counts.size;
  }

  add(piece: string): void {
    const count = this.#counts.get(piece);
    if (count !== undefined) this.#counts.set(piece, count + 1);
    else {
      if (this.#counts.size >= this.#most) this.#forget();
      this.#counts.set(detach(piece), 1);
    }
  }

  entries(): IterableIterator<[string, number]> {
    return this.#counts.entries();
  }

  /** Forgets the rarest until half the room is free. */
  #forget(): void {
    while (this.#counts.size > this.#most / 2) {
      this.#floor++;
      for (const [piece, count] of this.#counts) if (count <= this.#floor) this.#counts.delete(piece);
    }
  }
}
