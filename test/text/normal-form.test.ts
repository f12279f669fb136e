/** What is typed to a model is taken in the form of Unicode that the vocabulary has. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LoadedModel } from "../../src/apps/loaded-model.js";
import { nextTokens } from "../../src/apps/next-tokens.js";
import { inspectText } from "../../src/apps/inspect-text.js";
import { inKnownForm } from "../../src/text/tokenizers/normal-form.js";
import type { TokenizerKind } from "../../src/text/tokenizers/tokenizer.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";
import { randomModel } from "../generate/models.js";
import { awkwardText, tokenizers } from "./tokenizer-samples.js";

const TEXT = "Žlutý kůň úpěl ďábelské ódy. 각하\n";

describe.each<TokenizerKind>(["char", "word"])("%s", (kind) => {
  describe.each([
    ["NFC", "NFD"],
    ["NFD", "NFC"],
  ] as const)("a vocabulary in %s", (form, other) => {
    const trained = trainTokenizer(kind, [TEXT.normalize(form)], { minCount: 1 });

    test(`knows what is typed in ${other}`, async () => {
      const tokenizer = await trained;
      const typed = "ďábelské kůň".normalize(other);
      expect(tokenizer.unknowns(typed).length).toBeGreaterThan(0);
      expect(inKnownForm(tokenizer, typed)).toBe("ďábelské kůň".normalize(form));
    });

    test("leaves alone what it knows, and what no form helps", async () => {
      const tokenizer = await trained;
      for (const text of [TEXT.normalize(form), "Žlutý 漢字".normalize(form), "plain", ""]) {
        expect(inKnownForm(tokenizer, text)).toBe(text);
      }
    });

    test("generation, scores, looks and stop strings take it so", async () => {
      const model = new LoadedModel(randomModel(await trained), await trained);
      const typed = "ďábelské kůň".normalize(other);
      const known = typed.normalize(form);
      expect(model.unknowns(typed)).toEqual([]);
      expect(model.unknowns("漢")).toEqual(["漢"]);
      const written = async (prompt: string, stop: string[]): Promise<string> => {
        let text = "";
        for await (const piece of model.generate({ prompt, stop, length: 60, seed: 1 })) text += piece.text;
        return text;
      };
      expect(await written(typed, [])).toBe(await written(known, []));
      const stop = "ů";
      expect(await written(typed, [stop.normalize(other)])).toBe(
        await written(known, [stop.normalize(form)]),
      );
      const { text, unknown, ...score } = model.scoreLine(typed);
      expect({ text, unknown }).toEqual({ text: typed, unknown: 0 });
      expect(model.scoreLine(known)).toEqual({ ...score, text: known, unknown: 0 });
      const next = { count: 3, temperature: 1 };
      expect(nextTokens(model, { text: typed, ...next })).toEqual(
        nextTokens(model, { text: known, ...next }),
      );
      const { signal } = new AbortController();
      expect((await inspectText(model, typed, signal)).tokens).toEqual(
        (await inspectText(model, known, signal)).tokens,
      );
    });
  });
});

test("no form has more unknown pieces than the text as it is", () => {
  for (const { tokenizer } of tokenizers) {
    fc.assert(
      fc.property(awkwardText, (text) => {
        const before = tokenizer.unknowns(text).length;
        const taken = inKnownForm(tokenizer, text);
        expect(taken.normalize("NFC")).toBe(text.normalize("NFC"));
        if (taken !== text) expect(tokenizer.unknowns(taken).length).toBeLessThan(before);
      }),
    );
  }
});
