/** `npm run bench -- --profile`: where the time of a workload's step goes, operation by operation. */
import type { Engine } from "../src/engine/engine.js";
import { makeJob } from "./jobs.js";
import { profiledEngine } from "./profiled-engine.js";
import { START_UP } from "./workloads.js";

export interface ProfileLine {
  readonly operation: string;
  /** Of one step. */
  readonly milliseconds: number;
  readonly calls: number;
  readonly percent: number;
  /** 10⁹ operations a second; undefined where there are no matrix products. */
  readonly gflops: number | undefined;
}

/** What is not inside an engine's operation: the model's own loops, calls, and in generation the draw. */
const REST = "rest (TypeScript)";

const WARM_UP = 2;
const AT_LEAST = 3;

/** The longest first, what lies between operations last. */
export function profileWorkload(engine: Engine, name: string, seconds: number): ProfileLine[] {
  const { engine: watched, profile } = profiledEngine(engine);
  const { step } = makeJob(watched, name);
  for (let i = 0; i < WARM_UP; i++) step();
  profile.clear();
  const start = performance.now();
  let steps = 0;
  while (steps < AT_LEAST || performance.now() - start < seconds * 1000) {
    step();
    steps++;
  }
  const whole = performance.now() - start;
  const lines = [...profile].map(([operation, { milliseconds, calls, flops }]): ProfileLine => {
    const gflops = flops > 0 ? flops / milliseconds / 1e6 : undefined;
    const percent = (100 * milliseconds) / whole;
    return { operation, milliseconds: milliseconds / steps, calls: calls / steps, percent, gflops };
  });
  const inside = lines.reduce((sum, { percent }) => sum + percent, 0);
  const rest = { percent: 100 - inside, milliseconds: ((100 - inside) / 100) * (whole / steps) };
  return [
    ...lines.toSorted((a, b) => b.milliseconds - a.milliseconds),
    { operation: REST, ...rest, calls: 1, gflops: undefined },
  ];
}

/** Prints the table, or a JSON object a line, of each workload on each engine. */
export function printProfile(
  engines: readonly Engine[],
  names: readonly string[],
  seconds: number,
  json: boolean,
): void {
  for (const name of names.filter((each) => each !== START_UP)) {
    for (const engine of engines) {
      const lines = profileWorkload(engine, name, seconds);
      const { isa, threads } = engine;
      if (json) for (const record of lines) console.log(JSON.stringify(jsonLine(name, threads, isa, record)));
      else console.log(table(`${name}, ${threads} threads, ${engine.name} ${isa}`, lines));
    }
  }
}

function jsonLine(workload: string, threads: number, isa: string, line: ProfileLine): object {
  const { operation, milliseconds, calls, percent, gflops } = line;
  return {
    workload,
    operation,
    ms_per_step: Number(milliseconds.toPrecision(4)),
    percent: Number(percent.toFixed(1)),
    gflops: gflops === undefined ? null : Number(gflops.toPrecision(3)),
    calls,
    threads,
    isa,
  };
}

function table(title: string, lines: readonly ProfileLine[]): string {
  const whole = lines.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const row = (operation: string, ...cells: readonly string[]) =>
    `${operation.padEnd(30)}${cells.map((cell) => cell.padStart(10)).join("")}`;
  return [
    `${title}: ${whole.toFixed(3)} ms a step`,
    row("", "ms", "%", "GFLOPS", "calls"),
    ...lines.map(({ operation, milliseconds, percent, gflops, calls }) =>
      row(operation, milliseconds.toFixed(3), percent.toFixed(1), gflops?.toFixed(1) ?? "", String(calls)),
    ),
    "",
  ].join("\n");
}
