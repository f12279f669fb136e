/** What a run trains: its model's parameters, and those that serve training alone. */
import type { PastDecode } from "../layers/past-decode.js";
import type { LanguageModel } from "../model/language-model.js";
import type { Parameter } from "../model/parameter.js";

export interface Trained {
  readonly model: LanguageModel;
  /** Of past-decode regularisation, where a run has it. */
  readonly pastDecode?: PastDecode | undefined;
}

/** The model's parameters, then the others. */
export function trainedParameters({ model, pastDecode }: Trained): readonly Parameter[] {
  return pastDecode ? [...model.parameters, ...pastDecode.parameters] : model.parameters;
}

/** To be called after any of them were changed. */
export function trainedChanged({ model, pastDecode }: Trained): void {
  model.weightsChanged();
  pastDecode?.weightsChanged();
}
