import { equalBytes, toHex } from "../../../base/bytes.ts";
import type { Crypto } from "../../../consensus/crypto.ts";
import { keyText } from "../../../consensus/map/key-text.ts";
import type { Checker, CheckerFrame } from "./checker.ts";
import { demand, isBound } from "./checker.ts";

/**
 * Validity: what is executed was signed by a client. Exactly once: of each (writer, session,
 * counter) at most one write set is executed, at one sequence; nothing executed is past its end.
 */
export function exactlyOnce({ crypto }: CheckerFrame): Checker {
  const name = "validity and exactly-once";
  const issued = new Set<string>();
  const executed = new Map<string, number>();
  return {
    name,
    issued(digest) {
      issued.add(keyText(digest));
    },
    step(replica, _input, outputs) {
      if (!isBound(replica)) return;
      for (const output of outputs) {
        if (output.type !== "executed") continue;
        const { sequence, agreedTime } = output;
        for (const { writeSet, result } of output.writeSets) {
          const { header, digest } = writeSet;
          demand(
            issued.has(keyText(digest)),
            name,
            () => `nobody signed what ${sequence} executed`,
          );
          if (result === undefined) continue;
          let at = 0;
          for (const { inline, valueDigest } of writeSet.writes) {
            if (!inline) continue;
            const value = writeSet.wire.values[at++] ?? new Uint8Array(0);
            const isWhole = valueDigest !== undefined && isDigestOf(crypto, valueDigest, value);
            demand(isWhole, name, () => `${sequence} executed a value that is not what it says`);
          }
          const place = `${toHex(header.writer)}/${toHex(header.session)}/${header.counter}`;
          const before = executed.get(place);
          executed.set(place, sequence);
          demand(
            before === undefined || before === sequence,
            name,
            () => `${place} was executed at ${String(before)} and ${sequence}`,
          );
          demand(header.notAfter >= agreedTime, name, () => `${place} was executed after its end`);
        }
      }
    },
  };
}

function isDigestOf(crypto: Crypto, digest: Uint8Array, value: Uint8Array): boolean {
  return equalBytes(crypto.hash(value), digest);
}
