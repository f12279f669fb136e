/** Uses a model that was loaded from hostile files: what loads has to behave. */
import { Classifier, type LoadedModel } from "../../src/index.js";
import { checkNumber } from "./target.js";

const TEXT = "the cat sees the moon.\nthe sea.\n";

/** Measures, scores and writes. @throws Error where a number is NaN, and UserError where the model says that it cannot */
export async function tryModel(model: LoadedModel): Promise<void> {
  const { perplexity } = await model.evaluate(TEXT);
  checkNumber("the perplexity", perplexity);
  for (const { logProbability } of model.scoreLine("the cat").scores)
    if (logProbability !== null) checkNumber("a score", logProbability);
  if (model.config.classifier) {
    const [told] = await new Classifier(model).classify(["the cat"]);
    for (const { probability } of told!.probabilities) checkNumber("a probability of a label", probability);
  }
  for await (const piece of model.generate({ prompt: "the ", length: 4, seed: 1 }))
    checkNumber("a probability", piece.logProbability);
}
