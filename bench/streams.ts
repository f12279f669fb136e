/**
 * Tokens per second of generating several texts at once, which share the weights' passage through the cache: forward for
 * all streams together, then for each softmax at temperature 0.8 and a draw.
 *
 *     npx tsx bench/streams.ts [--only G1,G2] [--streams 1,8,64] [--threads 2] [--rounds 5] [--seconds 1] [--json]
 *
 * Rounds of all follow each other, so that all meet the same moods of the machine; medians of all streams together.
 */
import { cpus } from "node:os";
import { Sampler } from "../src/generate/sampling.js";
import { samplingSettings } from "../src/generate/sampling-settings.js";
import { nativeEngine } from "../src/engine/native-loader.js";
import { Random } from "../src/engine/random.js";
import type { LanguageModel } from "../src/model/language-model.js";
import { bothModels } from "./float-and-int8.js";
import { median, tokensPerSecond } from "./measure.js";
import { type OptionSpec, chosen, optionHelp, positive, readOptions, runBench } from "./options.js";
import { GENERATION } from "./workloads.js";

const OPTIONS = {
  only: { value: "names", help: "G1, G2 (default: both)" },
  streams: { value: "n,n", help: "numbers of streams (default: 1,8,64)" },
  threads: { value: "n", help: "threads (default: 2)" },
  rounds: { value: "n", help: "rounds of each (default: 5)" },
  seconds: { value: "x", help: "seconds of a round (default: 1)" },
  json: { help: "a line of JSON for each" },
  help: { help: "this help" },
} as const satisfies Record<string, OptionSpec>;

/** A token for each of B streams. */
function stepOf(model: LanguageModel, B: number): () => void {
  const V = model.config.vocabulary;
  const [sampler, random] = [
    new Sampler(V, samplingSettings({ temperature: 0.8 }), [], model),
    new Random(1),
  ];
  const state = model.zeroState(B);
  const ids = new Int32Array(B);
  return () => {
    const logits = model.logits(ids, state);
    for (let b = 0; b < B; b++) ids[b] = sampler.draw(logits.subarray(b * V, (b + 1) * V), random).id;
  };
}

await runBench(async (argv) => {
  const given = readOptions(argv, OPTIONS);
  if (given.has("help")) return console.log(optionHelp(OPTIONS));
  const names = given.has("only")
    ? chosen("workload", given.get("only")!, Object.keys(GENERATION))
    : Object.keys(GENERATION);
  const streams = (given.get("streams") ?? "1,8,64").split(",").map((n) => positive("streams", n, true));
  const [threads, rounds] = [
    positive("threads", given.get("threads") ?? "2", true),
    positive("rounds", given.get("rounds") ?? "5", true),
  ];
  const seconds = positive("seconds", given.get("seconds") ?? "1");

  const engine = nativeEngine(threads, process.env["RECURRA_ISA"]);
  const about = { cpu: cpus()[0]!.model, isa: engine.isa, threads, rounds, seconds };
  if (!given.has("json")) {
    console.log(
      Object.entries(about)
        .map(([key, value]) => `${key}: ${value}`)
        .join(", "),
    );
    console.log(`| tokens/s | weights | ${streams.map((B) => `${B} streams`).join(" | ")} |`);
    console.log(`|---|---|${streams.map(() => "---|").join("")}`);
  }
  for (const name of names) {
    for (const [m, model] of bothModels(engine, GENERATION[name]!).entries()) {
      const weights = m === 0 ? "float32" : "int8";
      const steps = streams.map((B) => stepOf(model, B));
      const speeds: number[][] = streams.map(() => []);
      for (const step of steps) step();
      for (let round = 0; round < rounds; round++)
        for (const [s, B] of streams.entries()) speeds[s]!.push(tokensPerSecond(steps[s]!, B, seconds, 1));
      const medians = speeds.map((xs) => Math.round(median(xs)));
      if (given.has("json")) {
        for (const [s, B] of streams.entries())
          console.log(
            JSON.stringify({ workload: name, weights, streams: B, tokens_per_s: medians[s], ...about }),
          );
      } else {
        console.log(`| ${name} | ${weights} | ${medians.map((x) => x.toLocaleString("en")).join(" | ")} |`);
      }
    }
  }
});
