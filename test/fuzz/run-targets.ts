/** Runs targets as tests: always the same inputs. */
import fc from "fast-check";
import { test } from "vitest";
import type { FuzzTarget } from "./target.js";

const SEED = 1;

export function testTargets(targets: readonly FuzzTarget[]): void {
  for (const { name, runs, property } of targets)
    test(`${name}: ${runs} inputs`, { timeout: 180_000 }, () =>
      fc.assert(property, { seed: SEED, numRuns: runs }),
    );
}
