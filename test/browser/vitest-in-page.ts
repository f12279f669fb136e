/** What the contract takes of vitest, for a page: the cases are collected, to be run one after the other. */

interface Case {
  readonly name: string;
  readonly run: () => void | Promise<void>;
}

const cases: Case[] = [];
const path: string[] = [];

/** As vitest has it: the elements of a row that is an array are the arguments. */
type Body<Row> = (...row: Row extends readonly unknown[] ? Row : [Row]) => void | Promise<void>;

const argumentsOf = (row: unknown): unknown[] => (Array.isArray(row) ? row : [row]);

function named(name: string, row: unknown): string {
  const values = [...argumentsOf(row)];
  return name.replaceAll(/%[sid]/g, (place) => (values.length > 0 ? String(values.shift()) : place));
}

export function test(name: string, run: () => void | Promise<void>): void {
  cases.push({ name: [...path, name].join(" > "), run });
}
test.each =
  <Row>(rows: readonly Row[]) =>
  (name: string, body: Body<Row>): void => {
    for (const row of rows)
      test(named(name, row), () => (body as (...row: unknown[]) => void)(...argumentsOf(row)));
  };

export function describe(name: string, body: () => void): void {
  path.push(name);
  body();
  path.pop();
}
describe.each =
  <Row>(rows: readonly Row[]) =>
  (name: string, body: Body<Row>): void => {
    for (const row of rows)
      describe(named(name, row), () => (body as (...row: unknown[]) => void)(...argumentsOf(row)));
  };

/** Runs what was collected. @returns how many cases passed, and what failed */
export async function runCases(): Promise<{ passed: number; failures: string[] }> {
  const failures: string[] = [];
  for (const { name, run } of cases) {
    try {
      await run();
    } catch (error) {
      failures.push(`${name}: ${(error as Error).message}`);
    }
  }
  return { passed: cases.length - failures.length, failures };
}

const same = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.every((key) => same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
};

/** The matchers that the contract uses; any other is missing and fails. */
export function expect(actual: unknown, what = "") {
  const x = actual as number;
  const hold = (holds: boolean, wanted: string): void => {
    if (!holds) throw new Error(`${what} ${String(actual)} is not ${wanted}`);
  };
  return {
    toBe: (y: unknown) => hold(Object.is(actual, y), String(y)),
    not: { toBe: (y: unknown) => hold(!Object.is(actual, y), `another than ${String(y)}`) },
    toBeCloseTo: (y: number, digits = 2) => hold(Math.abs(x - y) < 10 ** -digits / 2, `close to ${y}`),
    toBeGreaterThan: (y: number) => hold(x > y, `above ${y}`),
    toBeLessThan: (y: number) => hold(x < y, `below ${y}`),
    toBeLessThanOrEqual: (y: number) => hold(x <= y, `at most ${y}`),
    toBeGreaterThanOrEqual: (y: number) => hold(x >= y, `at least ${y}`),
    toBeNaN: () => hold(Number.isNaN(actual), "NaN"),
    toEqual: (y: unknown) => hold(same(actual, y), JSON.stringify(y)),
  };
}
