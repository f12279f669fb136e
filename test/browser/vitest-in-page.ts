/** What the contract takes of vitest, for a page: the cases are collected, to be run one after the other. */

interface Case {
  readonly name: string;
  readonly run: () => void | Promise<void>;
}

const cases: Case[] = [];
const path: string[] = [];

type Body<Row> = (row: Row) => void;

const named = (name: string, row: unknown): string => name.replace("%s", String(row));

export function test(name: string, run: () => void | Promise<void>): void {
  cases.push({ name: [...path, name].join(" > "), run });
}
test.each =
  <Row>(rows: readonly Row[]) =>
  (name: string, body: Body<Row>): void => {
    for (const row of rows) test(named(name, row), () => body(row));
  };

export function describe(name: string, body: () => void): void {
  path.push(name);
  body();
  path.pop();
}
describe.each =
  <Row>(rows: readonly Row[]) =>
  (name: string, body: Body<Row>): void => {
    for (const row of rows) describe(named(name, row), () => body(row));
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
