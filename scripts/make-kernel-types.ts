/**
 * Writes src/engine/kernels.ts, the kernels' TypeScript signatures, from native/src/kernels.def: the one place where a
 * kernel's arguments and their order stand. With --check it writes nothing; the exit code is 1 where the file is not
 * what it would write.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A kernel as its line in kernels.def describes it. */
export interface KernelLine {
  readonly name: string;
  /** Only training needs it: the modules for inference leave it out. */
  readonly training: boolean;
  /** The comment that stands above it, "" where there is none. */
  readonly comment: string;
  readonly arguments: readonly KernelArgument[];
}

export interface KernelArgument {
  readonly name: string;
  readonly kind: string;
}

/** What TypeScript passes for an argument of each kind. */
const TYPES: Readonly<Record<string, string>> = {
  POOL: "Address",
  FLOATS: "Address",
  OPTIONAL: "Address | 0",
  IDS: "Address",
  BYTES: "Address",
  ADDRESSES: "Address",
  COUNT: "number",
  FLAG: "Flag",
  NUMBER: "number",
  BITS: "number",
};

/** Positions that TypeScript has to know as numbers: constants of kernels.ts. */
const POSITIONS = [
  {
    kernel: "softmax_loss",
    argument: "dH",
    constant: "SOFTMAX_LOSS_DH",
    comment: "The position of the argument of `softmax_loss` that says whether to compute gradients.",
  },
] as const;

const LINE_WIDTH = 110;

/**
 * The kernels of kernels.def, in its order.
 * @throws Error where a line is not understood, a kind is unknown, or a name stands twice
 */
export function parseKernels(text: string): KernelLine[] {
  const pattern = /\/\*([\s\S]*?)\*\/|^(TRAINING_)?KERNEL\((\w+),((?:[^()]|\([^()]*\))*)\)|^\s*$|^#.*$/gm;
  const kernels: KernelLine[] = [];
  let comment = "";
  let read = 0;
  for (const match of text.matchAll(pattern)) {
    const between = text.slice(read, match.index).trim();
    if (between !== "") throw new Error(`kernels.def: not understood: ${between.split("\n")[0]}`);
    read = match.index + match[0].length;
    const [, remark, training, name, list] = match;
    if (name !== undefined && list !== undefined) {
      if (kernels.some((kernel) => kernel.name === name))
        throw new Error(`kernels.def: ${name} stands twice`);
      kernels.push({
        name,
        training: training !== undefined,
        comment,
        arguments: parseArguments(name, list),
      });
    }
    // A comment belongs to the kernel in the next line.
    comment = remark === undefined ? "" : words(remark);
  }
  const rest = text.slice(read).trim();
  if (rest !== "") throw new Error(`kernels.def: not understood: ${rest.split("\n")[0]}`);
  return kernels;
}

function parseArguments(kernel: string, list: string): KernelArgument[] {
  const names = new Set<string>();
  return list
    .trim()
    .split(/\s+/)
    .map((argument) => {
      const [, kind = "", given] = /^([A-Z]+)(?:\((\w+)\))?$/.exec(argument) ?? [];
      if (TYPES[kind] === undefined || (kind === "POOL") !== (given === undefined))
        throw new Error(`kernels.def: ${kernel} has an argument that is not understood: ${argument}`);
      const name = given ?? "pool";
      if (names.has(name)) throw new Error(`kernels.def: ${kernel} takes ${name} twice`);
      names.add(name);
      return { kind, name };
    });
}

function words(comment: string): string {
  return comment
    .replace(/^ \* ?/gm, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** The text of src/engine/kernels.ts. */
export function kernelTypes(kernels: readonly KernelLine[]): string {
  const positions = POSITIONS.map(({ kernel, argument, constant, comment }) => {
    const at = kernels.find((line) => line.name === kernel)?.arguments.findIndex((a) => a.name === argument);
    if (at === undefined || at < 0) throw new Error(`kernels.def: ${kernel} has no argument ${argument}`);
    return `/** ${comment} */\nexport const ${constant} = ${at};\n`;
  });
  const most = Math.max(...kernels.map((kernel) => kernel.arguments.length));
  return `/**
 * The kernels of native/src/kernels.c as TypeScript calls them: the seam to the addon and to WebAssembly.
 * Made from native/src/kernels.def by scripts/make-kernel-types.ts ("npm run kernel-types"): change it there.
 */

declare const addressed: unique symbol;

/** Where something stands in an engine's memory: a number that kernels read or write at. */
export type Address = number & { readonly [addressed]: true };

/** Yes (1) or no (0). */
export type Flag = 0 | 1;

/** The most arguments that a kernel takes. */
export const MOST_ARGUMENTS = ${most};

${positions.join("\n")}
/** The kernels of one instruction set, by their C names. */
export interface Kernels {
${kernels.map(signature).join("\n")}
}
`;
}

function signature(kernel: KernelLine): string {
  const parameters = kernel.arguments.map(({ name, kind }) => `${name}: ${TYPES[kind]}`);
  const line = `  readonly ${kernel.name}: (${parameters.join(", ")}) => number;`;
  const lines = line.length <= LINE_WIDTH ? [line] : broken(kernel.name, parameters);
  return [...docComment(kernel.comment), ...lines].join("\n");
}

/** One parameter a line, as the formatter has it. */
function broken(name: string, parameters: readonly string[]): string[] {
  return [`  readonly ${name}: (`, ...parameters.map((parameter) => `    ${parameter},`), "  ) => number;"];
}

function docComment(text: string): string[] {
  if (text === "") return [];
  if (text.length + "  /**  */".length <= LINE_WIDTH) return [`  /** ${text} */`];
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1)!;
    if (last !== "" && last.length + 1 + word.length + "   * ".length > LINE_WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return ["  /**", ...lines.map((line) => `   * ${line}`), "   */"];
}

const place = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** The text that src/engine/kernels.ts should have, and the text it has. */
export function kernelTypesOfCheckout(): { readonly wanted: string; readonly written: string } {
  const wanted = kernelTypes(parseKernels(readFileSync(place("native/src/kernels.def"), "utf8")));
  return { wanted, written: readFileSync(place("src/engine/kernels.ts"), "utf8") };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { wanted, written } = kernelTypesOfCheckout();
  if (!process.argv.includes("--check")) writeFileSync(place("src/engine/kernels.ts"), wanted);
  else if (wanted !== written) {
    console.error(
      'src/engine/kernels.ts is not what native/src/kernels.def says: run "npm run kernel-types" and commit it.',
    );
    process.exitCode = 1;
  }
}
