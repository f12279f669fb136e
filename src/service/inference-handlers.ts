/** Requests on a loaded model. */
import { breathe } from "../breathe.js";
import { loadPart } from "../load-part.js";
import { infoOf, type ModelHost } from "./model-host.js";
import { checkingParams } from "./check-params.js";
import type { Handlers } from "./handlers.js";

export function inferenceHandlers(host: ModelHost): Handlers {
  return checkingParams({
    load: async ({ model, files }) => host.load(model, files),
    info: async ({ model }) => infoOf(host.get(model).model),
    unload: async ({ model }) => host.remove(model),
    generate: async ({ model, options }, { signal, emit }) => {
      for await (const piece of host.get(model).model.generate(options)) {
        if (signal.aborted) return;
        emit(piece);
      }
    },
    next: async ({ model, ...request }) => {
      const held = host.get(model);
      return (await examining()).nextTokens(held.model, request);
    },
    complete: async ({ model, text, options }, { signal }) => {
      const held = host.get(model);
      held.completer ??= held.model.completer();
      // Of quick typing the questions that were taken back meanwhile are not answered any more.
      await breathe();
      return (await held.completer).complete(text, { ...options, signal });
    },
    embed: async ({ model, texts, options }, { signal }) =>
      host.get(model).model.embed(texts, { ...options, signal }),
    classify: async ({ model, texts, options }, { signal }) => {
      const { Classifier } = await loadPart(import("../apps/classifier.js"));
      return new Classifier(host.get(model).model).classify(texts, { ...options, signal });
    },
    score: async ({ model, line }) => host.get(model).model.scoreLine(line),
    evaluate: async ({ model, text }, { signal, emit }) =>
      host.get(model).model.evaluate(text, {
        signal,
        onProgress: (tokens, total) => emit({ tokens, total }),
      }),
    inspect: async ({ model, text }, { signal }) => {
      const held = host.get(model);
      return (await examining()).inspectText(held.model, text, signal);
    },
    unknowns: async ({ model, text }) => host.get(model).model.unknowns(text),
    files: async ({ model }) => host.get(model).files(),
  });
}

/** The part that examines a model is loaded at the first such request. */
const examining = () => loadPart(import("../apps/examining.js"));
