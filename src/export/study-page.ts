/** What a study found, as one HTML file. */
import type { StudyReport } from "../tune/study-report.js";
import { type ReportAssets, reportPage } from "./report-page.js";

/** @param assets dist/browser-bundle/study-page.js and look-page.css */
export const studyPage = (report: StudyReport, assets: ReportAssets): string =>
  reportPage(`${report.name}: what was tried`, { report }, assets);
