import { criticalPath } from "../model/causality.ts";
import type { Cone } from "../model/causality.ts";
import { askEntry } from "../feed/ask-entry.ts";
import { eachCause } from "../model/children.ts";
import { entryNamesOf, wroteProof } from "../model/entry-names.ts";
import { explainInstance } from "../model/explain-instance.ts";
import { hasMember } from "../model/instances.ts";
import type { Instance, MemberSet } from "../model/instances.ts";
import { NONE } from "../model/event-table.ts";
import { kindName, SEVERITIES } from "../model/kinds.ts";
import type { Recording } from "../model/recording.ts";
import type { ThemeName } from "../scene/themes.ts";
import { eventName } from "../../base/journal/journal-event.ts";
import { EntryCards } from "./entry-cards.ts";
import { kindIcon, shapeIcon } from "./mark-icon.ts";
import { formatCount, formatOffset, make } from "./page.ts";

export interface EventView {
  readonly recording: Recording;
  readonly row: number | undefined;
  readonly cone: Cone | undefined;
  readonly theme: ThemeName;
}

/** What stands in a panel at most; the rest is counted. */
const LINKS_MAX = 12;
const PATH_SHOWN_MAX = 24;

/** The selected event: what it says, what its sequence lacks, what led to it, what it led to. */
export class EventPanel {
  readonly #root: HTMLElement;
  readonly #onSelect: (row: number) => void;
  readonly #cards = new EntryCards(askEntry);

  constructor(root: HTMLElement, onSelect: (row: number) => void) {
    this.#root = root;
    this.#onSelect = onSelect;
  }

  draw(view: EventView | undefined): void {
    if (view === undefined || view.row === undefined) {
      this.#root.replaceChildren(...(view === undefined ? [] : this.#overview(view)));
      return;
    }
    const { recording, row } = view;
    const { table } = recording;
    const slot = table.slot.at(row);
    const instance = slot === NONE ? undefined : recording.instances.find(slot);
    this.#root.replaceChildren(
      ...this.#head(view, row),
      ...(instance === undefined ? [] : instanceParts(view, instance)),
      ...this.#entries(recording, row),
      ...this.#causes(view, row),
      ...this.#path(view, row),
    );
  }

  #head({ recording, theme }: EventView, row: number): HTMLElement[] {
    const { table, index } = recording;
    const kind = kindName(table.kind.at(row));
    const facts = make("dl", { class: "facts" });
    const fact = (name: string, value: string): void => {
      facts.append(make("dt", { text: name }), make("dd", { text: value }));
    };
    fact("time", formatOffset(table.time.at(row) - index.from));
    for (const [name, value] of Object.entries(table.detailOf(row))) fact(name, String(value));
    fact("causal depth", formatCount(index.depth[row] as number));
    return [
      make("h2", {}, kindIcon(kind, theme), kind),
      make("p", { class: "sub mono", text: eventName(table.idOf(row)) }),
      facts,
    ];
  }

  /** Only a running cluster can be asked for a receipt. */
  #entries(recording: Recording, row: number): HTMLElement[] {
    if (recording.table.header.origin !== "live") return [];
    return this.#cards.draw(entryNamesOf(recording, row));
  }

  #causes(view: EventView, row: number): HTMLElement[] {
    const { recording, cone } = view;
    const causes: number[] = [];
    eachCause(recording.table, row, (cause) => causes.push(cause));
    const { start, rows } = recording.children;
    const effects = [...rows.subarray(start[row], start[row + 1])];
    const plus = cone?.truncated === true ? "+" : "";
    const counted = (set: ReadonlySet<number> | undefined): string =>
      set === undefined ? "" : ` · ${formatCount(set.size)}${plus} in all`;
    return [
      make("h3", { text: `Direct causes${counted(cone?.ancestors)}` }),
      this.#links(view, causes, "the beginning of its author's journal"),
      make("h3", { text: `Direct effects${counted(cone?.descendants)}` }),
      this.#links(view, effects, "nothing that was recorded"),
    ];
  }

  #path(view: EventView, row: number): HTMLElement[] {
    const { recording } = view;
    const path = criticalPath(recording, row);
    if (path.length < 3) return [];
    const { time } = recording.table;
    const shown = path.slice(-PATH_SHOWN_MAX);
    const list = make("ol", { class: "steps", attributes: { id: "critical-path" } });
    for (const [at, step] of shown.entries()) {
      const before = at === 0 ? undefined : shown[at - 1];
      const waited = before === undefined ? "" : formatOffset(time.at(step) - time.at(before));
      list.append(make("li", {}, this.#link(view, step, waited)));
    }
    const span = time.at(row) - time.at(shown[0] as number);
    return [
      make("h3", { text: `Critical path · ${formatOffset(span)} over ${shown.length} steps` }),
      list,
    ];
  }

  #links(view: EventView, rows: readonly number[], none: string): HTMLElement {
    if (rows.length === 0) return make("p", { class: "sub", text: none });
    const list = make("div", { class: "links" });
    for (const row of rows.slice(0, LINKS_MAX)) list.append(this.#link(view, row, ""));
    if (rows.length > LINKS_MAX) {
      list.append(make("p", { class: "sub", text: `and ${rows.length - LINKS_MAX} more` }));
    }
    return list;
  }

  #link({ recording, theme }: EventView, row: number, when: string): HTMLElement {
    const { table } = recording;
    const kind = kindName(table.kind.at(row));
    const button = make("button", { attributes: { type: "button" } }, kindIcon(kind, theme));
    button.append(make("span", { text: `${kind} · ${table.laneName(table.lane.at(row))}` }));
    if (when !== "") button.append(make("span", { class: "when", text: when }));
    button.addEventListener("click", () => this.#onSelect(row));
    return button;
  }

  #comparison(view: EventView): HTMLElement[] {
    const { comparison } = view.recording;
    if (comparison === undefined) return [];
    const { title, onlyHereCount, onlyThereCount, firstRow } = comparison;
    const counts = `${formatCount(onlyHereCount)} events only here, ${formatCount(onlyThereCount)} only there`;
    return [
      make("h3", { text: `Compared with ${title}` }),
      make("p", { class: "sub", text: counts, attributes: { id: "comparison" } }),
      this.#links(view, firstRow === NONE ? [] : [firstRow], "all of it is there as well"),
    ];
  }

  /** Nothing is selected: the recording as a whole, and a way in. */
  #overview(view: EventView): HTMLElement[] {
    const { recording } = view;
    const { header, count } = recording.table;
    const facts = make("dl", { class: "facts" });
    const fact = (name: string, value: string): void => {
      facts.append(make("dt", { text: name }), make("dd", { text: value }));
    };
    fact("from", header.origin);
    if (header.seed !== undefined) fact("seed", String(header.seed));
    const { epoch, members, faultyMax, quorum } = recording.configurations.newest;
    fact("replicas", `${members.length}, of which ${faultyMax} may lie`);
    fact("quorum", String(quorum));
    if (epoch > 0) fact("epoch", `${epoch}: replicas ${members.join(", ")}`);
    fact("events", formatCount(count));
    fact("span", formatOffset(recording.index.to - recording.index.from).slice(1));
    const notable = [...recording.index.notable].map(
      (place) => recording.index.order[place] as number,
    );
    // The worst first; the order of time is kept among equals.
    const severity = (row: number): number => SEVERITIES[recording.table.kind.at(row)] as number;
    notable.sort((left, right) => severity(right) - severity(left));
    return [
      make("h2", { text: header.title }),
      facts,
      ...this.#comparison(view),
      make("h3", { text: `What stands out · ${formatCount(notable.length)}` }),
      this.#links(view, notable.slice(0, LINKS_MAX), "nothing went wrong"),
      make("p", {
        class: "sub",
        text: notable.length > LINKS_MAX ? "N steps through all of them." : "",
      }),
    ];
  }
}

/** Why is this not committed? Or: who made it so. */
function instanceParts(view: EventView, instance: Instance): HTMLElement[] {
  const { recording } = view;
  const explanation = explainInstance(recording, instance);
  const verdict = make("div", {
    class: "verdict",
    data: { stage: explanation.stage },
    attributes: { id: "verdict" },
  });
  for (const sentence of explanation.sentences) verdict.append(make("p", { text: sentence }));
  if (wroteProof(recording, instance)) {
    verdict.append(make("p", { text: "It wrote a proof, which a quorum had checked." }));
  }
  return [
    make("h3", { text: `Sequence ${instance.slot}` }),
    verdict,
    votes(view, instance, "prepares", instance.prepares),
    votes(view, instance, "commits", instance.commits),
    votes(view, instance, "statements", instance.signers),
  ];
}

function votes(
  { recording, theme }: EventView,
  { slot }: Instance,
  title: string,
  set: MemberSet,
): HTMLElement {
  const row = make("div", { class: "chips" }, make("span", { class: "sub", text: title }));
  for (const member of recording.configurations.of(slot).members) {
    const has = hasMember(set, member);
    const chip = make(
      "span",
      { class: "chip", data: { has: has ? "yes" : "no" } },
      shapeIcon(has ? "square" : "circle", has ? "green" : "muted", theme),
      String(member),
    );
    chip.title = `replica ${member} ${has ? "signed" : "is not seen to have signed"}`;
    row.append(chip);
  }
  return row;
}
