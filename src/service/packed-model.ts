/** A model as one file to be kept or sent: a zip of its folder, or a page that writes by itself. */
import { zipSync } from "fflate";
import { htmlPage, type PageAssets } from "../export/html-page.js";
import type { ModelFiles } from "../format/model-files.js";

/**
 * The files as a zip, stored and not deflated: weights hardly become smaller, and the rest is small.
 * @param folder that it unpacks to; empty for none
 */
export function zippedModel(files: ModelFiles, folder: string): Uint8Array {
  const below = folder === "" ? "" : `${folder}/`;
  const entries = Object.entries(files).map(([name, bytes]) => [`${below}${name}`, bytes]);
  return zipSync(Object.fromEntries(entries) as ModelFiles, { level: 0, mtime: new Date(1980, 0, 1) });
}

/** See `htmlPage`. */
export function modelPage(title: string, files: ModelFiles, assets: PageAssets): Uint8Array {
  const pieces = htmlPage(title, files, assets);
  const page = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    page.set(piece, at);
    at += piece.length;
  }
  return page;
}
