/** The tokens that a row of logits gives more than next to nothing. */
import type { Engine, Tensor } from "../engine/engine.js";
import type { Candidates } from "../layers/candidates.js";
import { normaliser } from "./row-reader.js";

/** Adds every token whose probability in one of the rows is at least p. @param logits (n, V) */
export function addProbable(
  engine: Engine,
  logits: Tensor,
  n: number,
  p: number,
  candidates: Candidates,
): void {
  const V = candidates.size;
  const least = Array.from({ length: n }, (_, r) => {
    return normaliser(engine, logits.slice(r * V, V), 1).logSum + Math.log(p);
  });
  const x = engine.read(logits);
  for (let r = 0; r < n; r++) {
    const from = r * V;
    const bound = least[r]!;
    for (let v = 0; v < V; v++) if (x[from + v]! >= bound) candidates.add(v);
  }
}
