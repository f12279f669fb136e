/** Fetches the parts of an exported page. */
import { fetchFile } from "./model-source.js";
import type { PageAssets } from "../export/html-page.js";

/** The files of the package, where bundlers find them. */
export async function packagedAssets(): Promise<PageAssets> {
  const [script, style, module] = await Promise.all([
    fetchFile(new URL("../browser-bundle/page.js", import.meta.url).href),
    fetchFile(new URL("../browser-bundle/page.css", import.meta.url).href),
    fetchFile(new URL("../../wasm/recurra-simd128-inference.wasm", import.meta.url).href),
  ]);
  return { script: script!, style: style!, module: module! };
}
