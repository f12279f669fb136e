/** The engine of a run or a model: an existing one, or one created by its name. */
import { createEngine, type EngineOptions } from "../engine/create.js";
import type { Engine } from "../engine/engine.js";
import { option, sentence, UserError } from "../errors.js";

export interface EngineChoice extends Pick<EngineOptions, "threads" | "precision"> {
  /** The name of an engine to create, or an existing engine, which several models and runs may share. */
  readonly engine?: EngineOptions["engine"] | Engine | undefined;
}

/** @throws UserError where it cannot be created, or the given engine differs from what the options ask for */
export async function chooseEngine({ engine, threads, precision }: EngineChoice): Promise<Engine> {
  if (typeof engine !== "object") {
    return createEngine({
      ...(engine !== undefined && { engine }),
      ...(threads !== undefined && { threads }),
      ...(precision !== undefined && { precision }),
    });
  }
  const own = engine.trainingOperands === "bf16" ? "bf16" : engine.precision;
  if (precision !== undefined && precision !== own) throw differs("precision", own, precision);
  if (threads !== undefined && threads !== engine.threads) throw differs("threads", engine.threads, threads);
  return engine;
}

function differs(name: string, own: unknown, requested: unknown): UserError {
  return new UserError({
    option: name,
    problem: sentence`${option(name, requested)} is requested, but the given engine has ${option(name, own)}`,
    advice: "leave it out, or give another engine",
  });
}
