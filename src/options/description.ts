/**
 * What is known of an option: its values, its default, what it is for, what it belongs to, and where it is offered. The
 * tables beside this file describe every option once; checks, flags, help, the page's form and docs/options.md come
 * from them. Plain data, which knows no other room.
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

/** What values an option takes. */
export type ValueRule =
  | { readonly kind: "flag" }
  /** A text; an empty one only where `empty` says so. */
  | { readonly kind: "text"; readonly empty?: true }
  | NumberRule
  /** One of some words, and how a person reads them where that is not the word itself. */
  | {
      readonly kind: "word";
      readonly words: readonly string[];
      readonly labels?: Readonly<Record<string, string>>;
      /** What code may give in place of a word: a thing with this method. */
      readonly thing?: { readonly noun: string; readonly method: string };
    }
  /** A list of texts, none of them empty; on the command line the option may be given several times. */
  | { readonly kind: "texts"; readonly example: string }
  /** Ascending whole numbers above 0. */
  | { readonly kind: "ascending"; readonly example: string }
  /** What only code can give: a function, a signal, a stream; `noun` says what. */
  | { readonly kind: "code"; readonly noun: string; readonly method?: string | symbol };

/** Where options are offered: to code on Node and in a browser, as a flag, as a field of the page. */
export type Place = "library" | "browser" | "command line" | "page";

export interface OptionDescription {
  readonly value: ValueRule;
  /** The value where none is given; absent where there is none, or where it is chosen. */
  readonly default?: string | number | boolean;
  /** Defaults that depend on the word of another option: `{ optimizer: { sgd: 1 } }`. */
  readonly defaultBy?: Readonly<Record<string, Readonly<Record<string, string | number>>>>;
  /** How the default is chosen, or what more there is to say of it. */
  readonly defaultNote?: string;
  /** What a number counts. */
  readonly unit?: string;
  /** Heading in the help of a command. */
  readonly group?: string;
  /** A few words, in the spelling of no face. */
  readonly help: string;
  /** The words of another option without which this one has no effect: `{ optimizer: ["sgd"] }`. */
  readonly belongsTo?: Readonly<Record<string, readonly string[]>>;
  /** Another option that has to be given with this one. */
  readonly needs?: string;
  /** It has to be given. */
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

/** The type of the values that a description allows. */
export type ValueOf<Description extends OptionDescription> = Description["value"] extends {
  readonly kind: "word";
  readonly thing: object;
}
  ? unknown
  : Description["value"] extends {
        readonly kind: "word";
        readonly words: readonly (infer Word)[];
      }
    ? Word
    : {
        flag: boolean;
        text: string;
        number: number;
        word: string;
        texts: readonly string[];
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

/** Both ways; what only code can give (`unknown`) agrees with all. */
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
