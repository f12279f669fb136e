/**
 * Tokens per second of training over a growing vocabulary, with each softmax (an LSTM of 2 × 200, 20 sequences of 35,
 * SGD; tokens drawn by Zipf's law, and the cut-offs by their counts):
 *
 *     npx tsx bench/vocabulary.ts [--threads 2] [--rounds 5] [--seconds 1] [--sizes 1000,10000,100000,1000000]
 *                                 [--hidden 200] [--samples 1024] [--json]
 *     npx tsx bench/vocabulary.ts --softmaxes full,mixture,sampled,sampled-mixture --mixtures 4 --sizes 33278
 *
 * Rounds of the softmaxes alternate, so that all meet the same moods of the machine; medians are printed. --json prints
 * one line a size and softmax.
 */
import { cpus } from "node:os";
import { UserError } from "../src/errors.js";
import type { Engine } from "../src/engine/engine.js";
import { nativeEngine } from "../src/engine/native-loader.js";
import { Random } from "../src/engine/random.js";
import { AliasTable } from "../src/layers/alias-table.js";
import { CandidateSampler } from "../src/layers/candidate-sampler.js";
import { modelConfig } from "../src/model/config.js";
import { chooseCutoffs, zipfCounts } from "../src/model/cutoffs.js";
import { createModel } from "../src/model/create-model.js";
import { addSquares, clipScale } from "../src/optim/clip.js";
import { Sgd } from "../src/optim/sgd.js";
import { median, tokensPerSecond } from "./measure.js";
import { type OptionSpec, optionHelp, positive, readOptions, runBench } from "./options.js";

const OPTIONS = {
  threads: { value: "n", help: "threads (default: 2)" },
  rounds: { value: "n", help: "rounds of each (default: 5)" },
  seconds: { value: "x", help: "seconds of a round (default: 1)" },
  sizes: { value: "n,n", help: "vocabularies (default: 1000,10000,33278,100000,1000000)" },
  hidden: { value: "n", help: "width of embedding and layers (default: 200)" },
  softmaxes: {
    value: "name,name",
    help: "of full, adaptive, sampled, mixture and sampled-mixture (default: the first three)",
  },
  mixtures: { value: "n", help: "components of a mixture (default: 4)" },
  samples: { value: "n", help: "draws of the sampled softmax (default: 1024)" },
  json: { help: "a line of JSON for each" },
  help: { help: "this help" },
} as const satisfies Record<string, OptionSpec>;

const B = 20;
const T = 35;
const SOFTMAXES = ["full", "adaptive", "sampled", "mixture", "sampled-mixture"] as const;
type Softmax = (typeof SOFTMAXES)[number];

/** @throws UserError for a word that is none */
function softmaxesOf(words: string): readonly Softmax[] {
  return words.split(",").map((word) => {
    const found = SOFTMAXES.find((softmax) => softmax === word);
    if (!found) throw new UserError(`--softmaxes has "${word}"; there are ${SOFTMAXES.join(", ")}.`);
    return found;
  });
}

interface Sizes {
  readonly H: number;
  /** Draws of a sampled softmax. */
  readonly samples: number;
  /** Of a mixture. */
  readonly components: number;
}

/** A training step over a vocabulary whose tokens follow Zipf's law. */
function stepOf(engine: Engine, softmax: Softmax, V: number, { H, samples, components }: Sizes): () => void {
  const counts = zipfCounts(V);
  const { cutoffs, divisor } = chooseCutoffs(counts, H);
  const adaptive = softmax === "adaptive" ? { cutoffs: [...cutoffs], divisor } : undefined;
  const mixture = softmax.endsWith("mixture") ? { components } : undefined;
  const sizes = { vocabulary: V, embedding: H, hidden: H, layers: 2 };
  const model = createModel(engine, modelConfig({ ...sizes, adaptive, mixture }), 1);
  const sampler = softmax.startsWith("sampled") ? new CandidateSampler(counts, samples) : undefined;
  const table = new AliasTable(counts);
  const random = new Random(1);
  const draw = () => new Int32Array(T * B).map(() => table.draw(random));
  const window = { T, B, inputs: draw(), targets: draw() };
  const state = model.zeroState(B);
  const sums = engine.sums();
  const optimizer = new Sgd(engine, model.parameters, { name: "sgd", momentum: 0, weightDecay: 0 });
  let step = 0;
  return () => {
    sums.clear();
    model.train(window, state, { draw: { seed: 1, step: step++ }, ...(sampler && { sampler }) }, sums);
    addSquares(engine, model.parameters, sums);
    optimizer.step(1, clipScale(Math.sqrt(sums.readNow().squares), 0.25));
    model.weightsChanged();
  };
}

await runBench(async (argv) => {
  const given = readOptions(argv, OPTIONS);
  if (given.has("help")) return console.log(optionHelp(OPTIONS));
  const whole = (name: "threads" | "rounds" | "hidden" | "samples" | "mixtures", otherwise: number) =>
    given.has(name) ? positive(name, given.get(name)!, true) : otherwise;
  const [threads, rounds, H, samples, components] = [
    whole("threads", 2),
    whole("rounds", 5),
    whole("hidden", 200),
    whole("samples", 1024),
    whole("mixtures", 4),
  ];
  const softmaxes = softmaxesOf(given.get("softmaxes") ?? SOFTMAXES.slice(0, 3).join());
  const seconds = given.has("seconds") ? positive("seconds", given.get("seconds")!) : 1;
  const sizes = (given.get("sizes") ?? "1000,10000,33278,100000,1000000")
    .split(",")
    .map((size) => positive("sizes", size, true));
  if (sizes.some((size) => size < 2)) throw new UserError("--sizes are vocabularies of at least 2 tokens.");

  const engine = nativeEngine(threads, process.env["RECURRA_ISA"]);
  const about = {
    cpu: cpus()[0]!.model,
    isa: engine.isa,
    threads,
    hidden: H,
    samples,
    components,
    rounds,
    seconds,
  };
  const row = (cells: readonly (string | number)[]) => console.log(`| ${cells.join(" | ")} |`);
  if (!given.has("json")) {
    console.log(
      Object.entries(about)
        .map(([key, value]) => `${key}: ${value}`)
        .join(", "),
    );
    const ratios = softmaxes.slice(1).map((softmax) => `${softmax} / ${softmaxes[0]}`);
    const header = ["vocabulary", ...softmaxes, ...ratios];
    row(header);
    row(header.map(() => "---"));
  }
  for (const V of sizes) {
    const steps = softmaxes.map((softmax) => stepOf(engine, softmax, V, { H, samples, components }));
    const speeds: number[][] = softmaxes.map(() => []);
    for (const step of steps) step();
    for (let round = 0; round < rounds; round++)
      for (const [s, step] of steps.entries()) speeds[s]!.push(tokensPerSecond(step, B * T, seconds, 1));
    const medians = speeds.map((xs) => Math.round(median(xs)));
    if (given.has("json")) {
      for (const [s, softmax] of softmaxes.entries())
        console.log(JSON.stringify({ softmax, vocabulary: V, tokens_per_s: medians[s], ...about }));
    } else {
      const ratios = medians.slice(1).map((speed) => (speed / medians[0]!).toFixed(2));
      row([V.toLocaleString("en"), ...medians.map((x) => x.toLocaleString("en")), ...ratios]);
    }
  }
});
