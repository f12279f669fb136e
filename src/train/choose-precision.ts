/**
 * The precision of a run limited by time that names none: bfloat16 where this processor multiplies faster by it. The
 * instruction alone does not say so: some processors that have it multiply float32 faster. It is measured.
 */
import { hasBf16Products } from "../engine/bf16.js";
import type { Engine } from "../engine/engine.js";
import { UserError } from "../errors.js";

/** A product as an LSTM of 512 units makes it of a batch of 32 in a window of 32. */
const SHAPE = { N: 1024, k: 512, n: 2048 };
const LEAST_REPEATS = 5;
/** In all: longer than another program's turn on a core, which would make one of the two look slow. */
const LEAST_SECONDS = 0.4;
/** What rounding is worth: so many times as fast it has to be at least. */
const LEAST_GAIN = 1.15;

/** @param rounding makes the engine that rounds the operands of training's products to bfloat16 */
export async function fasterEngine(plain: Engine, rounding: () => Promise<Engine>): Promise<Engine> {
  if (!hasBf16Products(plain.isa)) return plain;
  const other = await rounding().catch(onlyPlain);
  if (!other) return plain;
  const [plainSeconds, otherSeconds] = productSeconds([plain, other]);
  return plainSeconds! / otherSeconds! >= LEAST_GAIN ? other : plain;
}

/** Where the engine is a given one, there is no other to be had. */
function onlyPlain(error: unknown): undefined {
  if (!(error instanceof UserError)) throw error;
}

/** The fastest of several products of each engine, made in turn. */
function productSeconds(engines: readonly Engine[]): number[] {
  const { N, k, n } = SHAPE;
  const products = engines.map((engine) => {
    const [x, w, y] = [engine.tensor(N * k), engine.tensor(k * n), engine.tensor(N * n)];
    engine.fill(x, 1);
    engine.fill(w, 1);
    const p = engine.packed(k, n, engine.trainingOperands);
    engine.pack(w, p, false);
    return (): void => {
      engine.matmul(x, p, y, N);
      engine.read(y);
    };
  });
  const seconds = engines.map(() => Infinity);
  const start = performance.now();
  const enough = (repeats: number): boolean =>
    repeats >= LEAST_REPEATS && performance.now() - start >= 1000 * LEAST_SECONDS;
  for (let repeat = 0; !enough(repeat - 1); repeat++) {
    for (const [i, product] of products.entries()) {
      const begun = performance.now();
      product();
      // The first makes room.
      if (repeat > 0) seconds[i] = Math.min(seconds[i]!, (performance.now() - begun) / 1000);
    }
  }
  return seconds;
}
