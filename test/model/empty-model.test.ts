/** The package makes models of every output layer there is, with zeros for weights, and with initial ones. */
import { expect, test } from "vitest";
import * as recurra from "../../src/index.js";

const window = { T: 2, B: 1, inputs: Int32Array.of(1, 2), targets: Int32Array.of(2, 3) };

test.each([
  ["full", {}],
  ["mixed", { mixture: { components: 2 } }],
  ["adaptive", { adaptive: { cutoffs: [3], divisor: 2 } }],
])("%s softmax", async (_, layer) => {
  const engine = await recurra.createEngine({ engine: "reference" });
  const config = recurra.modelConfig({ vocabulary: 6, hidden: 4, embedding: 4, ...layer });
  const empty = recurra.emptyModel(engine, config);
  for (const { value } of empty.parameters) expect(engine.read(value).every((x) => x === 0)).toBe(true);
  const { nats, count } = empty.evaluate(window, empty.zeroState(1));
  expect(count).toBe(2);
  // Nothing is known: in a full softmax each of the six tokens is as probable as the others.
  if (!config.adaptive) expect(nats).toBeCloseTo(2 * Math.log(6), 5);
  const initial = recurra.createModel(engine, config, 1);
  expect(initial.parameters.some(({ value }) => engine.read(value).some((x) => x !== 0))).toBe(true);
});
