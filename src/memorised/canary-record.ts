/** What says which canaries were planted in a text: a file of JSON beside it. */
import { UserError } from "../errors.js";
import { shown } from "../shown.js";
import { CanaryPattern, hasWords } from "./canary-pattern.js";

export interface Canary {
  readonly pattern: string;
  /** What fills the pattern's holes: for each digit, letter or word its number among those that may stand there, from 0. */
  readonly choices: readonly number[];
  /** The whole line. */
  readonly line: string;
  /** How often it stands in the text. */
  readonly times: number;
}

export interface CanaryRecord {
  readonly seed: number;
  readonly canaries: readonly Canary[];
  /** What fills holes of words; none where no pattern has such. */
  readonly words: readonly string[];
}

const FORMAT = "recurra canaries";
const VERSION = 1;

/** Ready for JSON.stringify. */
export const canaryRecordJson = (record: CanaryRecord): object => ({
  format: FORMAT,
  version: VERSION,
  ...record,
});

/**
 * @param json a file's value
 * @param path of the file, for messages
 * @throws UserError where it is no record, or one that does not agree with itself
 */
export function parseCanaries(json: unknown, path: string): CanaryRecord {
  const { format, version, seed, canaries, words } = fieldsOf(json);
  const refuse = (problem: string): never => {
    throw new UserError({
      option: "canaries",
      problem: `${path}: ${problem}`,
      advice: "give the file that recurra plant wrote beside the text",
    });
  };
  if (format !== FORMAT) return refuse("this is no record of planted canaries");
  if (version !== VERSION) return refuse(`its version is ${shown(version)}, and ${VERSION} is known`);
  if (!isCount(seed)) return refuse(`seed is ${shown(seed)}`);
  if (!isList(words) || !words.every((word) => typeof word === "string" && word !== ""))
    return refuse("words is no list of texts");
  if (new Set(words).size < words.length) return refuse("a word stands twice in words");
  if (!isList(canaries) || canaries.length === 0) return refuse("there are no canaries in it");
  const patterns = new Map<string, CanaryPattern>();
  const found = canaries.map((canary, i): Canary => {
    const { pattern, choices, line, times } = fieldsOf(canary);
    const what = `canary ${i + 1}`;
    if (typeof pattern !== "string") return refuse(`the pattern of ${what} is ${shown(pattern)}`);
    if (!isCount(times)) return refuse(`times of ${what} is ${shown(times)}`);
    if (hasWords(pattern) && words.length < 2) return refuse(`${what} is of words, and there are none`);
    const form = patterns.get(pattern) ?? new CanaryPattern(pattern, words as string[]);
    patterns.set(pattern, form);
    if (!isList(choices) || !form.fits(choices)) return refuse(`choices of ${what} do not fit its pattern`);
    if (line !== form.line(choices))
      return refuse(`the line of ${what} is ${shown(line)}, and not what its choices make`);
    return { pattern, choices, line, times };
  });
  return { seed, canaries: found, words: words as string[] };
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  Object(value) as Readonly<Record<string, unknown>>;
const isList = (value: unknown): value is unknown[] => Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
