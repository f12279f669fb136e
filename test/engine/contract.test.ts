import { expect, test } from "vitest";
import { Random } from "../../src/engine/random.js";
import { nativeEngine, nativeStatus } from "../../src/engine/native-loader.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { compiledEngines, skipOthers } from "./compiled-engines.js";
import { engineContract } from "./contract.js";
import { softmaxSums } from "./tensor-data.js";

engineContract("reference, f32", () => new ReferenceEngine("f32"));

test("the native addon is built and loads", () => {
  expect(nativeStatus()).toHaveProperty("addon");
});

for (const { engine, isa, make } of compiledEngines) {
  for (const threads of [1, 2, 3])
    engineContract(`${engine}, ${isa}, ${threads} thread(s)`, () => make(threads));
}
skipOthers();

// Of 29 rows the logits are held in a few chunks; of 100 they are made twice.
test.each([29, 100])("logits of %i rows that do not fit at once give the same as row by row", (N) => {
  const engine = nativeEngine(2);
  const [H, V] = [3, 600_000];
  const random = new Random(1);
  const filled = (length: number) => {
    const tensor = engine.tensor(length);
    for (let i = 0; i < length; i++) tensor.data[i] = random.normal();
    return tensor;
  };
  const [h, weight, bias] = [filled(N * H), filled(V * H), filled(V)];
  const targets = engine.ids(N);
  for (let n = 0; n < N; n++) targets.data[n] = random.below(V);
  const gradients = () => ({
    dH: engine.tensor(N * H),
    dWeight: engine.tensor(V * H),
    dBias: engine.tensor(V),
  });
  const together = gradients();
  const sums = softmaxSums(engine, {
    N,
    H,
    V,
    h,
    weight,
    bias,
    targets,
    backward: { scale: 1 / N, ...together },
  });
  const apart = gradients();
  let nats = 0;
  for (let n = 0; n < N; n++) {
    const backward = {
      scale: 1 / N,
      dH: apart.dH.slice(n * H, H),
      dWeight: apart.dWeight,
      dBias: apart.dBias,
    };
    const row = { N: 1, H, V, h: h.slice(n * H, H), weight, bias, targets: targets.slice(n, 1), backward };
    nats += softmaxSums(engine, row).nats;
  }
  expect(sums.nats).toBe(nats);
  expect(together.dH.data).toEqual(apart.dH.data);
  for (let v = 0; v < V; v += 997) expect(together.dBias.data[v]).toBeCloseTo(apart.dBias.data[v]!, 6);
});

// 600 rows of three components: eight chunks would be needed, so that the logits are made again; of 300 rows four.
test("of a mixture's rows that do not fit at once, logits made again and chunks give the same", () => {
  const engine = nativeEngine(2);
  const [N, K, H, V] = [600, 3, 1, 33_000];
  const random = new Random(2);
  const filled = (length: number) => {
    const tensor = engine.tensor(length);
    for (let i = 0; i < length; i++) tensor.data[i] = random.normal();
    return tensor;
  };
  const [h, weight, prior] = [filled(N * K * H), filled(V * H), filled(N * K)];
  const targets = engine.ids(N);
  for (let n = 0; n < N; n++) targets.data[n] = random.below(V) - 1;
  const train = (rows: number) => {
    const [dH, dWeight, dPrior] = [N * K * H, V * H, N * K].map((length) => engine.tensor(length));
    let nats = 0;
    for (let n = 0; n < N; n += rows) {
      nats += softmaxSums(engine, {
        N: rows,
        H,
        V,
        h: h.slice(n * K * H, rows * K * H),
        weight,
        targets: targets.slice(n, rows),
        mixture: { K, prior: prior.slice(n * K, rows * K), dPrior: dPrior!.slice(n * K, rows * K) },
        backward: { scale: 1, dH: dH!.slice(n * K * H, rows * K * H), dWeight: dWeight! },
      }).nats;
    }
    return { nats, dH: dH!.data, dWeight: dWeight!.data, dPrior: dPrior!.data };
  };
  const [again, held] = [train(600), train(300)];
  expect(again.nats).toBeCloseTo(held.nats, 6);
  expect(again.dH).toEqual(held.dH);
  expect(again.dPrior).toEqual(held.dPrior);
  for (let v = 0; v < V; v += 97) expect(again.dWeight[v]).toBeCloseTo(held.dWeight[v]!, 4);
});
