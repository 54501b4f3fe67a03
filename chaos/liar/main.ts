import { dirname, join } from "node:path";
import { readKeyFile } from "../../base/host/key-file.ts";
import type { Epoch, ReplicaIndex } from "../../base/types.ts";
import { closeInTime, untilToldToEnd } from "../../cluster/cli/until-told-to-end.ts";
import { folderLayout } from "../../node/folder-layout.ts";
import { runReplica } from "../../node/run-replica.ts";
import { FrameLiar, isFrameLie } from "./frame-liar.ts";
import type { RetiredKeys } from "./forger.ts";
import { everyLie, SAYS_NO_LIE } from "./lies.ts";
import type { LiePlan } from "./lies.ts";
import { runLyingReplica } from "./run-lying-replica.ts";

/**
 * A replica as a process of its own that lies once it is told to: `main.js FOLDER LIES`. Over its
 * channel it hears "lie" and "be honest", and says how often it has lied.
 */
const TELL_MS = 100;

const PLANS: Readonly<Record<string, Partial<LiePlan>>> = {
  equivocate: { equivocation: "one" },
  "equivocate-to-each": { equivocation: "each" },
  "wrong-statements": { statements: true },
  "cheat-clients": {
    ...{ reads: everyLie().reads, roots: "old", submits: "forged-execution" },
    ...{ probes: true, blobs: true },
  },
  "forged-roots": { roots: "forged", submits: "false-refusal", reads: everyLie().reads },
  // Nothing else: whoever is caught in another lie is not asked again.
  "one-signer": { reads: ["forged-receipt"], names: "own" },
  everything: everyLie(),
};

/** Of the first epoch, once three of its members were replaced and their folders left lying about. */
function retiredKeys(folder: string): RetiredKeys {
  const signers = [0, 1, 2].map((index) => {
    const key = readKeyFile(folderLayout(join(dirname(folder), `node-${index}`)).keyFile);
    return { author: index as ReplicaIndex, sign: (message: Uint8Array) => key.sign(message) };
  });
  return { epoch: 0 as Epoch, signers };
}

function planOf(folder: string, name: string): Partial<LiePlan> {
  if (name === "retired-keys") return { reads: ["forged-receipt"], names: retiredKeys(folder) };
  const lies = PLANS[name];
  if (lies === undefined) throw new Error(`no lies are called ${name}`);
  return lies;
}

interface Lying {
  close(): Promise<void>;
  lie(isLying: boolean): void;
  told(): number;
}

async function begin(folder: string, name: string): Promise<Lying> {
  if (isFrameLie(name)) return beginFrameLiar(folder, name);
  const lies = planOf(folder, name);
  const replica = await runLyingReplica(folder, { ...SAYS_NO_LIE });
  return {
    close: () => replica.close(),
    lie: (isLying) => void Object.assign(replica.plan, SAYS_NO_LIE, isLying ? lies : {}),
    told: () => replica.told.sum,
  };
}

async function beginFrameLiar(folder: string, name: string): Promise<Lying> {
  let liar: FrameLiar | undefined;
  const replica = await runReplica({
    folder,
    disguise: {
      transport: (transport) => (liar = new FrameLiar(transport, name)),
      answer: (_kind, body) => body,
      blobs: (blobs) => blobs,
    },
  });
  return {
    close: () => replica.close(),
    lie: (isLying) => void (liar!.isLying = isLying),
    told: () => liar!.toldCount,
  };
}

const [, , folder = "", lies = ""] = process.argv;
const ended = untilToldToEnd();
const lying = await begin(folder, lies);
process.on("message", (text) => lying.lie(text === "lie"));
const telling = setInterval(() => process.send?.({ told: lying.told() }), TELL_MS);
await ended;
clearInterval(telling);
await closeInTime(lying);
process.exit(0);
