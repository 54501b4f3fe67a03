// npm test: everything but the real build tools. npm run test:tools: those.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { prepare, root, run } from "./prepare.js";

const args = process.argv.slice(2);
const tools = args[0] === "--tools";
/** More than these failing at once is no accident of the machine. */
const AGAIN_COUNT_MAX = 3;
/** Of what a failed test said, in the summary; the whole of it stands above. */
const REASON_LINES_MAX = 6;
const COMPUTES = /^(base|consensus|proof|chaos\/(simulation|twins|checkers))\/|tidy/;
await prepare();

const folder = mkdtempSync(join(tmpdir(), "quorate-test-"));
const first = runTests(tools ? args.slice(1) : args, "report.json");
const again = filesToRunAgain(first.files ?? []);
if (again.length > 0) console.log(`run once more, alone: ${again.join(" ")}`);
const last = again.length > 0 ? runTests(again, "again.json") : undefined;
process.exitCode = summarize(first, last);
rmSync(folder, { recursive: true, force: true });

/** Vitest's exit code and what it reports of each file; undefined: it wrote no report. */
function runTests(rest, name) {
  const file = join(folder, name);
  const status = run("vitest/vitest.mjs", [
    "run",
    ...(tools ? ["--config", "vitest.tools.config.ts"] : []),
    ...rest,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
  ]);
  try {
    return { status, files: JSON.parse(readFileSync(file, "utf8")).testResults };
  } catch {
    return { status: status || 1, files: undefined };
  }
}

/**
 * Tests with real disks, sockets, processes, browsers and tools share the machine with whatever else
 * it does. Such a file that failed runs once more by itself, to tell whoever mends it whether it
 * always fails; it stays failed. What only computes cannot fail by accident.
 */
function filesToRunAgain(files) {
  const failed = files.filter(hasFailed).map(({ name }) => relative(root, name));
  const isReal = failed.every((name) => !COMPUTES.test(name));
  return isReal && failed.length <= AGAIN_COUNT_MAX ? failed : [];
}

function hasFailed(file) {
  return (
    file.status === "failed" || file.assertionResults.some(({ status }) => status === "failed")
  );
}

/** Says what was skipped and why, and closes with the counts. Answers the exit code. */
function summarize({ status, files }, repeated) {
  if (files === undefined) {
    console.log("the test runner wrote no report");
    console.log("0 passed, 1 failed");
    return status;
  }
  for (const file of files.filter(hasFailed)) nameFailed(file);
  for (const file of repeated?.files ?? []) if (!hasFailed(file)) nameFlaky(file.name);
  const tests = files.flatMap((file) => file.assertionResults);
  const skipped = tests.filter((test) => ["skipped", "pending", "todo"].includes(test.status));
  for (const test of skipped) console.log(skipLine(test));
  const forbidden = process.env.CI === "true" ? skipped.filter((test) => !kernelLacks(test)) : [];
  if (forbidden.length > 0)
    console.log(`CI=true: ${forbidden.length} skipped tests count as failed`);
  const countOf = (wanted) => tests.filter((test) => test.status === wanted).length;
  const failedFiles = files.filter(
    (file) =>
      file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
  ).length;
  const failed = countOf("failed") + failedFiles + forbidden.length;
  const rest = skipped.length - forbidden.length;
  console.log(
    `${countOf("passed")} passed, ${failed} failed${rest > 0 ? `, ${rest} skipped` : ""}`,
  );
  return status || (failed > 0 ? 1 : 0);
}

/** Once more at the end: whoever reads a log from its end sees what failed, and how. */
function nameFailed({ name, message, assertionResults }) {
  const failed = assertionResults.filter(({ status }) => status === "failed");
  if (failed.length === 0) console.log(`failed: ${relative(root, name)}\n${reasonOf([message])}`);
  for (const { fullName, failureMessages } of failed)
    console.log(`failed: ${relative(root, name)}: ${fullName}\n${reasonOf(failureMessages)}`);
}

function reasonOf(messages) {
  const lines = stripVTControlCharacters(messages.join("\n")).split("\n");
  return lines
    .slice(0, REASON_LINES_MAX)
    .map((line) => `  ${line}`)
    .join("\n");
}

function nameFlaky(name) {
  console.log(`flaky: ${relative(root, name)} (failed once, passed alone: counts as failed)`);
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
