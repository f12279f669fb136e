import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../src/errors.js";
import { MAX_DEPTH, parseJson, scanJson } from "../../src/format/json.js";

describe("parseJson", () => {
  it("reads what JSON.stringify writes, with any indent", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(3), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(parseJson(text, "x")).toEqual(JSON.parse(text));
      }),
    );
  });

  it("takes and refuses the same texts as JSON.parse, but for keys that stand twice", () => {
    const alphabet = fc.constantFrom(
      ...'{}[]:,"\\ \n\t0123-+.eEtrufalsn\u0000é'.split(""),
      '"a"',
      "null",
      "1",
      "\\u00e9",
    );
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("");
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        const problem = scanJson(text);
        if (problem?.message.includes("twice")) return;
        expect(problem === undefined).toBe(valid);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['{\n  "a": 1,\n  "b" 2\n}', 'line 3, column 7: ":" is expected, but "2" is there'],
    ['{"a": 1,}', 'line 1, column 9: a key in quotes is expected, but "}" is there'],
    ["[1 2]", 'line 1, column 4: "," or "]" is expected, but "2" is there'],
    ['{"a": 1', 'line 1, column 8: "," or "}" is expected, but the end is there'],
    ["", "line 1, column 1: a value is expected, but the end is there"],
    ["NaN", 'line 1, column 1: a value is expected, but "N" is there'],
    ["{} x", 'line 1, column 4: "x" stands after the end'],
    ['{"a": "b', "line 1, column 7: this string has no end"],
    ['"a\nb"', "line 1, column 3: the character U+000A may not stand in a string as it is"],
    ['"\\x"', "line 1, column 2: this escape does not exist"],
    ['{"a": 1,\n "b": {"c": 0, "\\u0063": 1}}', 'line 2, column 16: the key "c" stands twice in one object'],
    ["[".repeat(1_000_000), `column ${MAX_DEPTH + 2}: it is nested more than ${MAX_DEPTH} levels deep`],
  ])("says what is wrong and where (%#)", (text, sentence) => {
    let error: unknown;
    try {
      parseJson(text, "some.json");
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toMatch(/^some\.json is not valid JSON: /);
    expect((error as Error).message).toContain(sentence);
  });

  it("makes __proto__ an ordinary key", () => {
    const value = parseJson('{"__proto__": {"polluted": 1}}', "x") as Record<string, unknown>;
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});
