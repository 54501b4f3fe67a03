/** An element that index.html has; anything else is our own mistake. */
export function part(id: string): HTMLElement {
  return partOf(id, HTMLElement);
}

export function partOf<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no #${id} of that kind`);
  return element;
}

/** An element with its text and children; never HTML, since recordings come from anywhere. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  of: {
    readonly class?: string;
    readonly text?: string;
    readonly data?: Readonly<Record<string, string>>;
    readonly attributes?: Readonly<Record<string, string>>;
  } = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (of.class !== undefined) element.className = of.class;
  if (of.text !== undefined) element.textContent = of.text;
  for (const [name, value] of Object.entries(of.data ?? {})) element.dataset[name] = value;
  for (const [name, value] of Object.entries(of.attributes ?? {}))
    element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Thin spaces between thousands. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

/** From the recording's beginning: "+1.250 s". */
export function formatOffset(ms: number): string {
  const sign = ms < 0 ? "−" : "+";
  const size = Math.abs(ms);
  if (size < 10) return `${sign}${size.toFixed(2)} ms`;
  if (size < 1000) return `${sign}${size.toFixed(size < 100 ? 1 : 0)} ms`;
  if (size < 120_000) return `${sign}${(size / 1000).toFixed(3)} s`;
  const minutes = Math.floor(size / 60_000);
  return `${sign}${minutes}:${((size % 60_000) / 1000).toFixed(1).padStart(4, "0")} min`;
}
