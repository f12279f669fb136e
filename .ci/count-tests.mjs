// Prints what was skipped, and as its last line the counts, of a vitest JSON report.
// Usage: node count-tests.mjs <report> <exit code of vitest>
import { readFileSync } from "node:fs";

const [path, status] = process.argv.slice(2);
let report;
try {
  report = JSON.parse(readFileSync(path, "utf8"));
} catch (error) {
  console.log(`no report of the tests: ${error.message}`);
  console.log("0 passed, 1 failed");
  process.exit(1);
}

let passed = 0;
let failed = 0;
for (const file of report.testResults) {
  for (const { status: result, fullName } of file.assertionResults) {
    if (result === "passed") passed++;
    else if (result === "failed") failed++;
    else console.log(`${result}: ${fullName}`);
  }
  // A file that could not be loaded has no tests.
  if (file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed")) failed++;
}
// An error outside of every test, or a worker that died.
if (failed === 0 && status !== "0") failed = 1;
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
