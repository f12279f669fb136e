/** A model of random weights in float64, larger than they are at first, so that it is not almost uniform. */
import type { Engine } from "../../src/engine/engine.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { modelConfig, type ModelConfigInput } from "../../src/model/config.js";
import { createModel } from "../../src/model/create-model.js";
import type { LanguageModel } from "../../src/model/language-model.js";

export function smallModel(vocabulary: number, config: Partial<ModelConfigInput> = {}): LanguageModel {
  const engine: Engine = new ReferenceEngine("f64");
  const model = createModel(
    engine,
    modelConfig({ vocabulary, embedding: 5, hidden: 6, layers: 2, ...config }),
    7,
  );
  change(model, /./, (x) => 3 * x);
  return model;
}

/** Changes all numbers of the parameters whose names match. */
export function change(
  model: LanguageModel,
  names: RegExp,
  to: (x: number, i: number, count: number) => number,
): void {
  for (const { name, value } of model.parameters)
    if (names.test(name))
      model.engine.write(
        model.engine.read(value).map((x, i) => to(x, i, value.length)),
        value,
      );
  model.weightsChanged();
}

/** −ln p of the last of some ids, read one at a time from a state. */
export function lossAfter(model: LanguageModel, ids: ArrayLike<number>, state = model.zeroState(1)): number {
  let x: number[] = [];
  for (const id of Array.from(ids).slice(0, -1)) x = Array.from(model.logits(Int32Array.of(id), state));
  const max = Math.max(...x);
  const sum = x.reduce((all, one) => all + Math.exp(one - max), 0);
  return max + Math.log(sum) - x[ids[ids.length - 1]!]!;
}
