/**
 * Milliseconds of one training step of the usual word language model (WikiText-2's vocabulary, tied LSTM 2 × 200,
 * dropout 0.2, batch 20 × 35, SGD): the settings of docs/results.md, which the workloads do not have.
 */
import { nativeEngine } from "../src/engine/native-loader.js";
import { Random } from "../src/engine/random.js";
import { modelConfig } from "../src/model/config.js";
import { LanguageModel } from "../src/model/language-model.js";
import { clipScale, gradientNorm } from "../src/optim/clip.js";
import { Sgd } from "../src/optim/sgd.js";

const SECONDS = 5;
const [V, H, B, T] = [33_278, 200, 20, 35];
const engine = nativeEngine(Number(process.argv[2] ?? 2));
const dropout = { embedding: 0.2, between: 0.2, output: 0.2 };
const config = modelConfig({ vocabulary: V, hidden: H, embedding: H, layers: 2, tie: true, dropout });
const model = LanguageModel.create(engine, config, 1);
const optimizer = new Sgd(engine, model.parameters);
const random = new Random(1);
const draw = () => new Int32Array(T * B).map(() => random.below(V));
const window = { T, B, inputs: draw(), targets: draw() };
const state = model.zeroState(B);
let steps = 0;
const step = () => {
  model.train(window, state, { seed: 1, step: steps++ });
  optimizer.step(1, clipScale(gradientNorm(engine, model.parameters), 0.25));
  model.weightsChanged();
};
step();
step();
const start = performance.now();
while (performance.now() - start < SECONDS * 1000) step();
console.log(((performance.now() - start) / (steps - 2)).toFixed(1));
