/** What each layer would predict, the map of the tokens, and why a word: against the same by hand. */
import { describe, expect, test } from "vitest";
import { erasure } from "../../src/explain/erasure.js";
import { gradientTimesInput } from "../../src/explain/gradient-input.js";
import { integratedGradients } from "../../src/explain/integrated-gradients.js";
import { piecesOf } from "../../src/explain/pieces.js";
import { trainTokenizer } from "../../src/index.js";
import { lens } from "../../src/look/lens.js";
import { lookText } from "../../src/look/look-text.js";
import { readText } from "../../src/look/read-text.js";
import { why } from "../../src/look/why.js";
import { wordMap } from "../../src/look/word-map.js";
import type { ModelConfigInput } from "../../src/model/config.js";
import { smallModel } from "./small-model.js";

const TEXT = "Call me Ishmael. Some years ago, never mind how long, I thought I would sail about a little.\n";

describe.each<Partial<ModelConfigInput>>([
  {},
  { residual: true, layers: 3 },
  { tie: true, embedding: 4 },
  { cell: "gru", mixture: { components: 2 } },
])("the lens of %j", (config) => {
  test("each layer's output through the output layer; the last is the model's own", async () => {
    const tokenizer = await trainTokenizer("char", [TEXT]);
    const model = smallModel(tokenizer.size, config);
    const text = lookText(tokenizer, TEXT);
    const found = await lens(model, text, (id) => tokenizer.display(id));
    const L = model.config.layers;
    const H = 6;
    const projection = model.parameters.find(({ name }) => name === "projection.weight");
    const W = projection && model.engine.read(projection.value);
    const means = Array.from({ length: L }, () => ({ nats: 0, divergence: 0, agrees: 0 }));
    let tokens = 0;
    await readText(model, text, { recording: { hidden: true } }, ({ count, predicted, recording }) => {
      for (let n = 0; n < count; n++) {
        if (predicted[n]! < 0) continue;
        tokens++;
        const sum = new Array<number>(H).fill(0);
        const logs = recording!.hidden.map((h) => {
          for (let i = 0; i < H; i++) sum[i] = (config.residual ? sum[i]! : 0) + h[n * H + i]!;
          const row = W
            ? Array.from({ length: 4 }, (_, e) => sum.reduce((total, x, i) => total + W[e * H + i]! * x, 0))
            : sum;
          const tensor = model.engine.tensor(row.length);
          model.engine.write(Float64Array.from(row), tensor);
          const x = Array.from(model.output.logits(tensor, 1));
          const log = Math.log(x.reduce((total, one) => total + Math.exp(one), 0));
          return x.map((one) => one - log);
        });
        const last = logs.at(-1)!;
        const best = (log: number[]): number => log.indexOf(Math.max(...log));
        for (const [l, log] of logs.entries()) {
          means[l]!.nats -= log[text.ids[predicted[n]!]!]!;
          means[l]!.divergence += last.reduce((total, p, v) => total + Math.exp(p) * (p - log[v]!), 0);
          if (best(log) === best(last)) means[l]!.agrees++;
          expect(found.map[predicted[n]!]!.guesses[l]!.probability).toBeCloseTo(
            Math.exp(Math.max(...log)),
            9,
          );
        }
      }
    });
    expect(found.tokens).toBe(tokens);
    for (const [l, { nats, divergence, agrees }] of found.layers.entries()) {
      expect(nats).toBeCloseTo(means[l]!.nats / tokens, 9);
      expect(divergence).toBeCloseTo(means[l]!.divergence / tokens, 9);
      expect(agrees).toBeCloseTo(means[l]!.agrees / tokens, 12);
    }
    expect(found.layers.at(-1)!.divergence).toBeCloseTo(0, 12);
    expect(found.layers.reduce((sum, { decides }) => sum + decides, 0)).toBeCloseTo(1, 12);
  });
});

test("layers of different widths have no lens, and say so", async () => {
  const tokenizer = await trainTokenizer("char", [TEXT]);
  const model = smallModel(tokenizer.size, { hidden: [7, 6] });
  await expect(lens(model, lookText(tokenizer, TEXT), String)).rejects.toThrow(/here they have 7, 6/);
});

test("the map of the tokens: distances, neighbours and ends", async () => {
  const tokenizer = await trainTokenizer("char", [TEXT]);
  const model = smallModel(tokenizer.size);
  const text = lookText(tokenizer, TEXT);
  const { words, components, leftOut } = wordMap(model, text, tokenizer);
  expect(leftOut).toBe(0);
  expect(words.reduce((sum, { count }) => sum + count, 0)).toBe(text.ids.length);
  expect(words.map(({ count }) => count)).toEqual(words.map(({ count }) => count).toSorted((a, b) => b - a));
  const E = model.config.embedding;
  const ids = words.map(({ text: shown }) =>
    Array.from(text.ids).find((id) => tokenizer.display(id) === shown)!,
  );
  const vectors = ids.map((id) => Array.from(model.engine.read(model.embedding.slice(id * E, E))));
  const mean = vectors[0]!.map(
    (_, e) => vectors.reduce((sum, vector) => sum + vector[e]!, 0) / vectors.length,
  );
  const centred = vectors.map((vector) => vector.map((x, e) => x - mean[e]!));
  // All of the components together are a rotation: distances stay as they are.
  const distance = (a: readonly number[], b: readonly number[]): number =>
    Math.hypot(...a.map((x, i) => x - b[i]!));
  expect(words[0]!.coordinates).toHaveLength(E);
  expect(distance(words[0]!.coordinates, words[5]!.coordinates)).toBeCloseTo(
    distance(centred[0]!, centred[5]!),
    6,
  );
  expect(components.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
  const shares = components.map(({ share }) => share);
  expect(shares).toEqual(shares.toSorted((a, b) => b - a));
  const cosine = (a: number[], b: number[]): number =>
    a.reduce((sum, x, i) => sum + x * b[i]!, 0) / Math.hypot(...a) / Math.hypot(...b);
  const others = centred
    .map((vector, n) => [n, cosine(centred[3]!, vector)] as const)
    .filter(([n]) => n !== 3);
  const [nearest] = others.toSorted(([, a], [, b]) => b - a);
  expect(words[3]!.neighbours[0]!.token).toBe(nearest![0]);
  expect(words[3]!.neighbours[0]!.cosine).toBeCloseTo(nearest![1], 6);
  const first = words.map(({ coordinates }) => coordinates[0]!);
  expect(components[0]!.high[0]).toBe(words[first.indexOf(Math.max(...first))]!.text);
  expect(components[0]!.low[0]).toBe(words[first.indexOf(Math.min(...first))]!.text);
});

describe("why a word", () => {
  test("is what the three methods tell of the text's end, of one text or against another", async () => {
    const tokenizer = await trainTokenizer("char", [TEXT]);
    const model = smallModel(tokenizer.size);
    const text = lookText(tokenizer, TEXT);
    const own = text.ids.subarray(-48);
    const before = Int32Array.of(
      text.beginning!,
      ...text.ids.subarray(Math.max(0, text.ids.length - 96), -48),
    );
    const pieces = piecesOf(tokenizer, own, "word");
    const found = await why(model, text, tokenizer, { target: "I s", against: "a l" });
    expect(found.pieces.map((piece) => piece.text)).toEqual(pieces.map((piece) => piece.text));
    const [one, other] = [" I s", " a l"].map((target) => ({
      before,
      ids: own,
      target: tokenizer.encode(target.slice(1)),
    }));
    const [a, b] = [await erasure(model, one!, pieces), await erasure(model, other!, pieces)];
    const [ga, gb] = [gradientTimesInput(model, one!, pieces), gradientTimesInput(model, other!, pieces)];
    const [ia, ib] = [
      await integratedGradients(model, one!, pieces),
      await integratedGradients(model, other!, pieces),
    ];
    for (const [n, piece] of found.pieces.entries()) {
      expect(piece.erasure).toBeCloseTo(a.effects[n]! - b.effects[n]!, 9);
      expect(piece.gradient).toBeCloseTo(ga[n]! - gb[n]!, 9);
      expect(piece.integrated).toBeCloseTo(ia.effects[n]! - ib.effects[n]!, 9);
    }
    expect(found.probability).toBeCloseTo(Math.exp(a.logProbability), 9);
    expect(found.against!.probability).toBeCloseTo(Math.exp(b.logProbability), 9);
    const { target, probability } = await why(model, text, tokenizer);
    const all = await Promise.all(
      Array.from({ length: tokenizer.size }, async (_, id) =>
        erasure(model, { before, ids: own, target: Int32Array.of(id) }, []),
      ),
    );
    const best = all.map(({ logProbability }) => logProbability);
    best[tokenizer.unknownId!] = -Infinity;
    expect(probability).toBeCloseTo(Math.exp(Math.max(...best)), 9);
    expect(target).toBe(tokenizer.display(best.indexOf(Math.max(...best))));
    await expect(why(model, text, tokenizer, { target: "ß" })).rejects.toThrow(/cannot write "ß"/);
  });
});
