import { make } from "./page.ts";

const SECTIONS: readonly (readonly [
  title: string,
  rows: readonly (readonly [string, string])[],
])[] = [
  [
    "Time",
    [
      ["A D", "earlier, later"],
      ["W S", "closer, further"],
      ["0", "all of the recording"],
      ["F", "closer to the selected event"],
      ["Space", "play, pause"],
      ["[ ]", "slower, faster: ×0.1 to ×1000"],
      ["L", "follow the live feed"],
      ["Esc", "let go of playhead, selection, search"],
    ],
  ],
  [
    "Events",
    [
      [", .", "event before, next event"],
      ["← →", "the same on one lane"],
      ["↑ ↓", "the lane above, below"],
      ["N Shift+N", "next, last trouble: violation, evidence, fault, crash, view change"],
      ["E", "next violation or evidence"],
      ["G", "next fault, crash, restart"],
      ["V", "next view change"],
      ["C", "cause and effect of the selected event"],
      ["1 … 9", "the first event of that lane"],
    ],
  ],
  [
    "Picture",
    [
      ["M", "space or flat"],
      ["Q R", "turn left, right"],
      ["Z B", "turn up, down"],
      ["+ −", "nearer, further away"],
      ["T", "dark or light"],
      ["Tab", "to the table, where every event can be read"],
      ["P", "the next panel"],
      ["O", "open a recording"],
    ],
  ],
  [
    "Search ( / )",
    [
      ["type:committed", "a kind of event, or of the frames sent"],
      ["replica:2 client:* gateway:0", "a lane; lane: takes any name"],
      ["view>3 sequence<=9", "numbers of the detail"],
      ["latency>50ms", "slow answers"],
      ["key:obj* digest:ab*", "texts; * stands for anything"],
      ["motif:equivocation", "also quorum, stuck, retransmission, difference"],
      ["-type:sent", "not that"],
      ["a b or c", "both a and b, or else c"],
      ["X", "leave out what does not match"],
    ],
  ],
];

export function drawHelp(root: HTMLElement): void {
  root.replaceChildren(...SECTIONS.map(([title, rows]) => section(title, rows)));
}

function section(title: string, rows: readonly (readonly [string, string])[]): HTMLElement {
  const list = make("dl");
  for (const [keys, meaning] of rows) {
    const term = make("dt");
    if (title.startsWith("Search")) term.append(make("code", { text: keys }));
    else term.append(...keys.split(" ").flatMap((key) => [make("kbd", { text: key }), " "]));
    list.append(term, make("dd", { text: meaning }));
  }
  return make("section", {}, make("h3", { text: title }), list);
}
