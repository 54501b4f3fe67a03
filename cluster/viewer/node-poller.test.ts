import { once } from "node:events";
import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { eventually } from "../../node/testing/eventually.ts";
import { NodePoller } from "./node-poller.ts";
import type { NodeSample } from "./node-poller.ts";

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
}

it("asks every node again and again, and waits for none that does not answer well", async () => {
  let asked = 0;
  const well = await serve((_request, response) => {
    response.end(`quorate_memory_bytes ${++asked}\n`);
  });
  const badly = await serve((_request, response) => response.writeHead(500).end());
  const endless = await serve((_request, response) => {
    const line = `quorate_memory_bytes 1\n`.repeat(10_000);
    const more = (): void => {
      while (response.write(line));
    };
    response.on("drain", more);
    more();
  });
  const rounds: (readonly NodeSample[])[] = [];
  const poller = new NodePoller(
    () => [
      { name: "replica-0", url: well },
      { name: "replica-1", url: badly },
      { name: "replica-2", url: endless },
      { name: "replica-3", url: "http://127.0.0.1:1/metrics" },
    ],
    (samples) => rounds.push(samples),
  );
  onTestFinished(() => poller.close());
  // However slow the machine: the one that answers is heard twice in the end, the others never.
  const heard = (): NodeSample[] => rounds.flat();
  await eventually(() => heard().length >= 2);
  expect(new Set(heard().map(({ name }) => name))).toEqual(new Set(["replica-0"]));
  const [first, second] = heard();
  expect(second?.values["memoryBytes"]).toBeGreaterThan(first?.values["memoryBytes"] as number);
});
