/** `recurra export`: a model as one HTML file that opens from a disk and writes there. */
import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { UserError } from "../errors.js";
import { EXPORT_COMMAND } from "../options/command-options.js";
import { asset } from "./build-asset.js";
import { interruptible, whenWritten } from "./interruption.js";
import type { Io } from "./io.js";
import { addFlags } from "./option-flags.js";
import type { CommandContext, RecurraCommand } from "./recurra-command.js";
import { escapedLine } from "../visible-text.js";
import { jsonLine } from "./visible-text.js";

interface TypedOptions {
  readonly html: string;
  readonly title?: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

export function exportCommand(command: RecurraCommand, { io }: CommandContext): void {
  command.argument("<model>", "folder of a model");
  addFlags(command, EXPORT_COMMAND)
    .addHelpText(
      "after",
      `
The file holds the model (int8 where it is quantized, else float32), the runtime and a small interface. It needs no
server and no network: open it, send it, put it on a page.

Examples:
  recurra export book.model --html book.html
  recurra quantize book.model --out small.model && recurra export small.model --html book.html --title "The book"`,
    )
    .action((folder: string, options: TypedOptions) =>
      interruptible(io, () => runExport(io, folder, options), whenWritten(io)),
    );
}

/** Files of the build and of the package. */
const ASSETS = {
  script: "../browser-bundle/page.js",
  classifierScript: "../browser-bundle/classifier-page.js",
  style: "../browser-bundle/page.css",
  module: "../../wasm/recurra-simd128-inference.wasm",
} as const;

async function runExport(
  io: Io,
  folder: string,
  { html, title, overwrite = false, json = false }: TypedOptions,
): Promise<void> {
  if (html === "-") {
    throw new UserError("A page is not written to the standard output; name its file with --html.");
  }
  const [{ isModelFile }, { storedModelFiles }, page, { readHead }, { writeFileAtomic }, { formatBytes }] =
    await Promise.all([
      import("../format/model-claim.js"),
      import("../apps/model-files.js"),
      import("../export/html-page.js"),
      import("../format/regular-file.js"),
      import("../format/atomic-file.js"),
      import("../train/memory-estimate.js"),
    ]);
  const [{ readConfig }, { currentPaths }] = await Promise.all([
    import("../format/model-folder.js"),
    import("../format/model-stage.js"),
  ]);
  const { HEAD_BYTES, htmlPage, isExportedPage } = page;
  if (isModelFile(folder, html)) {
    throw new UserError(`${html} is a file of the model that is exported; name another with --html.`);
  }
  if (existsSync(html)) {
    if (!overwrite) {
      throw new UserError(
        `${html} is there already; replace it with --overwrite, or name another with --html.`,
      );
    }
    if (!isExportedPage(await readHead(html, HEAD_BYTES))) {
      throw new UserError(
        `${html} is not a page that recurra exported, so it is not replaced; name another with --html.`,
      );
    }
  }
  const files = await storedModelFiles(folder);
  const isClassifier = (await readConfig(currentPaths(folder).config)).classifier !== undefined;
  const own = isClassifier ? ASSETS.classifierScript : ASSETS.script;
  const [script, style, module] = await Promise.all([own, ASSETS.style, ASSETS.module].map(asset));
  const name = title ?? basename(resolve(folder)).replace(/\.model$/, "");
  const pieces = htmlPage(name, files, { script: script!, style: style!, module: module! });
  await writeFileAtomic(html, pieces);
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  // As they stand in the page: in base64, and the text of a vocabulary as it is.
  const weightBytes = 4 * Math.ceil(files["model.safetensors"]!.length / 3);
  const vocabularyBytes = files["tokenizer.json"]!.length;
  io.stdout.write(
    json
      ? jsonLine({ html, bytes, weightBytes, vocabularyBytes })
      : `${escapedLine(html)}: ${formatBytes(bytes)}, of which the weights are ${formatBytes(weightBytes)} (as base64) and the vocabulary about ${formatBytes(vocabularyBytes)}\n`,
  );
}
