import {
  closeSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { Prng } from "../../base/prng.ts";
import { named } from "./fault.ts";
import type { Fault, Stage } from "./fault.ts";

/** Damage to what can be fetched again, done while its process is down. The promises are not touched. */
function damagedStore(
  kind: string,
  of: readonly number[],
  what: string,
  damage: (store: string, prng: Prng) => void,
): Fault {
  const figures: Record<string, number> = {};
  const back = async ({ cluster }: Stage): Promise<void> => {
    for (const index of of) if (cluster.pid(index) === undefined) cluster.launch(index);
    for (const index of of) await cluster.ready(index);
  };
  return {
    kind,
    figures,
    available: () => undefined,
    async inject(stage) {
      for (const index of of) {
        await stage.cluster.end(index, "SIGKILL");
        damage(join(stage.cluster.folder.nodeFolder(index), "store"), stage.prng);
      }
      const beganMs = performance.now();
      await back(stage);
      figures["backMs"] = Math.round(performance.now() - beganMs);
    },
    heal: back,
    describe: () => `${what} of ${named(of)}, then a new start`,
  };
}

export function wipedStoreFault(of: readonly number[]): Fault {
  return damagedStore("wiped-store", of, "the store removed", (store) => {
    rmSync(store, { recursive: true });
  });
}

export function truncatedStoreFault(of: readonly number[]): Fault {
  return damagedStore("truncated-store", of, "the index cut in the middle", (store) => {
    for (const file of filesBelow(join(store, "index"))) {
      truncateSync(file, Math.floor(statSync(file).size / 2));
    }
  });
}

export function bitRotFault(of: readonly number[], flipCount: number): Fault {
  return damagedStore("bit-rot", of, `${flipCount} bits turned in the store`, (store, prng) => {
    // Every other one in the largest file; else small ones would have nearly all of them.
    const files = filesBelow(store).filter((file) => statSync(file).size > 0);
    const largest = files.toSorted((left, right) => statSync(right).size - statSync(left).size)[0]!;
    for (let flip = 0; flip < flipCount; flip++) {
      turnBit(flip % 2 === 0 ? largest : files[prng.below(files.length)]!, prng);
    }
  });
}

function turnBit(file: string, prng: Prng): void {
  const handle = openSync(file, "r+");
  try {
    const at = prng.below(statSync(file).size);
    const byte = new Uint8Array(1);
    readSync(handle, byte, 0, 1, at);
    byte[0]! ^= 1 << prng.below(8);
    writeSync(handle, byte, 0, 1, at);
  } finally {
    closeSync(handle);
  }
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
