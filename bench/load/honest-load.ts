import { Agent, request } from "node:http";

/** A build: some connections that are kept, and one after the other that is new, as compilers make. */
const KEPT_COUNT = 4;
const PACE_MS = 5;
const BODY = Buffer.alloc(1024, "an honest compiler's");
const DEADLINE_MS = 30_000;

export interface HonestLoad {
  /** Milliseconds, of each request that was answered rightly. */
  readonly latencies: readonly number[];
  readonly failures: number;
}

/** Puts and gets 1 KiB at a steady pace for so long. */
export function honestLoad(port: number, ms: number): Promise<HonestLoad> {
  const ends = performance.now() + ms;
  return build(port, () => performance.now() < ends);
}

/** The same, as many times on each connection. */
export function honestRequests(port: number, rounds: number): Promise<HonestLoad> {
  return build(port, (round) => round < rounds);
}

async function build(port: number, goesOn: (round: number) => boolean): Promise<HonestLoad> {
  const latencies: number[] = [];
  let failures = 0;
  const compile = async (number: number): Promise<void> => {
    const agent = new Agent({ keepAlive: number < KEPT_COUNT, maxSockets: 1 });
    for (let round = 0; goesOn(round); round++) {
      const start = performance.now();
      const isPut = round % 2 === 0;
      const status = await ask(port, agent, isPut, `/cache/bench/honest-${number}-${round >> 1}`);
      if (status === 200 || status === 201) latencies.push(performance.now() - start);
      else failures++;
      await new Promise((resolve) => setTimeout(resolve, PACE_MS));
    }
    agent.destroy();
  };
  await Promise.all(Array.from({ length: KEPT_COUNT + 1 }, (_, number) => compile(number)));
  return { latencies, failures };
}

/** Its status; 0: there was no answer, or not what was put. */
function ask(port: number, agent: Agent, isPut: boolean, path: string): Promise<number> {
  return new Promise((resolve) => {
    const method = isPut ? "PUT" : "GET";
    const headers = isPut ? { "Content-Length": BODY.length } : {};
    const call = request({ host: "127.0.0.1", port, path, method, headers, agent });
    call.setTimeout(DEADLINE_MS, () => call.destroy());
    call.on("error", () => resolve(0));
    call.on("response", (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", () => resolve(0));
      response.on("end", () => {
        const isRight = isPut || Buffer.concat(parts).equals(BODY);
        resolve(isRight ? (response.statusCode ?? 0) : 0);
      });
    });
    call.end(isPut ? BODY : undefined);
  });
}
