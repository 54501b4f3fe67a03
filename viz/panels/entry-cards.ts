import type { EntryName } from "../model/entry-names.ts";
import type { Judged } from "../feed/judge-entry.ts";
import { make } from "./page.ts";

/** Receipts that were judged while the page is open; each some 500 bytes. */
const CARDS_MAX = 200;

/**
 * The entries that a sequence wrote: each a button until somebody asks, then a card with what its
 * receipt shows. A live page draws its panels over and over, so what was judged is kept here.
 */
export class EntryCards {
  readonly #ask: (name: EntryName) => Promise<Judged>;
  readonly #judged = new Map<string, Judged | "asking">();

  constructor(ask: (name: EntryName) => Promise<Judged>) {
    this.#ask = ask;
  }

  draw(names: readonly EntryName[]): HTMLElement[] {
    if (names.length === 0) return [];
    return [make("h3", { text: "Entries" }), ...names.map((name) => this.#card(name))];
  }

  #card(name: EntryName): HTMLElement {
    const id = `${name.namespace}/${name.key}`;
    const judged = this.#judged.get(id);
    const card = make("div", { class: "entry-card", data: { entry: id, state: stateOf(judged) } });
    if (typeof judged === "object") card.append(...cardParts(judged));
    if (judged === "asking") card.append(make("p", { class: "sub", text: "asking …" }));
    else if (judged === undefined || judged.verdict === "unknown") {
      const button = make("button", {
        class: "small",
        text: `${id}… · verify its receipt`,
        attributes: { type: "button" },
      });
      button.addEventListener("click", () => void this.#judge(name, id));
      card.append(button);
    }
    return card;
  }

  async #judge(name: EntryName, id: string): Promise<void> {
    if (this.#judged.size >= CARDS_MAX) this.#judged.clear();
    this.#judged.set(id, "asking");
    this.#replace(name, id);
    this.#judged.set(id, await this.#ask(name));
    this.#replace(name, id);
  }

  /** The panel may have been drawn anew, or show something else by now. */
  #replace(name: EntryName, id: string): void {
    for (const card of document.querySelectorAll<HTMLElement>(".entry-card")) {
      if (card.dataset["entry"] === id) card.replaceWith(this.#card(name));
    }
  }
}

function stateOf(judged: Judged | "asking" | undefined): string {
  if (judged === undefined) return "unasked";
  if (judged === "asking") return "asking";
  return judged.verdict;
}

function cardParts({ sentence, facts }: Judged): HTMLElement[] {
  const list = make("dl", { class: "facts" });
  for (const [name, value] of facts) {
    list.append(make("dt", { text: name }), make("dd", { text: value }));
  }
  return [make("p", { text: sentence }), list];
}
