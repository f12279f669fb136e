/** Files that were picked or dropped: a text to learn from, or a model to open. */
import { signal } from "@preact/signals";
import { UserError } from "recurra/browser";
import { samples } from "./samples.js";
import { attempt, openFrom } from "./session.js";
import { takeFile } from "./setup.js";
import { last, phase } from "./training.js";

/** Something is held over the page. */
export const dropping = signal(false);

/** A zip is a model, anything else a text. @throws UserError */
export async function take(files: ArrayLike<File> | null | undefined): Promise<void> {
  const [first] = Array.from(files ?? []);
  if (first && /\.zip$/i.test(first.name)) await openModel([first], first.name);
  else await takeFile(files);
}

/** Opens a model from its zip or from the files of its folder. @throws UserError */
export async function openModel(files: readonly File[], name: string): Promise<void> {
  if (phase.value !== "none") {
    throw new UserError("A model is in training; stop it before you open another one.");
  }
  await openFrom(files, name.replace(/\.zip$/i, "").replace(/\.model$/, ""));
  forgetRun();
}

/** What was shown of the last run is not of the model that is opened now. */
export function forgetRun(): void {
  last.value = undefined;
  samples.value = [];
}

/** Takes files dropped anywhere on the page; the browser would otherwise open them in its place. */
export function takeDrops(): void {
  const over = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    dropping.value = true;
  };
  addEventListener("dragover", over);
  addEventListener("dragleave", ({ relatedTarget }) => {
    if (!relatedTarget) dropping.value = false;
  });
  addEventListener("drop", (event) => {
    dropping.value = false;
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    const { files } = event.dataTransfer;
    location.hash = "train";
    void attempt(() => take(files));
  });
}
