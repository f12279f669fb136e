/** What is heard of a study as it runs. */
import type { StudyHeader, StudyLine } from "./study-lines.js";
import type { Study } from "./study.js";
import type { TrialProgress } from "./trial-runner.js";

export type StudyNews =
  /** The text is read, or it is measured how many trials run side by side. */
  | { readonly type: "preparing"; readonly what: string }
  | { readonly type: "notice"; readonly message: string }
  | { readonly type: "begun"; readonly header: StudyHeader; readonly resumed: boolean }
  /** A line was written to the record. */
  | { readonly type: "line"; readonly line: StudyLine; readonly study: Study }
  /** A trial trains. */
  | {
      readonly type: "progress";
      readonly trial: number;
      /** Undefined: the best model is on its way to the end. */
      readonly rung: number | undefined;
      readonly progress: TrialProgress;
    };
