import { describe, expect, test } from "vitest";
import { chosen, optionHelp, positive, readOptions } from "../../bench/options.js";
import { UserError } from "../../src/errors.js";

const SPECS = { only: { value: "names", help: "which" }, json: { help: "as JSON" } } as const;

describe("readOptions", () => {
  test("values, switches, both ways to give a value", () => {
    const given = readOptions(["--only", "W1", "--json"], SPECS);
    expect([...given]).toEqual([
      ["only", "W1"],
      ["json", ""],
    ]);
    expect(readOptions(["--only=W1,W2"], SPECS).get("only")).toBe("W1,W2");
    expect(readOptions(["--only", "-3"], SPECS).get("only")).toBe("-3");
  });

  test.each([
    [["--onyl", "W1"], "There is no option --onyl; did you mean --only?"],
    [["--quite-other"], "There is no option --quite-other; --help lists them."],
    [["--toString"], "There is no option --toString; --help lists them."],
    [["W1"], '"W1" is no option; --help lists them.'],
    [["--only"], "--only needs a value: names."],
    [["--only", "--json"], "--only needs a value: names."],
    [["--json=yes"], '--json is a switch and takes no value, but got "yes".'],
  ])("%j", (argv, message) => {
    expect(() => readOptions(argv, SPECS)).toThrow(new UserError(message));
  });

  test("help has a line an option", () => {
    expect(optionHelp(SPECS)).toBe("  --only <names>  which\n  --json          as JSON");
  });
});

test("names from a list, by any case, each once", () => {
  expect(chosen("workload", "w2, W1,W2", ["W1", "W2"])).toEqual(["W2", "W1"]);
  expect(() => chosen("workload", "W1,WT3", ["W1", "WT2"])).toThrow(
    'There is no workload "WT3" (did you mean WT2?); there are W1, WT2.',
  );
  expect(() => chosen("workload", "", ["W1"])).toThrow('There is no workload ""');
});

test("numbers above 0", () => {
  expect(positive("seconds", "0.5")).toBe(0.5);
  expect(positive("rounds", "3", true)).toBe(3);
  for (const text of ["", " ", "0", "-1", "x", "Infinity", "1e400"])
    expect(() => positive("seconds", text)).toThrow(`--seconds is "${text}"; give a number above 0.`);
  expect(() => positive("rounds", "1.5", true)).toThrow("give a whole number above 0");
});
