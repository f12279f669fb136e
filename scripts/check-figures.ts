/**
 * Trains the recipes of docs/figures.json on the book in the package and compares what comes out with what is stated
 * there: `npm run check:figures`. A recipe goes by seed and steps, so that on an instruction set whose result is stated
 * it has to give the very same bits; on another one a result within the tolerance.
 *
 * `npm run check:figures -- --write` trains on every instruction set that runs here and states the results anew, to be
 * looked at, and to be repeated in docs/results.md.
 */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { train } from "../src/apps/train.js";
import { createEngine } from "../src/engine/create.js";
import type { Engine } from "../src/engine/engine.js";
import { UserError } from "../src/errors.js";
import { writeJsonFile } from "../src/format/json-file.js";
import type { Evaluation } from "../src/train/evaluate.js";

const FIGURES = fileURLToPath(new URL("../docs/figures.json", import.meta.url));
/** Placed there by the build. */
const BOOK = fileURLToPath(new URL("../dist/book/moby-dick.txt", import.meta.url));
/** Those of x64, as `RECURRA_ISA` names them. */
const INSTRUCTION_SETS = ["avx512bf16", "avx512", "avx2", "baseline"];

/** What is stated of a recipe. */
export interface Figure {
  readonly recipe: string;
  /** On the held-out tenth of the book: what documents say. */
  readonly bitsPerChar: number;
  readonly perplexity: number;
  /** Part of the loss by which a result on another instruction set may differ. */
  readonly tolerance: number;
  /** The loss to the last bit, by instruction set. */
  readonly natsPerToken: Readonly<Record<string, number>>;
}

export function readFigures(path = FIGURES): Figure[] {
  return JSON.parse(readFileSync(path, "utf8")) as Figure[];
}

/** Why a result is not the stated one; undefined where it is. */
export function problemOf(
  { recipe, tolerance, natsPerToken }: Figure,
  isa: string,
  measured: Pick<Evaluation, "natsPerToken">,
): string | undefined {
  const stated = natsPerToken[isa];
  const loss = measured.natsPerToken;
  if (stated === loss) return undefined;
  const reference = stated ?? Object.values(natsPerToken)[0]!;
  const part = Math.abs(loss - reference) / reference;
  const near = part <= tolerance;
  if (stated === undefined && near) return undefined;
  const what = `--recipe ${recipe} gave a loss of ${loss} on ${isa}, and ${reference} is stated`;
  return stated !== undefined && near
    ? `${what}: other bits, though within the tolerance; if that is meant, state them anew with --write`
    : `${what}: it differs by ${(100 * part).toFixed(2)} %`;
}

/** Trains a recipe on the book. */
async function measure(recipe: string, engine: Engine): Promise<Evaluation> {
  const { valid } = await train({ inputs: [BOOK], recipe, engine });
  return valid!;
}

async function check(): Promise<void> {
  const engine = await createEngine();
  for (const figure of readFigures()) {
    const start = performance.now();
    const measured = await measure(figure.recipe, engine);
    const problem = problemOf(figure, engine.isa, measured);
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    if (problem === undefined) {
      console.log(
        `--recipe ${figure.recipe}: ${measured.bitsPerChar.toFixed(3)} bits per character, as stated (${seconds} s, ${engine.isa})`,
      );
    } else {
      console.error(problem);
      process.exitCode = 1;
    }
  }
}

async function state(): Promise<void> {
  const figures: Figure[] = [];
  for (const { recipe, tolerance } of readFigures()) {
    const natsPerToken: Record<string, number> = {};
    let first: Evaluation | undefined;
    for (const isa of INSTRUCTION_SETS) {
      const engine = await createEngine({ engine: "native", isa }).catch((error: unknown) => {
        if (error instanceof UserError) console.log(`${isa} is left out: ${error.message}`);
        else throw error;
      });
      if (!engine) continue;
      const measured = await measure(recipe, engine);
      first ??= measured;
      natsPerToken[isa] = measured.natsPerToken;
      console.log(`--recipe ${recipe}, ${isa}: ${measured.natsPerToken}`);
    }
    const { bitsPerChar, perplexity } = first!;
    figures.push({
      recipe,
      bitsPerChar: Number(bitsPerChar.toFixed(3)),
      perplexity: Number(perplexity.toPrecision(4)),
      tolerance,
      natsPerToken,
    });
  }
  await writeJsonFile(FIGURES, figures);
  console.log("docs/figures.json is written; docs/results.md has to say the same.");
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  if (!existsSync(BOOK)) {
    console.error(`The book is missing (${BOOK}); make it with "npm run build".`);
    process.exitCode = 2;
  } else {
    await (process.argv[2] === "--write" ? state() : check());
  }
}
