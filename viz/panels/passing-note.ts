import { make } from "./page.ts";

/** Long enough to be read; whoever missed it does the same once more. */
const SHOWN_MS = 6000;

/** A sentence over the picture that goes by itself. It is told to readers of the screen elsewhere. */
export class PassingNote {
  readonly #element = make("p", { class: "note", attributes: { "aria-hidden": "true" } });
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(root: HTMLElement) {
    this.#element.hidden = true;
    root.append(this.#element);
  }

  show(text: string): void {
    clearTimeout(this.#timer);
    this.#element.textContent = text;
    this.#element.hidden = false;
    this.#timer = setTimeout(() => (this.#element.hidden = true), SHOWN_MS);
  }
}
