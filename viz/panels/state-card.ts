import { formatCount, part, partOf } from "./page.ts";

/** What stands in the picture's place while there is none. */

export function hideState(): void {
  part("state").hidden = true;
}

export function showLoading(name: string): void {
  showWaiting(`Opening ${name}`, "");
  const progress = partOf("state-progress", HTMLProgressElement);
  progress.hidden = false;
  progress.removeAttribute("value");
  progress.setAttribute("aria-label", `Opening ${name}`);
}

export function showProgress(fraction: number | undefined, events: number): void {
  const progress = partOf("state-progress", HTMLProgressElement);
  if (fraction !== undefined) progress.value = Math.min(1, fraction);
  part("state-text").textContent = `${formatCount(events)} events`;
}

export function showWaiting(title: string, text: string): void {
  part("state").hidden = false;
  part("state-title").textContent = title;
  part("state-text").textContent = text;
  part("state-progress").hidden = true;
  part("state-open").hidden = true;
  part("state-hint").hidden = true;
}

/** `another` offers to open something else. */
export function showFailure(title: string, text: string, another = true): void {
  showWaiting(title, text);
  part("state-open").hidden = !another;
}
