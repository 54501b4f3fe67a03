import { Counter, Gauge, Registry } from "prom-client";
import type { ReplicaStatus } from "../status.ts";
import type { TimeStatus } from "../time/time-status.ts";
import type { Figures } from "./figures.ts";
import type { Tally } from "./tally.ts";

export interface MetricSources {
  readonly figures: Figures;
  readonly status: () => ReplicaStatus;
  readonly inputQueueLength: () => number;
  /** Signatures really checked. */
  readonly verifications: () => number;
  readonly sendQueues: () => readonly {
    readonly index: number;
    readonly queuedBytes: number;
  }[];
  /** Counters of the store, by name: bytes written, rows damaged, … */
  readonly store: () => Readonly<Record<string, number>>;
  /** Pieces of evidence by whom they accuse. */
  readonly evidence: () => Readonly<Record<string, number>>;
  readonly time: () => TimeStatus;
}

type Plain = {
  [Name in keyof Figures]: Figures[Name] extends number ? Name : never;
}[keyof Figures];

const PLAIN: readonly (readonly [Plain, string, string])[] = [
  ["signatures", "quorate_signatures_total", "Ed25519 signatures made"],
  ["turns", "quorate_turns_total", "Turns of the event loop that stepped the state machine"],
  ["flushes", "quorate_flushes_total", "Flushes of the promise log (fdatasync)"],
  ["votes", "quorate_votes_total", "Votes signed, before packing"],
  ["inputs", "quorate_inputs_total", "Inputs stepped"],
  ["batches", "quorate_batches_total", "Batches executed"],
  ["writeSets", "quorate_write_sets_total", "Write sets executed or refused by execution"],
  ["writes", "quorate_writes_total", "Writes of executed write sets"],
  ["viewChanges", "quorate_view_changes_total", "Views entered after the first"],
  ["transfers", "quorate_transfers_total", "State transfers finished"],
  ["valuesFetched", "quorate_values_fetched_total", "Missing values fetched from peers"],
  ["rowsRepaired", "quorate_rows_repaired_total", "Damaged rows and values repaired from peers"],
  ["uploads", "quorate_uploads_total", "Values uploaded by clients"],
];

const TALLIES: readonly (readonly [keyof Figures, string, string, string])[] = [
  ["drops", "quorate_dropped_total", "Input not taken in", "reason"],
  ["framesReceived", "quorate_frames_received_total", "Frames from peers", "kind"],
  ["framesSent", "quorate_frames_sent_total", "Frames to peers", "kind"],
  ["submits", "quorate_submits_total", "Write sets answered to clients", "outcome"],
  ["reads", "quorate_reads_total", "Reads answered to clients", "outcome"],
  [
    "blobBytes",
    "quorate_blob_bytes_total",
    "Bytes of values uploaded and downloaded, plain and as they travelled",
    "what",
  ],
  [
    "notAccepted",
    "quorate_writes_not_accepted_total",
    "Writes that execution did not simply accept",
    "outcome",
  ],
  [
    "checks",
    "quorate_proofs_checked_total",
    "Proofs checked before they were acknowledged",
    "outcome",
  ],
  [
    "permitted",
    "quorate_permitted_proofs_total",
    "Questions for the proofs that a theory permits",
    "outcome",
  ],
];

/** What `/metrics` says. Numbers are read from their owners when somebody asks, never pushed. */
export function createMetrics(sources: MetricSources): Registry {
  const registry = new Registry();
  for (const [figure, name, help] of PLAIN) {
    mirror(registry, name, help, () => sources.figures[figure]);
  }
  const checked = "Ed25519 signatures checked";
  mirror(registry, "quorate_verifications_total", checked, sources.verifications);
  for (const [figure, name, help, label] of TALLIES) {
    mirrorTally(registry, { name, help, label }, () => sources.figures[figure] as Tally);
  }
  addGauges(registry, sources);
  const held = "Pieces of evidence held, by the index of whom they convict";
  mirrorRecord(registry, "quorate_evidence", held, "accused", sources.evidence);
  addTimeGauges(registry, sources.time);
  mirrorRecord(registry, "quorate_store", "Counters of the store", "what", sources.store);
  return registry;
}

function addGauges(registry: Registry, sources: MetricSources): void {
  const { status } = sources;
  const gauges: readonly (readonly [string, string, () => number])[] = [
    ["quorate_sequence", "Executed sequence", () => status().sequence],
    ["quorate_certified_sequence", "Certified sequence", () => status().certifiedSequence],
    ["quorate_view", "View", () => status().view],
    ["quorate_view_active", "1 unless a view change is under way", () => +status().active],
    ["quorate_entries", "Entries in the state", () => status().entries],
    ["quorate_clients", "Client connections", () => status().clients],
    ["quorate_peers_connected", "Peers with a proven connection", () => connected(status())],
    ["quorate_amnesiac", "1 when the promises are lost", () => +status().amnesiac],
    ["quorate_halted", "1 when the replica has latched", () => +status().halted],
    ["quorate_transferring", "1 during a state transfer", () => +status().transferring],
    ["quorate_ready", "1 when /readyz says so", () => +status().ready],
    ["quorate_input_queue_length", "Inputs that wait for a turn", sources.inputQueueLength],
    ["quorate_cpu_seconds", "Processor time of this process", cpuSeconds],
    ["quorate_memory_bytes", "Resident memory", () => process.memoryUsage.rss()],
    ["quorate_disk_written_bytes", "What this process had the disk write", diskWrittenBytes],
  ];
  for (const [name, help, read] of gauges) {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [registry],
      collect: () => gauge.set(read()),
    });
  }
  mirrorRecord(registry, "quorate_send_queue_bytes", "Bytes that wait for a peer", "peer", () =>
    Object.fromEntries(sources.sendQueues().map((peer) => [`${peer.index}`, peer.queuedBytes])),
  );
}

const TIME_STATES = ["FREE-RUNNING", "SYNCHRONISED", "HOLDOVER", "DISRUPTED"] as const;

function addTimeGauges(registry: Registry, time: () => TimeStatus): void {
  const milliseconds =
    "Of the clock: its bound, the machine's clock less it, the logical one's lead";
  mirrorRecord(registry, "quorate_clock_milliseconds", milliseconds, "what", () => {
    const { errorMs, machineMs, leadMs } = time();
    return { ...(errorMs === null ? {} : { error: errorMs }), machine: machineMs, lead: leadMs };
  });
  const states = "1 for the state that the clock is in (docs/time.md)";
  mirrorRecord(registry, "quorate_clock_state", states, "state", () => {
    const { state } = time();
    return Object.fromEntries(TIME_STATES.map((name) => [name, +(name === state)]));
  });
  const flags = "1 while the clock may judge others' times, and while its bound is too large to";
  mirrorRecord(registry, "quorate_clock", flags, "what", () => {
    const { certain, degraded } = time();
    return { certain: +certain, degraded: +degraded };
  });
  mirrorRecord(registry, "quorate_time_servers", "Time servers by verdict", "verdict", () => {
    const counts: Record<string, number> = {};
    for (const { verdict } of time().servers) counts[verdict] = (counts[verdict] ?? 0) + 1;
    return counts;
  });
}

function connected(status: ReplicaStatus): number {
  return status.peers.filter((peer) => peer.connected).length;
}

/** The system counts in sectors. */
function diskWrittenBytes(): number {
  return process.resourceUsage().fsWrite * 512;
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function mirror(registry: Registry, name: string, help: string, read: () => number): void {
  const counter: Counter = new Counter({
    name,
    help,
    registers: [registry],
    collect: () => {
      counter.reset();
      counter.inc(read());
    },
  });
}

function mirrorTally(
  registry: Registry,
  named: { readonly name: string; readonly help: string; readonly label: string },
  read: () => Tally,
): void {
  const { name, help, label } = named;
  const counter: Counter = new Counter({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect: () => {
      counter.reset();
      for (const [value, count] of read().entries()) counter.inc({ [label]: value }, count);
    },
  });
}

function mirrorRecord(
  registry: Registry,
  name: string,
  help: string,
  label: string,
  read: () => Readonly<Record<string, number>>,
): void {
  const gauge: Gauge = new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect: () => {
      gauge.reset();
      for (const [value, count] of Object.entries(read())) gauge.set({ [label]: value }, count);
    },
  });
}
