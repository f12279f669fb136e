/** Chooses an engine: by what was asked, then RECURRA_ENGINE, then the native one. Nothing slow is chosen silently. */
import { nearest } from "../nearest.js";
import { UserError } from "../errors.js";
import type { Engine, Precision } from "./engine.js";
import { nativeEngine } from "./native-loader.js";
import { ReferenceEngine } from "./reference.js";

/** The engines there are. */
export const ENGINES = ["native", "reference"] as const;
export type EngineName = (typeof ENGINES)[number];

/** What an engine may be asked to compute in: its own format, or float32 with products of bfloat16 in training. */
export const ENGINE_PRECISIONS = ["f32", "f64", "bf16"] as const;
export type EnginePrecision = Precision | "bf16";

export interface EngineOptions {
  /** Default: the environment's RECURRA_ENGINE, else native. */
  readonly engine?: EngineName;
  /** Threads; default one a core. The reference has one. */
  readonly threads?: number;
  /** f64 only on the reference. bf16 concerns training alone: see `Engine.trainingOperands`. Default f32. */
  readonly precision?: EnginePrecision;
  /** Instruction set of the native engine. Default: the environment's RECURRA_ISA, else the best that runs. */
  readonly isa?: string;
}

/** @throws UserError where the engine cannot be had, with the reason and the way out */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  const asked = options.engine ?? (process.env["RECURRA_ENGINE"] || undefined);
  const name = asked ?? "native";
  if (!(ENGINES as readonly string[]).includes(name)) {
    const guess = nearest(name, ENGINES);
    throw new UserError(
      `RECURRA_ENGINE=${name} is no engine${guess ? ` (did you mean ${guess}?)` : ""}; there are: ${ENGINES.join(", ")}.`,
    );
  }
  const { threads } = options;
  if (threads !== undefined && (!Number.isInteger(threads) || threads < 1 || threads > 256)) {
    throw new UserError(`threads is ${threads}; give a whole number from 1 to 256.`);
  }
  const { precision = "f32" } = options;
  if (!(ENGINE_PRECISIONS as readonly string[]).includes(precision))
    throw new UserError(`precision is ${String(precision)}; give one of ${ENGINE_PRECISIONS.join(", ")}.`);
  const operands = precision === "bf16" ? "bf16" : "float";
  if (name === "reference") return new ReferenceEngine(precision === "f64" ? "f64" : "f32", operands);
  if (precision === "f64")
    throw new UserError(`The ${name} engine computes in f32; use the reference for f64.`);
  return nativeEngine(threads, options.isa ?? (process.env["RECURRA_ISA"] || undefined), operands);
}
