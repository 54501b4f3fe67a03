import { EVENT_KINDS } from "../../base/journal/journal-event.ts";
import type { EventKind } from "../../base/journal/journal-event.ts";

/** How much a person wants to know of it. Nothing from `NOTABLE` up is ever left out of a picture. */
export const ROUTINE = 0;
export const PROTOCOL = 1;
export const CERTIFICATE = 2;
export const NOTABLE = 3;
export const TROUBLE = 4;
export const ALARM = 5;

/** Each shape is drawn by the points' shader under its number here. */
export const SHAPES = [
  "dot",
  "circle",
  "square",
  "diamond",
  "triangle",
  "wedge",
  "cross",
  "plus",
  "star",
  "hexagon",
] as const;
export type Shape = (typeof SHAPES)[number];

/** Colours are named here and have their values in each theme. */
export type Tone =
  | "muted"
  | "blue"
  | "sky"
  | "green"
  | "yellow"
  | "orange"
  | "vermilion"
  | "purple"
  | "ink";

export interface KindLook {
  readonly severity: number;
  readonly shape: Shape;
  readonly tone: Tone;
  /** Of the legend: kinds of one group stand together. */
  readonly group: "messages" | "agreement" | "view" | "trouble" | "clients";
}

/** Shape and tone differ together, so that nobody needs to tell colours apart. */
export const LOOKS: Readonly<Record<EventKind, KindLook>> = {
  request: look(PROTOCOL, "circle", "ink", "clients"),
  answer: look(PROTOCOL, "hexagon", "ink", "clients"),
  sent: look(ROUTINE, "dot", "muted", "messages"),
  received: look(ROUTINE, "dot", "muted", "messages"),
  proposed: look(PROTOCOL, "diamond", "blue", "agreement"),
  voted: look(PROTOCOL, "circle", "blue", "agreement"),
  prepared: look(PROTOCOL, "triangle", "sky", "agreement"),
  committed: look(PROTOCOL, "square", "sky", "agreement"),
  executed: look(PROTOCOL, "dot", "green", "agreement"),
  certified: look(CERTIFICATE, "hexagon", "green", "agreement"),
  "view-change": look(NOTABLE, "wedge", "yellow", "view"),
  "new-view": look(NOTABLE, "star", "yellow", "view"),
  timer: look(ROUTINE, "plus", "muted", "view"),
  suspicion: look(TROUBLE, "wedge", "orange", "trouble"),
  fault: look(TROUBLE, "cross", "orange", "trouble"),
  heal: look(NOTABLE, "plus", "green", "trouble"),
  violation: look(ALARM, "star", "vermilion", "trouble"),
  evidence: look(ALARM, "diamond", "purple", "trouble"),
  halt: look(ALARM, "square", "vermilion", "trouble"),
  crash: look(TROUBLE, "cross", "vermilion", "trouble"),
  restart: look(NOTABLE, "triangle", "green", "trouble"),
  checkpoint: look(CERTIFICATE, "square", "green", "agreement"),
  transfer: look(NOTABLE, "triangle", "purple", "view"),
  refused: look(PROTOCOL, "cross", "muted", "clients"),
  epoch: look(NOTABLE, "diamond", "yellow", "view"),
  quarantine: look(ALARM, "wedge", "purple", "trouble"),
  dispute: look(TROUBLE, "diamond", "orange", "trouble"),
};

function look(severity: number, shape: Shape, tone: Tone, group: KindLook["group"]): KindLook {
  return { severity, shape, tone, group };
}

const KIND_NUMBERS: ReadonlyMap<string, number> = new Map(
  EVENT_KINDS.map((kind, number) => [kind, number]),
);

export function kindNumber(kind: EventKind): number {
  return KIND_NUMBERS.get(kind) as number;
}

export function kindName(number: number): EventKind {
  return EVENT_KINDS[number] as EventKind;
}

/** By kind's number, for loops over many events. */
export const SEVERITIES: Uint8Array = Uint8Array.from(
  EVENT_KINDS.map((kind) => LOOKS[kind].severity),
);
