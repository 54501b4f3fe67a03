import { Command } from "commander";
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { toHex } from "../../../base/bytes.ts";
import { clusterFolder } from "../../cluster-folder.ts";
import type { FolderOptions } from "../connect-folder.ts";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished, folderOption, keyOption, timeoutOption } from "../options.ts";

export function keyRotateCommand(frame: Frame): Command {
  return finished(
    new Command("rotate")
      .description(
        "put a new key in a key's place, signed by both: the writer's, the operator's or a replica's",
      )
      .argument("<whose>", "writer, operator, a writer's key file, or a replica's folder")
      .addOption(folderOption())
      .addOption(keyOption("operator"))
      .addOption(timeoutOption())
      .action(async (whose: string, options: FolderOptions) => {
        const folder = clusterFolder(options.dir);
        const named = { writer: folder.writerKey, operator: folder.operatorKey };
        const path = whose === "writer" || whose === "operator" ? named[whose] : resolve(whose);
        const isReplica = existsSync(path) && statSync(path).isDirectory();
        const { before, after, lines } = isReplica
          ? await replica(options, path)
          : await writer(options, path);
        frame.terminal.result({ path, before: toHex(before), publicKey: toHex(after) }, [
          `old key  ${toHex(before)}`,
          `new key  ${toHex(after)}  ${path}`,
          ...lines,
        ]);
        frame.exitCode = EXIT_OK;
      }),
    ["key rotate writer", "key rotate operator", "key rotate ./quorate/node-2"],
  );
}

interface Rotated {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly lines: readonly string[];
}

async function writer(options: FolderOptions, path: string): Promise<Rotated> {
  const { rotateWriter } = await import("../rotate-writer.ts");
  const lines = ["start anew what still signs with the old one, gateways too"];
  return { ...(await rotateWriter(options, path)), lines };
}

async function replica(options: FolderOptions, path: string): Promise<Rotated> {
  const { rotateMember } = await import("../change-membership.ts");
  const { next, newcomer, left } = await rotateMember(options, path);
  const before = left!.publicKey;
  return { before, after: newcomer!.member.publicKey, lines: [`epoch    ${next.epoch}`] };
}
