/**
 * The parameters of a request are checked before it is answered: one that is missing or of a wrong type is answered
 * with a UserError. The fields of options have their own checks.
 */
import { checkBytes, checkObject, checkText, refuseArgument } from "../argument-checks.js";
import type { Handlers } from "./handlers.js";
import type { MethodName, Methods } from "./protocol.js";

/** @throws UserError where the value is none of its kind */
type Check = (name: string, value: unknown) => void;

type Checks<Params> = { readonly [Name in keyof Params]-?: Check };

const number: Check = (name, value) => {
  if (!Number.isFinite(value)) refuseArgument(name, value, "give a number");
};
const flag: Check = (name, value) => {
  if (typeof value !== "boolean") refuseArgument(name, value, "give true or false");
};
/** Checked by the method itself, which knows the range. */
const unchecked: Check = () => {};
/** Named bytes: a model's files, or the parts of a page. */
const bytes: Check = (name, value) => {
  checkObject(name, value);
  for (const [key, content] of Object.entries(value)) checkBytes(`${name}: ${key}`, content);
};
const assets: Check = (name, value) => {
  bytes(name, value);
  for (const key of ["script", "style", "module"])
    if (!Object.hasOwn(value as object, key)) refuseArgument(`${name}: ${key}`, undefined, "give its bytes");
};
/** A run's options bring the files of an earlier one. */
const trainOptions: Check = (name, value) => {
  checkObject(name, value);
  const { resume } = value as { resume?: unknown };
  if (resume !== undefined) bytes(`${name}: resume`, resume);
};

const MODEL = { model: number };
const WITH_TEXTS = { ...MODEL, texts: unchecked, options: checkObject };
const WITH_TEXT = { ...MODEL, text: checkText };

/** Of all methods but "start", which a transport answers itself. */
const PARAMS: { readonly [Name in Exclude<MethodName, "start">]: Checks<Methods[Name]["params"]> } = {
  load: { ...MODEL, files: bytes },
  info: MODEL,
  unload: MODEL,
  generate: { ...MODEL, options: checkObject },
  next: { ...WITH_TEXT, count: unchecked, temperature: unchecked },
  complete: { ...WITH_TEXT, options: checkObject },
  embed: WITH_TEXTS,
  classify: WITH_TEXTS,
  score: { ...MODEL, line: checkText },
  evaluate: WITH_TEXT,
  inspect: WITH_TEXT,
  unknowns: WITH_TEXT,
  files: MODEL,
  learn: { ...WITH_TEXT, options: checkObject },
  profile: MODEL,
  useProfile: { ...MODEL, profile: unchecked },
  zip: { ...MODEL, folder: checkText },
  page: { ...MODEL, title: checkText, assets },
  train: { ...MODEL, options: trainOptions },
  run: MODEL,
  pause: { ...MODEL, paused: flag },
};

/** Handlers that check their parameters first. */
export function checkingParams(handlers: Handlers): Handlers {
  const checking = Object.entries(handlers).map(([method, handler]) => {
    const checks = Object.entries(PARAMS[method as keyof typeof PARAMS]);
    const answer = handler as (params: unknown, call: unknown) => Promise<unknown>;
    return [
      method,
      async (params: unknown, call: unknown) => {
        checkObject(`The parameter of ${method}`, params);
        for (const [name, check] of checks)
          check(`${method}: ${name}`, (params as Readonly<Record<string, unknown>>)[name]);
        return answer(params, call);
      },
    ];
  });
  return Object.fromEntries(checking) as Handlers;
}
