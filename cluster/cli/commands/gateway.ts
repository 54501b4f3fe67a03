import { Command, Option } from "commander";
import type { GatewayOptions } from "../../../client/gateway/run-gateway.ts";
import type { Signer } from "../../../client/types.ts";
import type { GatewayChoice } from "../../launcher/plan-gateway.ts";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import {
  finished,
  GATEWAY_PORT_DEFAULT,
  parseNamespace,
  parsePort,
  reportingOption,
} from "../options.ts";
import { parseAge, parseShare, parseSize } from "../sizes.ts";

interface GatewayCommandOptions extends GatewayChoice {
  readonly detach?: true;
  readonly reporting?: true;
  readonly doors?: true;
}

export function gatewayCommand(frame: Frame): Command {
  return finished(
    withAccess(withPorts(new Command("gateway")))
      .description("serve build tools on this machine; checks every answer of the cluster")
      .option("--cluster <file>", "the cluster's public file, cluster.json")
      .option("--key <file>", "the writer's key; without it tools only read")
      .option("--cache <folder>", "cache and journal (default: quorate in the user's cache folder)")
      .addOption(
        new Option("--cache-size <size>", "of the cache on disk, like 10GiB").argParser(parseSize),
      )
      .addOption(
        new Option("--cache-age <age>", "what nobody used for so long goes, like 30d").argParser(
          parseAge,
        ),
      )
      .addOption(
        new Option("--port <port>", "for HTTP; 0 picks a free one")
          .argParser(parsePort)
          .default(GATEWAY_PORT_DEFAULT),
      )
      .option("--access-log <file>", "one JSON line for each request of a tool")
      .addOption(
        new Option(
          "--audit <share>",
          "let tools make this share of the hits again and compare, like 0.1",
        ).argParser(parseShare),
      )
      .option("--local", "without any cluster: a plain local cache")
      .option("--detach", "return as soon as it serves; `down --dir <cache folder>` ends it")
      .option("--doors", "only print which tools it serves, and what each must be told")
      .addOption(reportingOption())
      .action(async (options: GatewayCommandOptions) => {
        if (options.doors) return showDoors(frame, options.port);
        const { checkGatewayChoice } = await import("../../launcher/plan-gateway.ts");
        checkGatewayChoice(options);
        if (options.reporting) await runReported(options);
        else if (options.detach) await runDetached(frame, options);
        else await runHere(frame, options);
        frame.exitCode = EXIT_OK;
      }),
    [
      "gateway --cluster cluster.json --key writer.json --port 7480",
      "gateway --cluster cluster.json --detach",
      "gateway --local",
      "gateway --doors",
    ],
  );
}

/** The doors that have a port of their own. */
function withPorts(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--grpc-port <port>",
        "serve the Remote Execution API over gRPC too (Bazel, moon)",
      ).argParser(parsePort),
    )
    .addOption(
      new Option("--redis-port <port>", "serve Redis's protocol too; loopback only").argParser(
        parsePort,
      ),
    )
    .addOption(
      new Option("--memcached-port <port>", "the same for memcached's").argParser(parsePort),
    )
    .addOption(
      new Option(
        "--namespace <namespace>",
        "of Redis and memcached, whose keys name none",
      ).argParser(parseNamespace),
    )
    .addOption(
      new Option(
        "--peer-port <port>",
        "answer other gateways' questions for proofs here",
      ).argParser(parsePort),
    )
    .option("--peer-host <address>", "where to listen for them (default: 127.0.0.1)")
    .addOption(
      new Option("--peers <peers>", "gateways to ask, host:port, separated by commas").argParser(
        (text) => text.split(","),
      ),
    );
}

function withAccess(command: Command): Command {
  return command
    .option("--host <address>", "where to listen (default: 127.0.0.1)")
    .option("--tls-cert <file>", "serve with TLS 1.3: the certificate, PEM")
    .option("--tls-key <file>", "and its key, PEM, mode 0600")
    .option("--tokens <file>", "who may read and write what; see docs/access.md")
    .option("--allow-plain-text", "serve other machines without encryption");
}

/** For the port that a gateway would have, whether or not one runs. */
async function showDoors(frame: Frame, port: number): Promise<void> {
  const { allDoors } = await import("../../../client/gateway/doors/all-doors.ts");
  const { guideOf } = await import("../../../client/gateway/doors/guide.ts");
  const guide = guideOf(allDoors({ nixKey: undefined }), `http://127.0.0.1:${port}`);
  const lines = guide.flatMap(({ tool, where, lines }) => [
    `${tool} (${where})`,
    ...lines.map((line) => `  ${line}`),
    "",
  ]);
  frame.terminal.result({ tools: guide }, lines.slice(0, -1));
  frame.exitCode = EXIT_OK;
}

async function runHere(frame: Frame, options: GatewayCommandOptions): Promise<void> {
  const { runGateway } = await import("../../../client/gateway/run-gateway.ts");
  const { closeInTime, untilToldToEnd } = await import("../until-told-to-end.ts");
  const told = untilToldToEnd();
  const { cluster, key, cache, port } = options;
  const gateway = await runGateway({
    genesis: cluster === undefined ? undefined : await genesisText(cluster),
    signer: key === undefined ? undefined : await readSigner(key),
    folder: cache,
    accessLog: options.accessLog,
    auditShare: options.audit,
    diskBytesMax: options.cacheSize,
    diskAgeMsMax: options.cacheAge,
    port,
    redisPort: options.redisPort,
    memcachedPort: options.memcachedPort,
    peerPort: options.peerPort,
    peerHost: options.peerHost,
    peers: options.peers,
    grpcPort: options.grpcPort,
    host: options.host,
    tls: tlsFiles(options),
    tokenFile: options.tokens,
    allowPlainText: options.allowPlainText === true,
    textNamespace: options.namespace,
  });
  const { url, redisPort, memcachedPort, grpcPort, peerPort } = gateway;
  const readOnly = !options.local && key === undefined;
  const ports = { port: gateway.port, redisPort, memcachedPort, grpcPort, peerPort };
  const answer = { url, ...ports, readOnly, local: options.local === true };
  // Under a launcher standard output is a log of JSON lines.
  if (process.send === undefined) frame.terminal.result(answer, gatewayLines(url, readOnly));
  else console.log(JSON.stringify({ level: 30, time: Date.now(), ...answer, msg: "listening" }));
  await told;
  await closeInTime(gateway);
}

async function runDetached(frame: Frame, options: GatewayCommandOptions): Promise<void> {
  const { startDetached } = await import("../../launcher/detached.ts");
  const { planGateway, resolveGateway } = await import("../../launcher/plan-gateway.ts");
  const choice = await resolveGateway(options);
  // What its child would stumble over is told here, in its own words.
  if (choice.cluster !== undefined) await genesisText(choice.cluster);
  if (choice.key !== undefined) await readSigner(choice.key);
  const plan = planGateway(choice);
  const { pid } = await startDetached(plan.launcherArgs, () =>
    frame.terminal.showLive("starting the gateway …"),
  );
  const readOnly = !choice.local && choice.key === undefined;
  const url = plan.gatewayUrl ?? "";
  frame.terminal.result(
    { url, port: choice.port, readOnly, local: choice.local === true, pid, cache: choice.cache },
    [...gatewayLines(url, readOnly), `  end it   quorate down --dir ${choice.cache}`],
  );
}

async function runReported(options: GatewayCommandOptions): Promise<void> {
  const { runReporting } = await import("../../launcher/detached.ts");
  const { planGateway, resolveGateway } = await import("../../launcher/plan-gateway.ts");
  await runReporting(planGateway(await resolveGateway(options)));
}

function gatewayLines(url: string, readOnly: boolean): string[] {
  return [
    `the gateway serves${readOnly ? ", read-only" : ""}`,
    `  gateway  ${url}`,
    `  ccache   export CCACHE_REMOTE_STORAGE=${url}/cache`,
    `  others   open ${url} or run quorate gateway --doors`,
  ];
}

/** Both or neither, as `checkGatewayChoice` has seen to. */
function tlsFiles({ tlsCert, tlsKey }: GatewayChoice): GatewayOptions["tls"] {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  return { certificate: tlsCert, key: tlsKey };
}

async function genesisText(file: string): Promise<string> {
  const { readGenesisFile } = await import("../../read-genesis.ts");
  return readGenesisFile(file).text;
}

async function readSigner(file: string): Promise<Signer> {
  const { readKeyFile } = await import("../../../base/host/key-file.ts");
  return readKeyFile(file);
}
