import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { isRoot, lacksTool, run } from "../faults/host-tools.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { SWITCH_PROGRAM } from "../native/switch-program.ts";
import type { LinkRule, Place } from "./link-rule.ts";
import type { Network, Seat } from "./network.ts";

const PORT = 7400;
const PERL = "perl";
const TUN = "/dev/net/tun";
/** A device of ours, in a namespace that ends with the try. */
const PROBE =
  `open(my $tap, "+<", "${TUN}") or die; ` +
  `my $request = pack("a16s", "probe", 0x1002) . "\\0" x 22; ` +
  `ioctl($tap, 0x400454ca, $request) or die;`;

/** Why this machine has no namespaces with TAP devices; undefined: it has. */
export function lacksNamespaces(): string | undefined {
  if (!isRoot()) return "kernel: network namespaces need root";
  const lacking = ["ip", "nsenter", PERL].map(lacksTool).find((why) => why !== undefined);
  if (lacking !== undefined) return lacking;
  if (!existsSync(TUN)) return `kernel: no ${TUN}`;
  try {
    run("unshare", "-m", "-n", PERL, "-e", PROBE);
    return undefined;
  } catch {
    return "kernel: no namespaces with TAP devices";
  }
}

/**
 * Each replica in a network namespace of its own, with the kernel's own TCP, on one switch of ours:
 * what is lost, late or damaged are packets, as on a real network. The clients' device stands in
 * the machine's own namespace, in the range that is set aside for benchmarks (RFC 2544); it goes
 * with the switch.
 */
export class NamespaceNetwork implements Network {
  readonly tier = "namespaces";
  readonly how = "a switch of our own between network namespaces";
  readonly seats: readonly Seat[];
  touchedCount = 0;
  readonly #switch: ChildProcess;
  readonly #names: readonly string[];
  readonly #addresses: readonly string[];

  private constructor(names: readonly string[], addresses: readonly string[], child: ChildProcess) {
    this.#names = names;
    this.#addresses = addresses;
    this.#switch = child;
    this.seats = names.map((name, index) => ({
      address: `${addresses[index]}:${PORT}`,
      listen: `${addresses[index]}:${PORT}`,
      prefix: ["nsenter", `--net=/run/netns/${name}`],
    }));
    child.stdin?.on("error", () => undefined);
  }

  /** @throws Error when a tool fails; what was made by then is in the ledger */
  static async open(seatCount: number, seed: number, ledger: Ledger): Promise<NamespaceNetwork> {
    const names = Array.from({ length: seatCount }, (_, index) => `qc-${ledger.id}-${index}`);
    // Its own net for each run that is under way at a time, with luck; a taken one is told by `ip`.
    const net = `198.18.${Number.parseInt(ledger.id.slice(0, 2), 16)}`;
    const places = [...names, "clients"];
    const devices = places.map((_, place) => `qc${ledger.id}-${place}`);
    const addresses = places.map((_, place) => `${net}.${place + 1}`);
    const child = spawn(PERL, ["-e", SWITCH_PROGRAM, `${seed}`, ...devices], {
      stdio: ["pipe", "pipe", "inherit"],
      // Ctrl-C is for whoever heals; it ends with its standard input.
      detached: true,
    });
    ledger.noteProcess(child.pid);
    const network = new NamespaceNetwork(names, addresses.slice(0, seatCount), child);
    await network.#ready();
    for (const [place, device] of devices.entries()) {
      const name = names[place];
      if (name !== undefined) {
        ledger.note({ type: "namespace", name });
        run("ip", "netns", "add", name);
        run("ip", "link", "set", device, "netns", name);
      }
      const inside = name === undefined ? [] : ["-n", name];
      const hardware = `02:00:00:00:00:${place.toString(16).padStart(2, "0")}`;
      run("ip", ...inside, "link", "set", device, "address", hardware);
      run("ip", ...inside, "addr", "add", `${addresses[place]}/24`, "dev", device);
      run("ip", ...inside, "link", "set", device, "up");
      if (name !== undefined) run("ip", ...inside, "link", "set", "lo", "up");
    }
    return network;
  }

  shape(from: Place, to: Place, rule: LinkRule | undefined): void {
    const link = `${this.#placeOf(from)} ${this.#placeOf(to)}`;
    this.#switch.stdin?.write(`${link}${rule === undefined ? "" : ` ${textOf(rule)}`}\n`);
  }

  /** The kernel ends them, and tells both sides. */
  reset(left: Place, right: Place): void {
    const [name, address] = [this.#names[Number(left)], this.#addresses[Number(right)]];
    if (name === undefined || address === undefined) return;
    run("nsenter", `--net=/run/netns/${name}`, "ss", "-K", "dst", address);
  }

  clear(): void {
    const places: Place[] = [...this.#names.keys(), "clients"];
    for (const from of places) for (const to of places) this.shape(from, to, undefined);
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#switch.once("exit", resolve));
    if (this.#switch.exitCode === null && this.#switch.signalCode === null) {
      this.#switch.kill("SIGKILL");
      await ended;
    }
    for (const name of this.#names) {
      if (existsSync(`/run/netns/${name}`)) run("ip", "netns", "del", name);
    }
  }

  #placeOf(place: Place): number {
    return place === "clients" ? this.#names.length : place;
  }

  /** Its devices are there. */
  #ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#switch.once("exit", () => reject(new Error("the switch ended")));
      createInterface({ input: this.#switch.stdout! }).on("line", (line) => {
        const [word, count] = line.split(" ");
        if (word === "ready") resolve();
        else this.touchedCount = Number(count);
      });
    });
  }
}

function textOf(rule: LinkRule): string {
  const { delayMs = 0, jitterMs = 0, lossShare = 0, duplicateShare = 0 } = rule;
  const { reorderShare = 0, corruptShare = 0, bytesPerSecond = 0, cut = false } = rule;
  const times = [delayMs, jitterMs, lossShare, duplicateShare];
  return [cut ? 1 : 0, ...times, reorderShare, corruptShare, bytesPerSecond].join(" ");
}
