/** Whether texts to measure on are part of the training text. Loaded where such a text is given. */
import { SharedPieces } from "../text/corpus/shared-pieces.js";

/** From so large a part on it is told. */
const TOLD = 0.5;

export interface SharedTexts {
  /** Reads a text to measure on, named in messages: "held-out"; its chunks are given on as they are. */
  remembering(name: string, chunks: AsyncIterable<string>): AsyncIterable<string>;
  /** Reads the training text, after them; its chunks are given on as they are. */
  seeking(chunks: AsyncIterable<string>): AsyncIterable<string>;
  /** A whole sentence for each text of which most is in the training text. */
  tell(notice: ((message: string) => void) | undefined): void;
}

/** @param lines each is a sequence of its own */
export function sharedTexts(lines: boolean): SharedTexts {
  const texts: { readonly name: string; readonly pieces: SharedPieces }[] = [];
  return {
    remembering(name, chunks) {
      const pieces = new SharedPieces(lines);
      texts.push({ name, pieces });
      return pieces.remembering(chunks);
    },
    seeking: (chunks) => texts.reduce((read, { pieces }) => pieces.seeking(read), chunks),
    tell(notice) {
      for (const { name, pieces } of texts) {
        if (pieces.share < TOLD) continue;
        notice?.(
          `About ${Math.round(100 * pieces.share)} % of the ${name} text stand in the training text, too: what is measured on it says little of new text; give one that is not trained on.`,
        );
      }
    },
  };
}
