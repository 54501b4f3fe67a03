import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Ledger } from "../ledger/ledger.ts";
import { lacksNamespaces, NamespaceNetwork } from "./namespace-network.ts";

const lacking = lacksNamespaces();
/** Whatever arrives goes back, and says first that it listens. */
const ECHO =
  "const s = require('node:dgram').createSocket('udp4');" +
  "s.on('message', (m, from) => s.send(m, from.port, from.address));" +
  "s.bind(7400, () => process.stdout.write('listening'));";

describe(`a network of namespaces${lacking === undefined ? "" : ` skipped: ${lacking}`}`, () => {
  it.skipIf(lacking !== undefined)(
    "carries what no rule holds up, loses what is cut, doubles what it is told to, and leaves nothing",
    async () => {
      const parent = mkdtempSync(join(tmpdir(), "quorate-namespaces-"));
      const network = await NamespaceNetwork.open(2, 1, Ledger.open(parent));
      const { address, prefix } = network.seats[1]!;
      const [command, ...words] = [...prefix, process.execPath, "-e", ECHO];
      const echo = spawn(command, words, { stdio: ["ignore", "pipe", "inherit"] });
      const socket = createSocket("udp4");
      const heard = new Map<string, number>();
      socket.on("message", (text) =>
        heard.set(text.toString(), (heard.get(text.toString()) ?? 0) + 1),
      );
      const until = async (what: string, holds: () => boolean): Promise<void> => {
        while (!holds()) {
          socket.send(what, 7400, address.split(":")[0]);
          await sleep(20);
        }
      };
      try {
        await new Promise((resolve) => echo.stdout.once("data", resolve));
        await until("whole", () => heard.has("whole"));
        expect(network.touchedCount).toBe(0);

        network.shape("clients", 1, { cut: true });
        await until("before the cut", () => network.touchedCount > 0);
        const touched = network.touchedCount;
        await until("cut", () => network.touchedCount > touched + 3);
        expect(heard.has("cut")).toBe(false);

        network.shape("clients", 1, undefined);
        await until("healed", () => heard.has("healed"));

        network.shape(1, "clients", { duplicateShare: 1 });
        let sent = 0;
        await until("twice", () => sent++ > 0 && (heard.get("twice") ?? 0) > sent);
      } finally {
        socket.close();
        echo.kill("SIGKILL");
        await network.close();
        rmSync(parent, { recursive: true, force: true });
      }
      expect(
        network.seats.map((seat) => seat.prefix[1]!.slice("--net=".length)).filter(existsSync),
      ).toEqual([]);
    },
  );
});
