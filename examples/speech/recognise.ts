/** Sentences spoken by flite, and recognised by pocketsphinx with its English model into lists of hypotheses. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Hypothesis, Utterance } from "recurra";

/** Where Debian's pocketsphinx-en-us lies. */
const MODEL = "/usr/share/pocketsphinx/model/en-us";
const [DICTIONARY, SOUNDS, LANGUAGE] = ["cmudict-en-us.dict", "en-us", "en-us.lm.bin"].map((name) =>
  join(MODEL, name),
) as [string, string, string];
/** Bytes before the samples in a wave file of flite's. */
const HEADER = 44;
/** One of pocketsphinx' scores in nats: a logarithm to base 1.0001, of which 10 bits are cut off. */
const NATS = 1024 * Math.log(1.0001);

/** What is missing of the tools, for a person; undefined where all is there. */
export function missingTools(): string | undefined {
  for (const [command, argument] of [
    ["flite", "--version"],
    ["pocketsphinx_batch", "-version"],
  ] as const) {
    try {
      execFileSync(command, [argument], { stdio: "ignore" });
    } catch (error) {
      // Whatever it says of the argument, it is there.
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return command;
    }
  }
  return existsSync(LANGUAGE) ? undefined : "pocketsphinx-en-us";
}

/** The words that the recogniser knows. */
export function knownWords(): Set<string> {
  const lines = readFileSync(DICTIONARY, "utf8").split("\n");
  return new Set(lines.map((line) => line.split(" ")[0]!.replace(/\(\d+\)$/, "")));
}

/**
 * @param folder for sounds and lists
 * @param most hypotheses of each sentence
 */
export function recognise(sentences: readonly string[], folder: string, most: number): Utterance[] {
  mkdirSync(folder, { recursive: true });
  const ids = sentences.map((_, i) => `u${i + 1}`);
  for (const [i, sentence] of sentences.entries())
    execFileSync("flite", ["-voice", "slt", "-t", sentence, "-o", join(folder, `${ids[i]}.wav`)]);
  writeFileSync(join(folder, "ids"), `${ids.join("\n")}\n`);
  const files = { ctl: "ids", hyp: "first", logfn: "log" };
  const flags = {
    ...Object.fromEntries(Object.entries(files).map(([name, file]) => [name, join(folder, file)])),
    hmm: SOUNDS,
    lm: LANGUAGE,
    dict: DICTIONARY,
    adcin: "yes",
    adchdr: String(HEADER),
    cepdir: folder,
    cepext: ".wav",
    nbest: String(most),
    nbestdir: folder,
    nbestext: ".nbest",
  };
  execFileSync(
    "pocketsphinx_batch",
    Object.entries(flags).flatMap(([name, value]) => [`-${name}`, value]),
    { stdio: "ignore" },
  );
  // "some words (id score)": what it found best.
  const first = new Map(
    readFileSync(join(folder, "first"), "utf8")
      .split("\n")
      .flatMap((line) => {
        const [, text, id] = /^(.*)\((\S+) -?\d+\)$/.exec(line) ?? [];
        return id === undefined ? [] : [[id, text!.trim()] as const];
      }),
  );
  return sentences.map((sentence, i) => {
    const id = ids[i]!;
    return {
      id,
      references: [sentence],
      hypotheses: hypothesesOf(join(folder, `${id}.nbest`), first.get(id) ?? ""),
    };
  });
}

/**
 * "some words -1234" a line. What was found best stands first, and has a score of its own for that: it comes from the
 * whole lattice, which the list's scores only estimate.
 */
function hypothesesOf(file: string, best: string): Hypothesis[] {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  const found = new Map<string, number>();
  for (const line of lines) {
    const [, text, score] = /^(.*?)\s*(-?\d+)$/.exec(line) ?? [];
    if (text === undefined) continue;
    const nats = Number(score) * NATS;
    if (!found.has(text) || found.get(text)! < nats) found.set(text, nats);
  }
  const most = Math.max(...found.values(), ...(found.size === 0 ? [0] : []));
  const texts = [...new Set([best, ...found.keys()])];
  return texts.map((text) => ({
    text,
    scores: { sphinx: found.get(text) ?? most, best: text === best ? 1 : 0 },
  }));
}
