/** Says whether a bar is met; a missed one makes the bench exit 1. */
export function verdict(
  what: string,
  value: number,
  kind: "at least" | "at most",
  bar: number,
): void {
  const met = kind === "at least" ? value >= bar : value <= bar;
  console.log(
    `${met ? "met   " : "MISSED"} ${what}: ${value.toFixed(2)} (${kind} ${bar.toFixed(2)})`,
  );
  if (!met) process.exitCode = 1;
}
