/**
 * The error for mistakes that a person can correct: a clear sentence, no stack trace, exit code 2. Its sentence may
 * mention options, which the command line, the library and a page each spell in their own way: `--batch-size 32`,
 * `batchSize: 32`, "Batch size". So a sentence is kept in parts, and is put together where it is shown.
 */

/** A mention of an option in a sentence: its name in the library, and its value if that is mentioned too. */
export interface OptionMention {
  readonly option: string;
  readonly value?: string;
}

/** A sentence in parts: text, and mentions of options. Plain data, which may be sent from a worker to its page. */
export type Sentence = readonly (string | OptionMention)[];

/** How the library, the command line or a page writes a mentioned option. */
export type OptionSpelling = (mention: OptionMention) => string;

/** Mentions an option in a `sentence`: `option("optimizer", "sgd")`. */
export function option(name: string, value?: unknown): OptionMention {
  return value === undefined ? { option: name } : { option: name, value: String(value) };
}

/** A sentence that mentions options: sentence`${option("momentum")} belongs to ${option("optimizer", "sgd")}`. */
export function sentence(texts: TemplateStringsArray, ...values: readonly unknown[]): Sentence {
  const parts = texts.flatMap((text, i) => (i === 0 ? [text] : [...part(values[i - 1]), text]));
  return parts.filter((piece) => piece !== "");
}

function part(value: unknown): Sentence {
  if (Array.isArray(value)) return value as Sentence;
  return [isMention(value) ? value : String(value)];
}

function isMention(value: unknown): value is OptionMention {
  return typeof value === "object" && value !== null && "option" in value;
}

/** A sentence as one text. */
export function spelled(parts: string | Sentence, spelling: OptionSpelling): string {
  if (typeof parts === "string") return parts;
  return parts.map((piece) => (typeof piece === "string" ? piece : spelling(piece))).join("");
}

/** As in code: `batchSize`, `optimizer: sgd`. */
const librarySpelling: OptionSpelling = ({ option: name, value }) =>
  value === undefined ? name : `${name}: ${value}`;

/** The parts of a `UserError`. */
export interface UserErrorParts {
  /** The library's name of the option that is wrong, where one is. */
  readonly option?: string | undefined;
  /** What is wrong, and where; without a full stop when advice follows. */
  readonly problem: string | Sentence;
  /** What to do about it, without a full stop. */
  readonly advice?: string | Sentence | undefined;
}

export class UserError extends Error {
  override name = "UserError";
  /** The library's name of the option that is wrong, where one is. */
  readonly option: string | undefined;
  readonly problem: string | Sentence;
  readonly advice: string | Sentence | undefined;

  /** @param parts a whole sentence, or its parts; `message` spells options as the library has them */
  constructor(parts: string | UserErrorParts, options?: ErrorOptions) {
    const whole = typeof parts === "string" ? { problem: parts } : parts;
    super(textOf(whole, librarySpelling), options);
    this.option = whole.option;
    this.problem = whole.problem;
    this.advice = whole.advice;
  }

  /** The whole sentence, with its options in the given spelling. */
  spelled(spelling: OptionSpelling): string {
    return textOf(this, spelling);
  }
}

function textOf({ problem, advice }: UserErrorParts, spelling: OptionSpelling): string {
  const text = spelled(problem, spelling);
  return advice === undefined ? text : `${text}; ${spelled(advice, spelling)}.`;
}
