/**
 * Chooses an engine: by the option, then RECURRA_ENGINE, then the native one, then (with a line on standard error)
 * WebAssembly. Nothing slow is chosen silently.
 */
import { nearest } from "../nearest.js";
import { option, type Sentence, sentence, UserError } from "../errors.js";
import { checkOptions } from "../options/check.js";
import { CREATE_ENGINE_OPTIONS } from "../options/create-engine-options.js";
import { escapedLine } from "../visible-text.js";
import type { Engine, Precision } from "./engine.js";
import { type EngineName, ENGINES } from "./engine-name.js";
import { instructionSets, nativeEngine, nativeStatus } from "./native-loader.js";

export { type EngineName, ENGINES };

/** The precisions an engine can be created with: its own format, or float32 with products of bfloat16 in training. */
export type EnginePrecision = Precision | "bf16";

export interface EngineOptions {
  /** Default: the environment's RECURRA_ENGINE, else native, else (where the addon does not load) wasm. */
  readonly engine?: EngineName;
  /** Threads; default one a core. The reference has one. */
  readonly threads?: number;
  /** f64 only on the reference. bf16 concerns training alone: see `Engine.trainingOperands`. Default f32. */
  readonly precision?: EnginePrecision;
  /** Instruction set of the native engine or of wasm. Default: the environment's RECURRA_ISA, else the best that runs. */
  readonly isa?: string;
}

/** @throws UserError where the engine cannot be had, with the reason and the way out */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  checkOptions("createEngine", options, CREATE_ENGINE_OPTIONS);
  const requested = options.engine ?? (process.env["RECURRA_ENGINE"] || undefined);
  const name = requested ?? defaultEngine();
  if (!(ENGINES as readonly string[]).includes(name)) {
    const guess = nearest(name, ENGINES);
    throw new UserError(
      `RECURRA_ENGINE=${name} is no engine${guess ? ` (did you mean ${guess}?)` : ""}; there are: ${ENGINES.join(", ")}.`,
    );
  }
  const { threads, precision = "f32" } = options;
  const operands = precision === "bf16" ? "bf16" : "float";
  if (name === "reference" && options.isa !== undefined) {
    throw new UserError({
      option: "isa",
      problem: sentence`${option("isa")} has no effect on ${option("engine", "reference")}`,
      advice: sentence`leave it out, or choose ${option("engine", "native")} or ${option("engine", "wasm")}`,
    });
  }
  // The others are loaded when they are requested, so that a command with the native engine starts sooner.
  if (name === "reference") {
    const { ReferenceEngine } = await import("./reference.js");
    return new ReferenceEngine(precision === "f64" ? "f64" : "f32", operands);
  }
  if (precision === "f64")
    throw new UserError(`The ${name} engine computes in f32; use the reference for f64.`);
  const isa = options.isa ?? (process.env["RECURRA_ISA"] || undefined);
  await checkIsa(
    name,
    isa,
    options.isa === undefined ? `RECURRA_ISA=${isa}` : sentence`${option("isa", isa)}`,
  );
  if (name === "native") return nativeEngine(threads, isa, operands);
  if (operands !== "float")
    throw new UserError("The wasm engine has no bf16 products; use the native engine or the reference.");
  return (await import("./wasm-loader.js")).wasmEngine(threads, isa);
}

/** @param mention where the instruction set was named: the environment or the option @throws UserError where it does not run here */
async function checkIsa(engine: string, isa: string | undefined, mention: string | Sentence): Promise<void> {
  if (isa === undefined) return;
  const sets =
    engine === "native" ? instructionSets() : (await import("./wasm-loader.js")).wasmInstructionSets();
  const running = sets.filter((set) => set.runs).map((set) => set.name);
  // Where none runs, the engine itself cannot be had, and says why.
  if (running.length === 0 || running.includes(isa)) return;
  throw new UserError({
    option: typeof mention === "string" ? undefined : "isa",
    problem: sentence`${mention} cannot be used: the ${engine} engine runs ${running.join(", ")} here`,
    advice: "choose one of these",
  });
}

let warned = false;

/** Native; where its addon does not load, WebAssembly, with a warning the first time. */
function defaultEngine(): EngineName {
  const status = nativeStatus();
  if ("addon" in status) return "native";
  if (!warned) {
    warned = true;
    process.stderr.write(
      `recurra computes with WebAssembly, which is slower: the native engine did not load (${escapedLine(status.reason)}).\n`,
    );
  }
  return "wasm";
}
