/** A trial's curve, from the record of its run. */
import { existsSync } from "node:fs";
import { modelPaths } from "../format/model-paths.js";
import { readRegularFileSync } from "../format/regular-file.js";
import { parseMetrics } from "../train/metric-line.js";
import type { CurvePoint } from "./trial-runner.js";

const MOST_BYTES = 2 ** 28;

/** Its validations up to a step. @param bits from nats a token to bits a character */
export function readCurve(folder: string, most: number, bits: (loss: number) => number): CurvePoint[] {
  const { metrics } = modelPaths(folder);
  if (!existsSync(metrics)) return [];
  return parseMetrics(readRegularFileSync(metrics, MOST_BYTES)).flatMap(({ step, validLoss, seconds }) =>
    typeof validLoss === "number" && Number.isFinite(validLoss) && step <= most
      ? [{ step, seconds: Number(seconds ?? 0), bitsPerChar: Number(bits(validLoss).toFixed(5)) }]
      : [],
  );
}
