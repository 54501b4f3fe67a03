import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toHex } from "../../base/bytes.ts";
import { readKeyFile } from "../../base/host/key-file.ts";
import { folderLayout } from "../../node/folder-layout.ts";
import { loadFolder } from "../../node/load-folder.ts";
import { clusterFolder } from "../cluster-folder.ts";
import { readClusterFolder } from "../read-genesis.ts";
import { createCluster } from "./create-cluster.ts";
import type { CreatedCluster } from "./create-cluster.ts";

const ADDRESSES = ["a:7400", "b:7400", "c:7400", "d:7400", "e:7400", "f:7400", "g:7400"];

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "quorate-init-"));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const create = (name: string, addresses: readonly string[] = ADDRESSES): CreatedCluster =>
  createCluster({ folder: join(parent, name), addresses, nowMs: 1_700_000_000_000 });

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe("a new cluster", () => {
  it("has a public file that says what was made", () => {
    const made = create("our team's cluster");
    const folder = clusterFolder(made.dir);
    const { genesis } = readClusterFolder(folder);
    expect(toHex(genesis.clusterId)).toBe(made.cluster);
    expect(genesis).toMatchObject({ name: "our-team-s-cluster", faultyMax: 2 });
    expect(genesis.members.map((member) => member.address)).toEqual(ADDRESSES);
    expect(made).toMatchObject({ n: 7, f: 2 });
  });

  it("has one folder for each replica, enough to run it", () => {
    const made = create("cluster");
    for (const { id, dir, address, publicKey } of made.replicas) {
      const loaded = loadFolder(folderLayout(dir));
      expect(loaded.founder).toBe(id);
      expect(`${loaded.listen.host}:${loaded.listen.port}`).toBe(address);
      expect(toHex(loaded.key.publicKey)).toBe(publicKey);
    }
  });

  it("enrols an operator that administers and a writer that writes everywhere, and no more", () => {
    const folder = clusterFolder(create("cluster").dir);
    const writers = readClusterFolder(folder).genesis.writers.map((writer) => ({
      ...writer,
      publicKey: toHex(writer.publicKey),
    }));
    const publicKey = (file: string): string => toHex(readKeyFile(file).publicKey);
    expect(writers).toHaveLength(2);
    expect(writers).toContainEqual({
      publicKey: publicKey(folder.operatorKey),
      operator: "operator",
      namespaces: [],
      administrator: true,
    });
    expect(writers).toContainEqual({
      publicKey: publicKey(folder.writerKey),
      operator: "writer",
      namespaces: ["*"],
      administrator: false,
    });
  });

  it("shows its secrets to nobody else", () => {
    const folder = clusterFolder(create("cluster").dir);
    for (const file of [
      folder.operatorKey,
      folder.writerKey,
      folderLayout(folder.nodeFolder(0)).keyFile,
    ]) {
      expect(modeOf(file)).toBe("600");
      expect(modeOf(join(file, ".."))).toBe("700");
    }
  });

  it("has another id each time, though all else is equal", () => {
    expect(create("one").cluster).not.toBe(create("two").cluster);
  });
});

describe("where it is made", () => {
  it("makes parents, and takes an empty folder", () => {
    mkdirSync(join(parent, "empty"));
    expect(create("empty").dir).toBe(join(parent, "empty"));
    expect(create("deep/er").dir).toBe(join(parent, "deep/er"));
  });

  it("refuses a folder that holds something, and leaves it as it is", () => {
    const before = create("cluster").cluster;
    expect(() => create("cluster")).toThrow(
      expect.objectContaining({ code: "INIT_FOLDER_EXISTS" }),
    );
    expect(readClusterFolder(clusterFolder(join(parent, "cluster"))).genesis).toBeDefined();
    expect(before).toHaveLength(64);
    expect(readdirSync(parent)).toEqual(["cluster"]);
  });

  it("refuses a file", () => {
    writeFileSync(join(parent, "file"), "mine");
    expect(() => create("file")).toThrow(expect.objectContaining({ code: "INIT_FOLDER_EXISTS" }));
    expect(readFileSync(join(parent, "file"), "utf8")).toBe("mine");
  });

  it("leaves nothing behind when it fails half-way", () => {
    expect(() => create("cluster", [...ADDRESSES.slice(0, 3), "no address"])).toThrow(
      expect.objectContaining({ code: "GENESIS_INVALID" }),
    );
    expect(existsSync(join(parent, "cluster"))).toBe(false);
    expect(readdirSync(parent)).toEqual([]);
  });
});
