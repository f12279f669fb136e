/** `npx tsx bench/time-to-quality.ts`: how good a model is after how many minutes, ours and the peer's on one text. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { createEngine } from "../src/engine/create.js";
import { UserError } from "../src/errors.js";
import { writeFileAtomic } from "../src/format/atomic-file.js";
import { trainTokenizer } from "../src/text/tokenizers/train-tokenizer.js";
import { optionHelp, positive, readOptions, runBench } from "./options.js";
import { formatRecords, type QualityHead, type QualityPoint } from "./quality-records.js";
import { ourCommand, PROGRAM, runOurs, runPeer } from "./quality-runs.js";
import { aboutRun, busyWarning } from "./report.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OUT = join(ROOT, "bench/results/time-to-quality.jsonl");

const OPTIONS = {
  train: { value: "file", help: "text to train on: words, one space between them" },
  valid: { value: "file", help: "held-out text" },
  minutes: { value: "x,…", help: "times that ours is given, a run each (default: 1,2,4,8)" },
  flags: { value: "text", help: 'other flags of ours, such as "--precision bf16" (default: none)' },
  python: {
    value: "path",
    help: "a Python with PyTorch: its example runs after ours (default: it does not)",
  },
  "peer-minutes": { value: "x", help: "time of the example (default: the longest of ours)" },
  every: { value: "n", help: "updates between validations of the example, besides those of epochs" },
  threads: { value: "n", help: "of each side (default: one a core)" },
  out: { value: "file", help: `where the results go (default: ${relative(ROOT, OUT)})` },
  help: { help: "this" },
} as const;

const HELP = `npx tsx bench/time-to-quality.ts --train <file> --valid <file> [options]

Trains our defaults on a text of words, a run for each time, and PyTorch's word-language-model example with its own
settings on the same tokens, one after the other. Writes validation perplexity against seconds of wall clock, one JSON
object a line, which "npx tsx scripts/plot-time-to-quality.ts" turns into a figure. Ours includes starting, reading the
text, learning the vocabulary and measuring; the example is given token numbers.

${optionHelp(OPTIONS)}`;

async function main(argv: readonly string[]): Promise<void> {
  const given = readOptions<keyof typeof OPTIONS>(argv, OPTIONS);
  if (given.has("help")) return console.log(HELP);
  const train = fileOf("train", given.get("train"));
  const valid = fileOf("valid", given.get("valid"));
  const minutes = (given.get("minutes") ?? "1,2,4,8").split(",").map((each) => positive("minutes", each));
  const longest = Math.max(...minutes);
  const peerMinutes = positive("peer-minutes", given.get("peer-minutes") ?? String(longest));
  const threads = positive("threads", given.get("threads") ?? String(cpus().length), true);
  const every = given.has("every") ? positive("every", given.get("every")!, true) : 0;
  const flags = (given.get("flags") ?? "").split(" ").filter((flag) => flag !== "");
  const python = given.get("python");
  const out = resolve(given.get("out") ?? OUT);
  if (!existsSync(PROGRAM)) throw new UserError('There is no built program; run "npm run build" first.');
  const busy = busyWarning();
  if (busy) console.error(busy);

  await mkdir(dirname(out), { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), "recurra-quality-"));
  try {
    const ids = await writeIds(train, valid, folder);
    const about = { ...aboutRun(await createEngine({ threads })) };
    let head: QualityHead = { about, text: ids.text, flags, threads };
    const points: QualityPoint[] = [];
    const save = () => writeFileAtomic(out, formatRecords(head, points));
    const add = (point: QualityPoint): void => {
      points.push(point);
      console.log(JSON.stringify(point));
    };
    for (const each of minutes) {
      const run = { train, valid, out: join(folder, "model"), minutes: each, threads, flags };
      const { end, way } = await runOurs(ourCommand(run), each);
      if (each === longest) way.forEach(add);
      add(end);
      await save();
    }
    if (python !== undefined) {
      const task = { ...ids.files, vocabulary: ids.text.vocabulary, minutes: peerMinutes, threads, every };
      head = { ...head, peer: `PyTorch ${await runPeer(python, task, add)}` };
      await save();
    }
    console.log(
      `Written to ${relative(process.cwd(), out)}; now: npx tsx scripts/plot-time-to-quality.ts ${out}`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws UserError where it is not given, or not there */
function fileOf(name: string, path: string | undefined): string {
  if (path === undefined) throw new UserError(`--${name} is missing: give the path of a text.`);
  if (!existsSync(path)) throw new UserError(`There is no file ${path}; check --${name}.`);
  return resolve(path);
}

/** The texts as numbers of the tokens that our runs have, too. */
async function writeIds(train: string, valid: string, folder: string) {
  const texts = { train: readFileSync(train, "utf8"), valid: readFileSync(valid, "utf8") };
  const tokenizer = await trainTokenizer("word", [texts.train]);
  const write = (name: "train" | "valid") => {
    const ids = Int32Array.from(tokenizer.encode(texts[name]));
    const path = join(folder, `${name}.ids`);
    writeFileSync(path, ids);
    return { path, tokens: ids.length };
  };
  const [a, b] = [write("train"), write("valid")];
  return {
    files: { train: a.path, valid: b.path },
    text: { trainTokens: a.tokens, validTokens: b.tokens, vocabulary: tokenizer.size },
  };
}

await runBench(main);
