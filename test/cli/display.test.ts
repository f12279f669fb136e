/** What a person sees while a model trains, as text: it fits, it grows, and it hides nothing printed above. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NO_COLORS } from "../../src/cli/colors.js";
import picocolors from "picocolors";
import { LiveRegion, visibleWidth } from "../../src/cli/live-region.js";
import { CurveHistory, type CurvePoint, drawLossCurve } from "../../src/cli/loss-curve.js";
import { duration, fourFigures, percent } from "../../src/cli/numbers.js";
import { progressBar, renderReading, renderStatus } from "../../src/cli/status-block.js";
import { LiveTrainDisplay, PlainTrainDisplay } from "../../src/cli/train-display.js";
import { doneLines, evaluationLine, resumeCommand } from "../../src/cli/train-words.js";
import type { Evaluation } from "../../src/train/evaluate.js";
import type { StepEvent, ValidationEvent } from "../../src/train/events.js";
import { CapturedOutput } from "./captured-io.js";
import { Screen } from "./screen.js";

const STEPS = 500;
const lossAt = (step: number) => 1.2 + 3 * Math.exp(-step / 60);

function stepEvent(step: number, changes: Partial<StepEvent> = {}): StepEvent {
  return {
    type: "step",
    step,
    steps: STEPS,
    epoch: Math.ceil(step / 50),
    epochs: 10,
    progress: step / STEPS,
    loss: lossAt(step),
    smoothedLoss: lossAt(step),
    learningRate: 0.004,
    gradientNorm: 1,
    tokens: step * 2048,
    tokensPerSecond: 152_340.4,
    elapsedSeconds: step,
    remainingSeconds: STEPS - step,
    ...changes,
  };
}

function validationEvent(step: number): ValidationEvent {
  const loss = lossAt(step) + 0.1;
  const perplexity = Math.exp(loss);
  return {
    type: "validation",
    step,
    epoch: 1,
    loss,
    perplexity,
    best: true,
    bestLoss: loss,
    elapsedSeconds: step,
  };
}

const training = Array.from({ length: 200 }, (_, i) => ({ step: i + 1, loss: lossAt(i + 1) }));
const validation = [50, 100, 150, 200].map((step) => ({ step, loss: lossAt(step) + 0.1 }));

describe("the bar", () => {
  test("has exactly its width, and never shrinks as the run goes on", () => {
    let before = -1;
    for (let i = 0; i <= 1000; i++) {
      const bar = progressBar(i / 1000, 17, NO_COLORS);
      expect(bar).toHaveLength(17);
      const filled = [...bar].reduce(
        (sum, c) => sum + (c === "█" ? 8 : Math.max(0, "·▏▎▍▌▋▊▉".indexOf(c))),
        0,
      );
      expect(filled).toBeGreaterThanOrEqual(before);
      before = filled;
    }
    expect(before).toBe(17 * 8);
    expect(progressBar(0, 5, NO_COLORS)).toBe("·····");
  });

  test("says 100 % only at the end", () => {
    expect([percent(0), percent(0.999), percent(1)]).toEqual(["0 %", "99 %", "100 %"]);
  });
});

describe("the status", () => {
  test("tells everything, and at 80 columns has a curve", () => {
    const view = { step: stepEvent(200), lastValidation: validationEvent(200), training, validation };
    const text = renderStatus(view, { columns: 80, rows: 24 }, NO_COLORS).join("\n");
    for (const part of ["40 %", "epoch 4/10", "step 200/500", "loss 1.307", "perplexity 3.69", "lr 0.004"])
      expect(text).toContain(part);
    expect(text).toContain("152,340 tokens/s");
    expect(text).toContain("5 min 00 s left");
    expect(text).toMatch(/[\u2801-\u28ff]/);
    expect(text).toContain("●");
  });

  test("fits any width, with and without colours", () => {
    const view = { step: stepEvent(200), lastValidation: validationEvent(200), training, validation };
    for (let columns = 2; columns <= 130; columns++) {
      for (const rows of [5, 24]) {
        const plain = renderStatus(view, { columns, rows }, NO_COLORS);
        const painted = renderStatus(view, { columns, rows }, picocolors.createColors(true));
        for (const line of plain) expect([...line].length).toBeLessThan(columns);
        for (const line of painted) expect(visibleWidth(line)).toBeLessThan(columns);
        expect(plain.length).toBeLessThan(columns < 14 ? 40 : rows);
      }
    }
  });

  test("shows the last sample in one line, safe and cut to the width, also where characters are wide", () => {
    const view = { step: stepEvent(200), lastValidation: undefined, training, validation };
    const shown = (text: string, columns: number) => {
      const lastSample = { type: "sample", step: 200, text } as const;
      const lines = renderStatus({ ...view, lastSample }, { columns, rows: 24 }, NO_COLORS);
      return lines.find((line) => line.startsWith("✎"))!;
    };
    expect(shown("the\n\tsea\r\n\u001b[2J is", 80)).toBe("✎ the sea \\x1b[2J is");
    expect(shown("Call me Ishmael.", 12)).toBe("✎ Call me…");
    // Two columns each, ✎ too: with a space, three of them and the mark they are 10 of 11.
    expect(shown("鯨".repeat(50), 12)).toBe("✎ 鯨鯨鯨…");
    expect(shown("🐋".repeat(50), 12)).toBe("✎ 🐋🐋🐋…");
  });

  test("of reading fits, too", () => {
    const event = { type: "reading", what: "encoding the training text", done: 3, total: 4 } as const;
    const [line] = renderReading(event, { columns: 80, rows: 24 }, NO_COLORS);
    expect(line).toContain("75 %  encoding the training text");
    for (const columns of [10, 20, 40])
      for (const text of renderReading(event, { columns, rows: 24 }, NO_COLORS))
        expect(text.length).toBeLessThan(columns);
  });
});

describe("the loss curve", () => {
  const size = { width: 60, height: 6 };
  const plotOf = (lines: readonly string[]) => lines.map((line) => [...line].slice(6));

  test("falls where the loss falls, with the scale beside it", () => {
    const lines = drawLossCurve({ training, validation: [] }, size, NO_COLORS);
    expect(lines).toHaveLength(6);
    expect(lines[0]).toMatch(/^\d\.\d\d ┤/);
    expect(lines[5]).toMatch(/^1\.31 ┤/);
    expect(lines[1]).toMatch(/^ +│/);
    const plot = plotOf(lines);
    const rowsOfColumn = (x: number) => plot.flatMap((line, y) => ((line[x] ?? " ") === " " ? [] : [y]));
    let before = 0;
    for (let x = 0; x < 60 - 6; x++) {
      const rows = rowsOfColumn(x);
      expect(rows.length).toBeGreaterThan(0);
      expect(Math.max(...rows)).toBeGreaterThanOrEqual(before);
      before = Math.max(...rows);
    }
    expect(before).toBe(5);
  });

  test("shows every validation at its place", () => {
    const lines = drawLossCurve({ training, validation }, size, NO_COLORS);
    expect(lines.join("").match(/●/g)).toHaveLength(4);
    expect(plotOf(lines).some((line) => line[60 - 7] === "●")).toBe(true);
  });

  test("draws nothing without two points or without room", () => {
    expect(drawLossCurve({ training: [], validation: [] }, size, NO_COLORS)).toEqual([]);
    expect(drawLossCurve({ training: training.slice(0, 1), validation: [] }, size, NO_COLORS)).toEqual([]);
    expect(drawLossCurve({ training, validation }, { width: 12, height: 6 }, NO_COLORS)).toEqual([]);
  });

  test("a loss that stays the same is a line, not an error", () => {
    const flat = training.map(({ step }) => ({ step, loss: 2 }));
    expect(drawLossCurve({ training: flat, validation: [] }, size, NO_COLORS).join("")).toMatch(
      /[\u2801-\u28ff]/,
    );
  });

  test("fits its width for any losses", () => {
    const loss = fc.double({ min: 0, max: 1e6, noNaN: true });
    const points = fc.array(fc.record({ step: fc.integer({ min: 0, max: 1e9 }), loss }), { maxLength: 60 });
    const sorted = (list: CurvePoint[]) => list.toSorted((a, b) => a.step - b.step);
    fc.assert(
      fc.property(
        points,
        points,
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 1, max: 9 }),
        (a, b, width, height) => {
          const lines = drawLossCurve(
            { training: sorted(a), validation: sorted(b) },
            { width, height },
            NO_COLORS,
          );
          expect(lines.length === 0 || lines.length === height).toBe(true);
          for (const line of lines) expect([...line].length).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  test("keeps a history of any length in bounded memory, in order, without losing its course", () => {
    const history = new CurveHistory(64);
    for (let step = 1; step <= 100_000; step++) history.add(step, step);
    expect(history.points.length).toBeLessThan(64);
    expect(history.points.length).toBeGreaterThanOrEqual(31);
    const steps = history.points.map((point) => point.step);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    for (const { step, loss } of history.points) expect(step - loss).toBeLessThan(100_000 / 31);
    history.cutAfter(50_000);
    expect(history.points.at(-1)!.step).toBeLessThanOrEqual(50_000);
  });
});

describe("the live display", () => {
  const begin = (columns: number, rows: number) => {
    const screen = new Screen(columns, rows);
    const out = new CapturedOutput(true, columns, rows);
    out.onWrite = (text) => screen.write(text);
    const clock = { time: 0 };
    return { screen, out, clock, display: new LiveTrainDisplay(out, NO_COLORS, () => clock.time) };
  };

  test.each([
    [80, 24],
    [40, 24],
    [80, 8],
    [30, 12],
  ])("redraws in place at %i × %i and keeps all that is printed", (columns, rows) => {
    const { screen, clock, display } = begin(columns, rows);
    screen.write("$ recurra train book.txt\n");
    for (let step = 1; step <= STEPS; step++) {
      clock.time += 60;
      display.handle(stepEvent(step));
      if (step % 50 === 0) display.handle(validationEvent(step));
      if (step % 100 === 0) display.handle({ type: "notice", message: `note ${step}` });
    }
    display.close();
    display.print("the end");
    const { lines } = screen;
    expect(lines[0]).toBe("$ recurra train book.txt");
    expect(lines.filter((line) => line.startsWith("note "))).toEqual(
      [100, 200, 300, 400, 500].map((n) => `note ${n}`),
    );
    expect(lines.filter((line) => line.includes("100 %"))).toHaveLength(1);
    expect(lines.join("\n").match(/tokens\/s/g)).toHaveLength(1);
    expect(lines.slice(-2)).toEqual(["the end", ""]);
  });

  test("draws at most ten times a second", () => {
    const { out, clock, display } = begin(80, 24);
    let writes = 0;
    out.onWrite = () => writes++;
    for (let step = 1; step <= 1000; step++) {
      clock.time += 2;
      display.handle(stepEvent(step));
    }
    expect(writes).toBeGreaterThan(15);
    expect(writes).toBeLessThanOrEqual(21);
  });

  test("after the terminal became narrower nothing above is touched", () => {
    const out = new CapturedOutput(true, 80, 24);
    const region = new LiveRegion(out);
    region.draw(["x".repeat(79), "y"]);
    out.text = "";
    out.columns = 40;
    region.draw(["z"]);
    expect(out.text).not.toContain("A");
    out.text = "";
    region.draw(["w"]);
    expect(out.text).toContain("\u001b[1A");
  });
});

test("plain lines: each validation, and a step at most every five seconds", () => {
  const out = new CapturedOutput();
  let time = 0;
  const display = new PlainTrainDisplay(out, () => time);
  for (let step = 1; step <= 100; step++) {
    time += 200;
    display.handle(stepEvent(step));
    if (step % 50 === 0) display.handle(validationEvent(step));
  }
  const lines = out.text.trimEnd().split("\n");
  expect(lines.filter((line) => line.includes("held-out"))).toHaveLength(2);
  expect(lines.filter((line) => line.includes("tokens/s"))).toHaveLength(4);
  expect(out.text).not.toContain("\u001b");
});

test("a stopped run says how to go on, with quoting", () => {
  expect(resumeCommand("recurra", ["my book.txt", "--overwrite", "--lr", "0.1"])).toBe(
    "recurra train 'my book.txt' --lr 0.1 --resume",
  );
  expect(resumeCommand("recurra", ["--resume", "--", "-odd", "it's"])).toBe(
    String.raw`recurra train --resume -- -odd 'it'\''s'`,
  );
  const event = { type: "done", out: "a.model", step: 3, elapsedSeconds: 1, bestLoss: 1 } as const;
  const unmeasured = { valid: undefined, test: undefined };
  const next = { program: "recurra", argv: ["a.txt"], lines: false, heldOut: undefined };
  expect(doneLines({ ...event, ...unmeasured, reason: "stopped" }, next).at(-1)).toBe(
    "  recurra train a.txt --resume",
  );
  const lines = doneLines({ ...event, ...unmeasured, reason: "early" }, { ...next, heldOut: "v.txt" });
  expect(lines.slice(-2)).toEqual([
    "  recurra generate a.model --length 300",
    "  recurra eval a.model v.txt",
  ]);
  const names = doneLines({ ...event, ...unmeasured, reason: "finished" }, { ...next, lines: true });
  expect(names.at(-2)).toBe("  recurra generate a.model -n 20");
  const half = { tokens: 200, unknown: 100, natsPerToken: 1, perplexity: Math.E, bitsPerChar: 1 };
  expect(evaluationLine("Text", half as Evaluation)).toMatch(/; 50.0 % of its tokens are unknown/);
});

test("numbers as a person reads them", () => {
  expect([0, 0.00312, 1.5234, 23.414, 234.62, 12_345.6, 3e12, 1e-7].map(fourFigures)).toEqual([
    "0",
    "0.003120",
    "1.523",
    "23.41",
    "234.6",
    "12,346",
    "3.00e+12",
    "1.00e-7",
  ]);
  expect([0, 59.4, 60, 3599.6, 7500].map(duration)).toEqual([
    "0 s",
    "59 s",
    "1 min 00 s",
    "1 h 00 min",
    "2 h 05 min",
  ]);
});
