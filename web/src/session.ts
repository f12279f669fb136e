/** State shared by the views: the worker, the open model, the stored models, and messages. */
import { batch, signal } from "@preact/signals";
import {
  type BrowserModel,
  CELL_TABLE,
  type EngineInfo,
  FILE_NAMES,
  type ModelFiles,
  type ModelInfo,
  type ModelSource,
  parseMetrics,
  type Recurra,
  startRecurra,
  UserError,
  widthsText,
} from "recurra/browser";
import { labelSpelling } from "recurra/options";
import { clearCurves, showMetrics } from "./curves.js";
import { EXCERPT_CHARACTERS } from "./excerpt.js";
import { sampleOf } from "./samples.js";
import {
  listModels,
  readFiles,
  storageSentence,
  type StoredModel,
  writeModel,
  changeModel,
  deleteModel,
} from "./store.js";
import { aloneAmongTabs, hearTabs, tellTabs } from "./tabs.js";

export const engine = signal<EngineInfo | undefined>(undefined);
/** What has gone wrong, in a sentence; empty when nothing has. */
export const problem = signal("");
export const model = signal<BrowserModel | undefined>(undefined);
export const opened = signal<StoredModel | undefined>(undefined);
export const models = signal<readonly StoredModel[]>([]);
/** True until it is known whether there is a model. */
export const starting = signal(true);

let worker: Promise<Recurra> | undefined;

/** The worker, started when first needed. */
export function recurra(): Promise<Recurra> {
  worker ??= startRecurra();
  worker.catch(() => (worker = undefined));
  return worker;
}

/** Characters of a name. */
const MOST_NAME = 60;

/** Announcements for screen readers. */
export const announced = signal("");
export function announce(event: string): void {
  announced.value = event;
}

/** The page's own advice where the library's names an option that the page has no field for. */
const ADVICE: Readonly<Record<string, string>> = {
  field: 'the playground reads a field called "text"',
  valid: "give more lines",
};

/** An error's sentence, with options by the labels of their fields. */
export function sentence(error: unknown): string {
  if (error instanceof UserError) {
    const advice = ADVICE[error.option ?? ""] ?? error.advice;
    return new UserError({ problem: error.problem, advice }).spelled(labelSpelling);
  }
  return `Something in the playground failed: ${error instanceof Error ? error.message : String(error)}`;
}

/** Runs an action of the person's; an error is shown. */
export async function attempt(work: () => Promise<void>): Promise<void> {
  problem.value = "";
  try {
    await work();
  } catch (error) {
    problem.value = sentence(error);
  }
}

/** Starts the engine, and opens the model that was used last. */
export async function begin(): Promise<void> {
  await attempt(async () => {
    engine.value = (await recurra()).engine;
    await refresh();
    const [last] = models.value;
    if (last) await openStored(last);
  });
  starting.value = false;
  hearTabs(() => void refresh().then(missOpened));
}

/** Another tab has deleted the model that is open here. */
function missOpened(): void {
  const open = opened.value;
  if (!open?.resumable || open.step === 0 || models.value.some(({ id }) => id === open.id)) return;
  opened.value = { ...open, resumable: false };
  problem.value = `${open.name} was deleted in another tab; download it if you want to keep it.`;
}

async function refresh(): Promise<void> {
  try {
    models.value = await listModels();
  } catch (error) {
    problem.value = storageSentence(error);
  }
}

export async function openStored(stored: StoredModel): Promise<void> {
  const files = await readFiles(stored.id);
  if (!files) throw new UserError(`${stored.name} is no longer in the browser's storage.`);
  await show(stored, files);
}

async function show(stored: StoredModel, files: ModelFiles): Promise<void> {
  const loaded = await (await recurra()).load({ files });
  const metrics = files[FILE_NAMES.metrics];
  announce("");
  batch(() => {
    replaceModel(loaded);
    opened.value = stored;
    clearCurves();
    if (metrics) showMetrics(parseMetrics(metrics));
  });
}

/** Puts another model in the place of the one that is open, whose memory is given back. */
export function replaceModel(next: BrowserModel | undefined): void {
  const before = model.value;
  model.value = next;
  if (before && before !== next) void before.dispose().catch(() => {});
}

/** The perplexity of the finished model on its held-out text, where its metrics have it for the present step. */
function heldOutPerplexity(files: ModelFiles, step: number | undefined): number | undefined {
  const metrics = files[FILE_NAMES.metrics];
  const line = metrics && parseMetrics(metrics).findLast((one) => one["heldOutPerplexity"] !== undefined);
  const perplexity = line?.["heldOutPerplexity"];
  const current = step === undefined || line?.step === step;
  return current && typeof perplexity === "number" ? perplexity : undefined;
}

/** Opens a model from the disk and keeps it. */
export async function openFrom(source: ModelSource, name: string): Promise<void> {
  const loaded = await (await recurra()).load(source);
  const files = await loaded.files();
  // A model is of use without its checkpoint.
  const run = await loaded.run().catch((error: unknown) => void (problem.value = sentence(error)));
  const stored: StoredModel = {
    id: crypto.randomUUID(),
    name: shortened(name),
    about: aboutModel(loaded.info),
    step: run?.step ?? 0,
    perplexity: heldOutPerplexity(files, run?.step),
    finished: run?.finished ?? true,
    hasText: false,
    resumable: run !== undefined,
    excerpt: await sampleOf(loaded, EXCERPT_CHARACTERS),
    lines: loaded.info.tokenizer.lines,
    changed: Date.now(),
  };
  await loaded.dispose();
  await show(stored, files);
  await keep(stored, files);
}

/** Writes a model into the browser's storage; a failure is shown, everything else goes on, and the result is false. */
export async function keep(stored: StoredModel, files: ModelFiles, text?: string): Promise<boolean> {
  try {
    await writeModel(stored, files, text);
    tellTabs();
    void navigator.storage?.persist?.().catch(() => {});
    models.value = await listModels();
    return true;
  } catch (error) {
    problem.value = storageSentence(error);
    return false;
  }
}

/** Gives a stored model another name. */
export async function rename(stored: StoredModel, name: string): Promise<void> {
  const renamed = { ...stored, name: shortened(name) };
  await changeModel(renamed);
  tellTabs();
  if (opened.value?.id === stored.id) opened.value = renamed;
  await refresh();
}

/** A name as long as a list can show. */
function shortened(name: string): string {
  const characters = Array.from(name.trim());
  return characters.length <= MOST_NAME ? name.trim() : `${characters.slice(0, MOST_NAME - 1).join("")}…`;
}

export async function remove(stored: StoredModel): Promise<void> {
  const release = await aloneAmongTabs(stored);
  await deleteModel(stored.id).finally(release);
  tellTabs();
  if (opened.value?.id === stored.id) {
    replaceModel(undefined);
    opened.value = undefined;
    clearCurves();
  }
  await refresh();
}

const TOKEN_NAMES = { char: "characters", word: "words", bpe: "byte pairs" } as const;

/** Architecture and size in a few words. */
export function aboutModel({ config, tokenizer, parameterCount }: ModelInfo): string {
  const layers = `${config.layers} layer${config.layers === 1 ? "" : "s"} of ${widthsText(config)}`;
  return `${CELL_TABLE[config.cell].label}, ${layers}, ${tokenizer.size.toLocaleString("en")} ${TOKEN_NAMES[tokenizer.kind]}, ${parameterCount.toLocaleString("en")} weights`;
}

/** Gives a person a file. */
export function download(name: string, bytes: Uint8Array, type: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
