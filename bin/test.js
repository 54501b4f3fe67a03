// npm test: everything but the real build tools. npm run test:tools: those.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepare, run } from "./prepare.js";

const args = process.argv.slice(2);
const tools = args[0] === "--tools";
await prepare();

const folder = mkdtempSync(join(tmpdir(), "quorate-test-"));
const report = join(folder, "report.json");
const status = run("vitest/vitest.mjs", [
  "run",
  ...(tools ? ["--config", "vitest.tools.config.ts", ...args.slice(1)] : args),
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${report}`,
]);
process.exitCode = summarize(status);
rmSync(folder, { recursive: true, force: true });

/** Says what was skipped and why, and closes with the counts. Answers the exit code. */
function summarize(vitestStatus) {
  let result;
  try {
    result = JSON.parse(readFileSync(report, "utf8"));
  } catch {
    console.log("the test runner wrote no report");
    console.log("0 passed, 1 failed");
    return vitestStatus || 1;
  }
  const skipped = result.testResults
    .flatMap((file) => file.assertionResults)
    .filter((test) => ["skipped", "pending", "todo"].includes(test.status));
  for (const test of skipped) console.log(skipLine(test));
  const forbidden = process.env.CI === "true" ? skipped.filter((test) => !kernelLacks(test)) : [];
  if (forbidden.length > 0)
    console.log(`CI=true: ${forbidden.length} skipped tests count as failed`);
  const failedFiles = result.testResults.filter(
    (file) =>
      file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
  ).length;
  const failed = result.numFailedTests + failedFiles + forbidden.length;
  const rest = skipped.length - forbidden.length;
  console.log(
    `${result.numPassedTests} passed, ${failed} failed${rest > 0 ? `, ${rest} skipped` : ""}`,
  );
  return vitestStatus || (failed > 0 ? 1 : 0);
}

/** A test that lacks a tool bears `skipped: TOOL: how to get it` in its title. */
function skipLine(test) {
  const reason = /skipped: .*/.exec(test.fullName);
  return reason
    ? `${reason[0]} (${test.fullName.replace(reason[0], "").trim()})`
    : `skipped: ${test.fullName}`;
}

function kernelLacks(test) {
  return test.fullName.includes("skipped: kernel:");
}
