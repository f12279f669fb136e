/** Runs targets as tests: always the same inputs. */
import fc from "fast-check";
import { afterAll, test } from "vitest";
import { type FuzzTarget, removeFolders } from "./target.js";

const SEED = 1;

export function testTargets(targets: readonly FuzzTarget[]): void {
  afterAll(removeFolders);
  for (const { name, runs, property } of targets)
    test(`${name}: ${runs} inputs`, { timeout: 180_000 }, () =>
      fc.assert(property, { seed: SEED, numRuns: runs }),
    );
}
