/**
 * The texts of a run that has texts to measure on: where most of one is part of the training text, that is told. Loaded with
 * the first such run.
 */
import { SharedPieces } from "../text/corpus/shared-pieces.js";
import { survey } from "../text/corpus/split.js";
import { READING, runTextKey, splitMain, type SplitSources } from "./split-main.js";
import type { TextSource, TextSources } from "./text-sources.js";

/** From so large a part on it is told. */
const TOLD = 0.5;

/** @throws UserError where a text cannot be read, or nothing of it can be held out */
export async function splitWith(
  { main, valid, test }: TextSources,
  lines: boolean,
  onNotice: ((message: string) => void) | undefined,
): Promise<SplitSources> {
  const measured: { readonly name: string; readonly pieces: SharedPieces }[] = [];
  const keyOf = async (source: TextSource, name: string): Promise<string> => {
    const pieces = new SharedPieces(lines);
    measured.push({ name, pieces });
    return (await survey(() => pieces.remembering(source.chunks(READING)))).key;
  };
  const tested = test && {
    chunks: (purpose: string) => test.chunks(purpose),
    key: await keyOf(test, "test"),
  };
  const validKey = valid && (await keyOf(valid, "held-out"));
  const sought: TextSource = {
    chunks(purpose) {
      const chunks = main.chunks(purpose);
      // The first reading finds all that later ones would.
      return purpose === READING
        ? measured.reduce((read, { pieces }) => pieces.seeking(read), chunks)
        : chunks;
    },
  };
  let split: SplitSources;
  if (valid && validKey !== undefined) {
    const { characters, key } = await survey(() => sought.chunks(READING));
    split = {
      train: (purpose) => main.chunks(purpose),
      valid: (purpose) => valid.chunks(purpose),
      trainCharacters: characters,
      key: runTextKey(lines, key, validKey),
    };
  } else split = await splitMain(sought, lines);
  for (const { name, pieces } of measured) {
    if (pieces.share >= TOLD)
      onNotice?.(
        `About ${Math.round(100 * pieces.share)} % of the ${name} text stand in the training text, too: what is measured on it says little of new text; give one that is not trained on.`,
      );
  }
  return { ...split, test: tested };
}
