/** The parts of examples/speech: what is held out, and what the recogniser writes. The whole of it is `npm run test:speech`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { knownWords, missingTools, recognise } from "../../examples/speech/recognise.js";
import { splitSentences } from "../../examples/speech/sentences.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-speech-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SUBJECTS = ["the sea", "a whale", "the old captain", "my friend", "the crew"];
const VERBS = ["saw", "heard", "followed", "feared"];
/** Some of the sentences stand twice, and some within longer ones. */
const BOOK = SUBJECTS.flatMap((subject) =>
  VERBS.flatMap((verb) => [
    `“${subject} ${verb} the ship in\nthe morning;”`,
    `And so ${subject} ${verb} the ship in the morning, as I remember it to this very day!`,
    `${subject} ${verb} the ship in the morning.`,
    `${subject} ${verb} Queequeg in the morning.`,
  ]),
).join(" ");
const WORDS = new Set(
  `${SUBJECTS.join(" ")} ${VERBS.join(" ")} the ship in morning and so as i remember it to this very day`.split(
    " ",
  ),
);

test("the text holds none of the sentences that are spoken, and these have words that the recogniser knows", () => {
  const { text, dev, test: measured } = splitSentences(BOOK, 4, WORDS);
  const spoken = [...dev, ...measured];
  expect([dev.length, measured.length, new Set(spoken).size]).toEqual([4, 4, 8]);
  for (const sentence of spoken) {
    expect(text).not.toContain(sentence);
    expect(sentence.split(" ").every((word) => WORDS.has(word))).toBe(true);
  }
  expect(text).toContain("queequeg in the morning\n");
  expect(text.split("\n").length).toBeGreaterThan(20);
  expect(() => splitSentences(BOOK, 400, WORDS)).toThrow(/can be spoken, and 800 are wanted/);
});

const missing = missingTools();
const skipped = missing !== undefined && process.env["CI"] !== "true";
test.skipIf(skipped)(
  `a sentence is spoken and heard${skipped ? ` (${missing} is missing)` : ""}`,
  { timeout: 60_000 },
  () => {
    expect(knownWords().has("whale")).toBe(true);
    const [heard] = recognise(["the old man went down to the sea"], folder, 10);
    expect(heard).toMatchObject({ id: "u1", references: ["the old man went down to the sea"] });
    const { hypotheses } = heard!;
    expect(hypotheses.length).toBeGreaterThan(1);
    expect(hypotheses[0]!.scores!["best"]).toBe(1);
    expect(hypotheses[0]!.text).toMatch(/sea|see|man/);
    for (const { scores } of hypotheses) expect(Number.isFinite(scores!["sphinx"])).toBe(true);
  },
);
