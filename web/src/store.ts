/** Models, their checkpoints and the texts that they learn from, in the browser's own storage (IndexedDB). */
import type { ModelFiles } from "recurra/browser";

/** What is known of a stored model without reading it. */
export interface StoredModel {
  readonly id: string;
  readonly name: string;
  /** Architecture and size, in a few words. */
  readonly about: string;
  readonly step: number;
  /** Of the held-out text, once the run was measured. */
  readonly perplexity: number | undefined;
  /** False while a run can go on. */
  readonly finished: boolean;
  readonly hasText: boolean;
  /** There is a checkpoint that training can go on from. */
  readonly resumable: boolean;
  /** Some of the text that it learned from, or that it writes. */
  readonly excerpt: string;
  /** Each of its lines stands on its own. */
  readonly lines: boolean;
  /** Milliseconds since 1970. */
  readonly changed: number;
}

const STORES = ["models", "files", "texts"] as const;
type StoreName = (typeof STORES)[number];

const answered = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });

let database: Promise<IDBDatabase> | undefined;

/** The database, opened when it is needed: anew where that failed before, or where the browser has closed it since. */
function opened(): Promise<IDBDatabase> {
  database ??= open().catch((error: unknown) => {
    database = undefined;
    throw error;
  });
  return database;
}

async function open(): Promise<IDBDatabase> {
  const request = indexedDB.open("recurra-playground", 1);
  request.addEventListener("upgradeneeded", () => {
    for (const name of STORES) request.result.createObjectStore(name);
  });
  const made = await answered(request);
  const forget = (): void => void (database = undefined);
  made.addEventListener("close", forget);
  // Another tab clears the storage, or has a newer playground: neither is to wait for this one.
  made.addEventListener("versionchange", () => {
    made.close();
    forget();
  });
  return made;
}

/** All changes of one call are made, or none. @throws where the browser has no room, or does not allow storage */
async function change(work: (store: (name: StoreName) => IDBObjectStore) => void): Promise<void> {
  const transaction = (await opened()).transaction(STORES, "readwrite");
  const end = new Promise<void>((resolve, reject) => {
    transaction.addEventListener("complete", () => resolve());
    transaction.addEventListener("abort", () => reject(transaction.error));
  });
  work((name) => transaction.objectStore(name));
  await end;
}

async function read<T>(name: StoreName, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  return answered(ask((await opened()).transaction(name).objectStore(name)));
}

/** The newest first. */
export async function listModels(): Promise<StoredModel[]> {
  const models = await read("models", (store) => store.getAll() as IDBRequest<StoredModel[]>);
  return models.toSorted((a, b) => b.changed - a.changed);
}

export function readFiles(id: string): Promise<ModelFiles | undefined> {
  return read("files", (store) => store.get(id) as IDBRequest<ModelFiles | undefined>);
}

export function readText(id: string): Promise<string | undefined> {
  return read("texts", (store) => store.get(id) as IDBRequest<string | undefined>);
}

/** Writes a model whole; its text only where it is given. */
export function writeModel(model: StoredModel, files: ModelFiles, text?: string): Promise<void> {
  return change((store) => {
    store("models").put(model, model.id);
    store("files").put(files, model.id);
    if (text !== undefined) store("texts").put(text, model.id);
  });
}

/** Writes a model's entry, without its files. */
export function changeModel(model: StoredModel): Promise<void> {
  return change((store) => store("models").put(model, model.id));
}

export function deleteModel(id: string): Promise<void> {
  return change((store) => STORES.forEach((name) => store(name).delete(id)));
}

/** What a failed write means, in a sentence. */
export function storageSentence(error: unknown): string {
  // A transaction that the browser ended for no reason of its own has no error.
  const name = (error as { name?: string } | null)?.name ?? "no reason given";
  return name === "QuotaExceededError"
    ? "The browser has no room left to keep the model. Download it, then delete models that you no longer need; what is in this page goes on."
    : `The browser does not let this page keep the model (${name}), perhaps in a private window. Download it before you leave.`;
}
