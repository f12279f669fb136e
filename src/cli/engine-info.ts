/** The engines of this machine. */
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { hasBf16Products } from "../engine/bf16.js";
import { createEngine } from "../engine/create.js";
import { instructionSets, nativeStatus } from "../engine/native-loader.js";
import { wasmInstructionSets } from "../engine/wasm-loader.js";
import { UserError } from "../errors.js";
import { escapedLine } from "../visible-text.js";

export interface EngineInfo {
  readonly version: string;
  readonly node: string;
  readonly platform: string;
  readonly cores: number;
  /** The engine that a command would use now; or why it could not. */
  readonly engine:
    | {
        readonly name: string;
        readonly isa: string;
        readonly threads: number;
        /** Whether training with --precision bf16 has an instruction for its products. */
        readonly bf16: boolean;
      }
    | { readonly error: string };
  readonly native: {
    readonly loaded: boolean;
    /** Why it did not load. */
    readonly reason?: string;
    /** Best first. */
    readonly instructionSets: readonly { readonly name: string; readonly runs: boolean }[];
  };
  readonly wasm: {
    /** Best first. */
    readonly instructionSets: readonly { readonly name: string; readonly runs: boolean }[];
  };
}

export async function engineInfo(): Promise<EngineInfo> {
  const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };
  const status = nativeStatus();
  return {
    version,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    engine: await chosenEngine(),
    native: {
      loaded: "addon" in status,
      ...("reason" in status && { reason: status.reason }),
      instructionSets: instructionSets().map(({ name, runs }) => ({ name, runs })),
    },
    wasm: { instructionSets: wasmInstructionSets() },
  };
}

async function chosenEngine(): Promise<EngineInfo["engine"]> {
  try {
    const { name, isa, threads } = await createEngine();
    return { name, isa, threads, bf16: hasBf16Products(isa) };
  } catch (error) {
    if (error instanceof UserError) return { error: error.message };
    throw error;
  }
}

export function engineLines({ version, node, platform, cores, engine, native, wasm }: EngineInfo): string[] {
  const sets = native.instructionSets.map(
    ({ name, runs }) => `${name} (${runs ? "runs here" : "not on this processor"})`,
  );
  const portable = wasm.instructionSets.map(
    ({ name, runs }) => `${name} (${runs ? "runs here" : "not in this Node"})`,
  );
  const rows: readonly (readonly [string, string])[] = [
    ["recurra", version],
    ["node", `${node}, ${platform}, ${cores === 1 ? "1 core" : `${cores} cores`}`],
    ...("error" in engine
      ? [["engine", `none: ${escapedLine(engine.error)}`] as const]
      : ([
          ["engine", engine.name],
          ["instruction set", engine.isa],
          ["threads", String(engine.threads)],
          ["bf16 products", engine.bf16 ? "by the processor" : "by way of float32, a little slower than f32"],
        ] as const)),
    ["native addon", native.loaded ? "loaded" : `did not load: ${escapedLine(native.reason ?? "")}`],
    ...(sets.length > 0 ? [["built for", sets.join(", ")] as const] : []),
    ["WebAssembly", portable.join(", ")],
  ];
  return rows.map(([name, value]) => `${name.padEnd(17)}${value}`);
}
