/** From options to the keys of a model's config that only some cells have. */
import { type Cell, hasOption } from "../cells.js";
import type { ModelConfig } from "../model/config.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import type { TrainOptions } from "./options.js";

export function cellOptions(cell: Cell, options: TrainOptions): Pick<ModelConfig, "inputGate" | "mogrify"> {
  const { inputGate, mogrifierRounds, mogrifierRank } = options;
  const { mogrifierRounds: rounds, mogrifierRank: rank } = TRAIN_OPTIONS;
  return {
    ...(inputGate === "capped" && { inputGate }),
    ...(hasOption(cell, "mogrify") && {
      mogrify: { rounds: mogrifierRounds ?? rounds.default, rank: mogrifierRank ?? rank.default },
    }),
  };
}
