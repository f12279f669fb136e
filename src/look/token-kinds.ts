/** What kind of token each one of a text is: by its characters, its place in a word, how frequent its word is, its place in the line. */

/** Ways to sort the tokens of a text, each with its names in the order in which they are told. */
export interface TokenSorting {
  readonly name: string;
  readonly kinds: readonly string[];
  /** By token: the number of its kind; −1 where it has none. */
  readonly of: Int8Array;
}

/** How often a word occurs in the text, at least, from the second kind on. */
const FREQUENT = [2, 10, 100] as const;
/** Tokens before one in its line, at least, from the second kind on. */
const INTO_LINE = [1, 2, 4, 8, 16, 32, 64] as const;
/** Parts of the text that are told apart. */
const PARTS = 10;

/** @param pieces what each token adds to the text */
export function sortings(pieces: readonly string[]): TokenSorting[] {
  return [characters(pieces), ...words(pieces), inLine(pieces), inText(pieces)];
}

const CHARACTERS = ["letters", "digits", "punctuation", "white space", "other"] as const;

/** By the first character of a token that is no white space, or white space where it has no other. */
function characters(pieces: readonly string[]): TokenSorting {
  const kindOf = (piece: string): number => {
    if (piece === "") return 4;
    const first = /\S/u.exec(piece)?.[0];
    if (first === undefined) return 3;
    if (/\p{L}/u.test(first)) return 0;
    if (/\p{N}/u.test(first)) return 1;
    return /[\p{P}\p{S}]/u.test(first) ? 2 : 4;
  };
  const known = new Map<string, number>();
  const of = Int8Array.from(pieces, (piece) => {
    let kind = known.get(piece);
    if (kind === undefined) known.set(piece, (kind = kindOf(piece)));
    return kind;
  });
  return { name: "characters", kinds: CHARACTERS, of };
}

const LETTER = /[\p{L}\p{M}\p{N}'’]/u;

/** Tokens of words: the first one of a word or a later one; and by how often the word occurs in this text. */
function words(pieces: readonly string[]): TokenSorting[] {
  const place = new Int8Array(pieces.length).fill(-1);
  const frequency = new Int8Array(pieces.length).fill(-1);
  const counts = new Map<string, number>();
  const owner = new Array<string | undefined>(pieces.length).fill(undefined);
  let word = "";
  let members: number[] = [];
  const end = (): void => {
    if (word !== "") counts.set(word, (counts.get(word) ?? 0) + 1);
    for (const n of members) owner[n] = word;
    word = "";
    members = [];
  };
  for (const [n, piece] of pieces.entries()) {
    let begins = false;
    let holds = false;
    for (const character of piece)
      if (LETTER.test(character)) {
        if (word === "") begins = true;
        word += character;
        holds = true;
      } else {
        end();
      }
    if (!holds) continue;
    // Of a token that ends one word and begins the next, the next one counts.
    if (word === "") owner[n] = undefined;
    else members.push(n);
    place[n] = begins ? 0 : 1;
  }
  end();
  for (const [n, own] of owner.entries()) {
    if (own === undefined) continue;
    const count = counts.get(own)!;
    frequency[n] = FREQUENT.filter((least) => count >= least).length;
  }
  return [
    { name: "place in a word", kinds: ["first of a word", "later in a word"], of: place },
    { name: "how often the word occurs here", kinds: rangesOf([1, ...FREQUENT], "times"), of: frequency },
  ];
}

function inLine(pieces: readonly string[]): TokenSorting {
  let into = 0;
  const of = Int8Array.from(pieces, (piece) => {
    const kind = INTO_LINE.filter((least) => into >= least).length;
    into = piece.includes("\n") ? 0 : into + 1;
    return kind;
  });
  return { name: "tokens before it in its line", kinds: rangesOf([0, ...INTO_LINE], ""), of };
}

function inText(pieces: readonly string[]): TokenSorting {
  const parts = Math.min(PARTS, pieces.length);
  return {
    name: "place in the text",
    kinds: Array.from({ length: parts }, (_, part) => `part ${part + 1} of ${parts}`),
    of: Int8Array.from(pieces, (_, n) => Math.floor((n * parts) / pieces.length)),
  };
}

/** "1 time", "2 to 9 times", "100 or more times". */
function rangesOf(bounds: readonly number[], unit: string): string[] {
  return bounds.map((from, n) => {
    const to = bounds[n + 1];
    const range = to === undefined ? `${from} or more` : to === from + 1 ? `${from}` : `${from} to ${to - 1}`;
    if (unit === "") return range;
    return range === "1" ? "1 time" : `${range} ${unit}`;
  });
}
