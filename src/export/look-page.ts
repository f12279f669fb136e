/** A look into a model as one HTML file. */
import { type ReportAssets, reportPage } from "./report-page.js";

/** dist/browser-bundle/look-page.js and look-page.css */
export type LookAssets = ReportAssets;

/** @param name of the model @param report what `look` returned */
export const lookPage = (name: string, report: object, assets: LookAssets): string =>
  reportPage(`${name}: a look inside`, { name, report }, assets);
