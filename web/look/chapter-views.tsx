/** The chapters of a report in their order, each with what draws it. */
import type { ComponentChild } from "preact";
import type { LookReport } from "../../src/apps/look.js";
import type { ChapterData, ChapterName } from "../../src/look/chapters.js";
import { GatesChapter } from "./gates.js";
import { LensChapter } from "./lens.js";
import { MemoryChapter } from "./memory.js";
import { SurpriseChapter } from "./surprise.js";
import { UnitsChapter } from "./units.js";
import { WhyChapter } from "./why.js";
import { WordsChapter } from "./words.js";

export interface ChapterView {
  readonly name: ChapterName;
  readonly title: string;
  /** Only where the chapter is there and not missing. */
  readonly draw: (chapters: LookReport["chapters"]) => ComponentChild;
}

const of = <Name extends ChapterName>(chapters: LookReport["chapters"], name: Name): ChapterData[Name] =>
  chapters[name] as ChapterData[Name];

export const CHAPTER_VIEWS: readonly ChapterView[] = [
  {
    name: "surprise",
    title: "Where it is surprised",
    draw: (chapters) => <SurpriseChapter data={of(chapters, "surprise")} />,
  },
  {
    name: "why",
    title: "Why this word",
    draw: (chapters) => <WhyChapter data={of(chapters, "why")} />,
  },
  {
    name: "units",
    title: "What the units do",
    draw: (chapters) => <UnitsChapter data={of(chapters, "units")} />,
  },
  {
    name: "gates",
    title: "Gates",
    draw: (chapters) => <GatesChapter data={of(chapters, "gates")} />,
  },
  {
    name: "memory",
    title: "How far it remembers",
    draw: (chapters) => <MemoryChapter data={of(chapters, "memory")} />,
  },
  {
    name: "lens",
    title: "What each layer would predict",
    draw: (chapters) => <LensChapter data={of(chapters, "lens")} />,
  },
  {
    name: "words",
    title: "Its words",
    draw: (chapters) => <WordsChapter data={of(chapters, "words")} />,
  },
];
