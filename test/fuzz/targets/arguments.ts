/** The command line, given any words: exit code 0 or 2 (130 where it was interrupted), one sentence, no stack trace. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { copied, modelFolder, stoppedRun, TEXT } from "../fixtures.js";
import { checkSame, treeOf } from "../folders.js";
import { type FuzzTarget, checkSentence, target, withFolder } from "../target.js";
import { npy } from "../../format/make-npy.js";
import { capturedIo, recurra } from "../../cli/captured-io.js";

const COMMANDS =
  "train generate score eval embed similar explain classify rescore decode memorised plant info quantize export help".split(
    " ",
  );

/** Flags with a value, and those without. */
const VALUED = [
  ..."valid test encoding field tokenizer vocab-size min-count word-mode cell nonlinearity mogrifier-rounds mogrifier-rank input-gate layers hidden".split(
    " ",
  ),
  ..."embedding forget-bias dropout dropout-embedding forget-bias dropout-between dropout-output softmax cutoffs samples mixtures".split(
    " ",
  ),
  ..."dropout-words weight-drop dropout-state ar tar past-decode".split(" "),
  ..."epochs steps max-minutes batch-size seq-len optimizer update-rows lr momentum weight-decay schedule warmup cooldown average average-span average-every average-interval".split(
    " ",
  ),
  ..."clip validate-every patience seed precision out checkpoint-seconds threads engine prompt length".split(
    " ",
  ),
  ..."prompts beams best-of length-penalty samples".split(" "),
  ..."labels ngram ngram-weight model-weight word-bonus unknown-score hot-words hot-weight blank delimiter case values beam-width beam-margin label-floor n-best frame-ms".split(
    " ",
  ),
  ..."tune weights form refs tune-refs interpolate interpolate-weight".split(" "),
  ..."pool sif-a components neighbours index word profile target by method context top".split(" "),
  ..."train held-out orders passages canaries exact-up-to draws pattern times each".split(" "),
  ..."stop temperature top-k top-p min-p repetition-penalty title file nosuchflag".split(" "),
].map((name) => `--${name}`);
const PLAIN = [
  "--lines",
  "--centre",
  "--no-unit",
  "--rebuild",
  "--whole",
  "--tie",
  "--residual",
  "--unigram-bias",
  "--resume",
  "--overwrite",
  "--json",
  "--partial",
  "--kaldi",
  "--drop-punctuation",
  "--help",
  "-v",
  "--",
  "-",
  "-n",
  "-x",
  "--nosuch",
];

/** Paths in the folder that the command runs in, and some that are not there. */
const PATHS = [
  ..."text.txt lines.txt records.jsonl table.csv empty.txt binary.bin good.model run.model other.model".split(
    " ",
  ),
  ..."labels.txt heard.npy words.arpa lists.json lines.index new.npy none".split(" "),
  ..."folder folder/new.model nothing new.model good.model/config.json *.txt . / -".split(" "),
  "",
];
const WORDS = [
  "last mean max sif token gradient erasure me work spam".split(" "),
  "lstm gru rnn mingru minlstm word char bpe full adaptive sampled sgd adam adamw adabelief muon schedule-free cosine plateau".split(
    " ",
  ),
  "one-cycle constant linear trapezoid ema tail nt-asgd all touched utf-8 latin1 windows-1252 native wasm reference f32 bf16 relu tanh unicode".split(
    " ",
  ),
  "kaldi espnet lower upper probabilities logits log-probabilities <blank> |".split(" "),
  "0 1 2 3 4 0.5 -1 1e3 1e99 NaN Infinity 0x10 1,2 2,1 ,".split(" "),
  ["the ", "\\n", "\\", "\ud800", "\u202e", "\0", "é", "- x", "--", "a b", "x".repeat(300)],
].flat();

const value = fc.oneof(fc.constantFrom(...WORDS), fc.constantFrom(...PATHS));
const word: fc.Arbitrary<readonly string[]> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...VALUED), value) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...PATHS)) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...PLAIN)) },
  fc.tuple(fc.constantFrom(...VALUED), value).map(([flag, given]) => [`${flag}=${given}`]),
  fc.tuple(value),
);

/** What a command needs before it looks at anything else. */
const WHOLE: Readonly<Record<string, readonly string[]>> = {
  decode: ["good.model", "heard.npy", "--labels", "labels.txt"],
  rescore: ["good.model", "lists.json", "--tune", "lists.json"],
  generate: ["good.model", "--length", "5"],
  embed: ["good.model", "the cat", "the sea"],
  similar: ["good.model", "lines.txt", "anna"],
  explain: ["good.model", "the cat"],
  memorised: ["good.model", "--train", "text.txt", "--length", "5", "--samples", "3"],
  plant: ["text.txt", "--out", "planted.txt", "--times", "0,1"],
};

const commandLine = fc
  .record({
    command: fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...COMMANDS) }, value),
    first: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...PATHS) }, value),
    words: fc.array(word, { maxLength: 4 }),
    whole: fc.boolean(),
    stdin: fc.constantFrom("", "the cat\n", TEXT.slice(0, 400), "\0\0"),
  })
  .map(({ command, first, words, whole, stdin }) => ({
    argv: [command, ...((whole && WHOLE[command]) || [first]), ...words.flat()],
    stdin,
  }));

/** A run that ends: tiny, unless the words say how large. */
function bounded(argv: readonly string[]): string[] {
  if (argv[0] !== "train" || argv.includes("--")) return [...argv];
  const given = (flag: string) => argv.some((one) => one === flag || one.startsWith(`${flag}=`));
  const limited = ["--steps", "--epochs", "--max-minutes"].some(given);
  const small = ["--hidden", "--embedding", "--layers", "--batch-size", "--seq-len"].flatMap((flag) =>
    given(flag) || argv.includes("--resume") ? [] : [flag, flag === "--layers" ? "1" : "4"],
  );
  return [
    ...argv,
    ...small,
    ...(limited ? [] : ["--steps", "2"]),
    ...(given("--engine") ? [] : ["--engine", "reference"]),
  ];
}

const commandLines = target(
  "command line",
  120,
  commandLine,
  async ({ argv: typed, stdin }) => {
    const argv = bounded(typed);
    const { folder: run } = await stoppedRun("char");
    await withFolder(async (folder) => {
      layOut(folder, run);
      const before = process.cwd();
      process.chdir(folder);
      const known = treeOf(folder);
      const io = capturedIo({ stdin });
      // Whoever started something that has no end would press Ctrl-C.
      const patience = setTimeout(() => io.interrupt(), 1500);
      try {
        const { code, out, err } = await recurra(argv, io);
        checkOutcome(code, out, err);
      } finally {
        clearTimeout(patience);
        process.chdir(before);
      }
      checkKept(known, treeOf(folder), argv);
    });
  },
  { seconds: 15, megabytes: 800 },
);

function layOut(folder: string, run: string): void {
  const files: Record<string, string | Uint8Array> = {
    "text.txt": TEXT.slice(0, 800),
    "lines.txt": "anna\nberta\nclara\n".repeat(10),
    "records.jsonl": '{"text":"the cat sees"}\n{"text":"the sea"}\n'.repeat(10),
    "table.csv": "name,text\n1,the cat\n",
    "empty.txt": "",
    "binary.bin": new Uint8Array(64),
    "labels.txt": "<blank>\n|\na\nt\n",
    "heard.npy": npy("<f4", "6, 4", new Uint8Array(new Float32Array(24).fill(Math.log(0.25)).buffer)),
    "words.arpa": "\\data\\\nngram 1=4\n\n\\1-grams:\n-99\t<s>\n-0.5\t</s>\n-0.3\tat\n-1\ta\n\n\\end\\\n",
    "lists.json": '[{"id":"u1","ref":"the cat","hyps":["the cat","a cat"]}]',
    "folder/a.txt": "the cat sees the moon.\n".repeat(20),
    "folder/notes.md": "notes",
  };
  mkdirSync(join(folder, "folder"));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  copied(modelFolder("lstm-char"), folder, "good.model");
  copied(run, folder, "run.model");
  mkdirSync(join(folder, "other.model"));
  writeFileSync(join(folder, "other.model/config.json"), '{"my":"settings"}');
}

function checkOutcome(code: number, out: string, err: string): void {
  const shown = JSON.stringify(err.slice(0, 600));
  if (/bug in recurra/.test(err)) throw new Error(`it calls it a bug: ${shown}`);
  if (/\n\s+at .*:\d+/.test(err + out)) throw new Error(`it shows a stack trace: ${shown}`);
  if (code === 0 || code === 130) return;
  if (code !== 2) throw new Error(`its exit code is ${code}: ${shown}`);
  const lines = err.trimEnd().split("\n");
  const last = lines.at(-1)!;
  if (!last.startsWith("recurra: ")) throw new Error(`its last line is no sentence of recurra: ${shown}`);
  checkSentence(last);
}

const MODEL_FILE = /^[^/]+\.model(\/|$)/;

/** Texts and folders that are no models stay, and so do models unless a flag says that they are written. */
function checkKept(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  argv: readonly string[],
): void {
  const mayWrite = argv.includes("--overwrite") || argv.includes("--resume");
  const isFileReplaced =
    argv.includes("--overwrite") && ["generate", "embed", "explain", "rescore", "plant"].includes(argv[0]!);
  const replaced = (path: string): boolean =>
    isFileReplaced &&
    ["--out", "--canaries"].some((flag) =>
      argv.some((one, i) => one === `${flag}=${path}` || (one === path && argv[i - 1] === flag)),
    );
  const kept = [...before].filter(
    ([path]) => (!(mayWrite && MODEL_FILE.test(path)) || path.startsWith("other.model")) && !replaced(path),
  );
  const now = new Map(kept.flatMap(([path]) => (after.has(path) ? [[path, after.get(path)!]] : [])));
  checkSame("it was there before", new Map(kept), now);
  for (const escaped of ["/new.model", "/text.model"])
    if (existsSync(escaped)) throw new Error(`${escaped} was made`);
}

export const ARGUMENT_TARGETS: readonly FuzzTarget[] = [commandLines];
