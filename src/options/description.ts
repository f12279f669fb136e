/**
 * The description of an option: its values, its default, its help, the words it belongs to, and where it is offered.
 * The tables beside this file describe every option once; checks, flags, help, the page's form and docs/options.md come
 * from them. Plain data, which imports no other folder.
 */

/** A number within bounds that count as allowed, unless `above` or `below` says otherwise. */
export interface NumberRule {
  readonly kind: "number";
  readonly whole?: true;
  /** Default: any. */
  readonly min?: number;
  readonly max?: number;
  /** `min` itself is not allowed. */
  readonly above?: true;
  /** `max` itself is not allowed. */
  readonly below?: true;
}

/** What code may give in place of a text: an object with this method, or plain data where none is named. */
export interface Thing {
  readonly noun: string;
  readonly method?: string;
}

/** One of some words, with labels for a person where these differ from the words. */
export interface WordRule {
  readonly kind: "word";
  readonly words: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Code may give an object in place of a word. */
  readonly thing?: Thing;
  /** A file's name with this ending is allowed, too. */
  readonly file?: { readonly noun: string; readonly ending: string };
}

/** The values that an option takes. */
export type ValueRule =
  | { readonly kind: "flag" }
  /** A text; an empty one is allowed only where `empty` is true. Code may give an object in place of a text that has a `thing`. */
  | { readonly kind: "text"; readonly empty?: true; readonly thing?: Thing }
  | NumberRule
  | WordRule
  /** A number, or a list of such numbers, at most `most` of them. */
  | {
      readonly kind: "numbers";
      readonly each: NumberRule;
      readonly most: number;
      readonly example: string;
    }
  /** A list of texts, of which some may be empty only where `empty` is true; on the command line the option is given several times. */
  | { readonly kind: "texts"; readonly example: string; readonly empty?: true }
  /** A list of some of these words; typed with commas between. */
  | { readonly kind: "words"; readonly words: readonly string[] }
  /** Ascending whole numbers above 0. */
  | { readonly kind: "ascending"; readonly example: string }
  /** A value that only code can give: a function, a signal, a stream; `noun` names it. */
  | { readonly kind: "code"; readonly noun: string; readonly method?: string | symbol };

/** Where options are offered: to code on Node and in a browser, as a flag, as a field of the page. */
export type Place = "library" | "browser" | "command line" | "page";

export interface OptionDescription {
  readonly value: ValueRule;
  /** The value where none is given; absent where there is none, or where it is chosen. */
  readonly default?: string | number | boolean;
  /** Defaults that depend on the word of another option: `{ optimizer: { sgd: 1 } }`. */
  readonly defaultBy?: Readonly<Record<string, Readonly<Record<string, string | number>>>>;
  /** How the default is chosen, or a remark on it. */
  readonly defaultNote?: string;
  /** What a number counts. */
  readonly unit?: string;
  /** Heading in the help of a command. */
  readonly group?: string;
  /** A few words of help, without flags or field names. */
  readonly help: string;
  /** The words of another option without which this one has no effect: `{ optimizer: ["sgd"] }`. */
  readonly belongsTo?: Readonly<Record<string, readonly string[]>>;
  /** Another option that has to be given with this one; of several, one of them. */
  readonly needs?: string | readonly string[];
  /** It is required. */
  readonly required?: true;
  readonly offered: readonly Place[];
  /** Stands for the value in help: `--lr <x>`. Default: by its kind. */
  readonly placeholder?: string;
  /** A flag of one letter. */
  readonly letter?: string;
  /** Name of the page's field. */
  readonly label?: string;
}

export type OptionTable = Readonly<Record<string, OptionDescription>>;

/** The rule of a number that can be given; undefined where none can. */
export function numberRule(rule: ValueRule): NumberRule | undefined {
  if (rule.kind === "numbers") return rule.each;
  return rule.kind === "number" ? rule : undefined;
}

/** The type of the values that a description allows. */
export type ValueOf<Description extends OptionDescription> = Description["value"] extends {
  readonly kind: "word" | "text";
  readonly thing: object;
}
  ? unknown
  : Description["value"] extends {
        readonly kind: "word";
        readonly words: readonly (infer Word)[];
      }
    ? Word
    : Description["value"] extends {
          readonly kind: "words";
          readonly words: readonly (infer Word)[];
        }
      ? readonly Word[]
      : {
          flag: boolean;
          text: string;
          number: number;
          numbers: number | readonly number[];
          word: string;
          texts: readonly string[];
          words: readonly string[];
          ascending: readonly number[];
          code: unknown;
        }[Description["value"]["kind"]];

/** Names of options on which a table and an interface do not agree; `never` where they do. */
export type Disagreements<Table extends OptionTable, Options> =
  | Exclude<keyof Table, keyof Options>
  | Exclude<keyof Options, keyof Table>
  | {
      [Name in keyof Table & keyof Options]: Agree<
        ValueOf<Table[Name]>,
        Exclude<Options[Name], undefined>
      > extends true
        ? never
        : Name;
    }[keyof Table & keyof Options];

/** Assignable in both directions; values that only code can give (`unknown`) agree with all. */
type Agree<A, B> = unknown extends A ? true : [A, B] extends [B, A] ? true : false;

/** The table with every option under one heading. */
export function inGroup<Table extends OptionTable>(group: string, table: Table): Table {
  const entries = Object.entries(table).map(([name, description]) => [name, { ...description, group }]);
  return Object.fromEntries(entries) as Table;
}

/** The options that are offered there. */
export function offeredIn(table: OptionTable, place: Place): OptionTable {
  return Object.fromEntries(Object.entries(table).filter(([, { offered }]) => offered.includes(place)));
}
