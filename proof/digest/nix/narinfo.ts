import { fromNixBase32 } from "./nix-base32.ts";

/** What a store path is made of, as Nix's binary caches tell it. Without signatures. */
export interface Narinfo {
  readonly storePath: string;
  readonly url: string;
  readonly compression: string;
  /** `sha256:` and 52 digits of Nix's base 32, of the packed file. */
  readonly fileHash: string;
  readonly fileSize: number;
  /** The same of what is packed in it. */
  readonly narHash: string;
  readonly narSize: number;
  /** Names below the store's folder, in the order given. */
  readonly references: readonly string[];
  /** Lines of other fields that this version knows: Deriver, System, CA. */
  readonly others: readonly (readonly [string, string])[];
}

const HASH = /^sha256:([0-9a-z]{52})$/;
const STORE_PATH = /^(\/[!-~]*)\/([0-9a-z]{32})-[0-9A-Za-z+\-._?=]{1,211}$/;
const NAME = /^[0-9a-z]{32}-[0-9A-Za-z+\-._?=]{1,211}$/;
const COMPRESSIONS: ReadonlySet<string> = new Set(["none", "xz", "bzip2", "zstd", "br", "gzip"]);
const OTHERS = ["Deriver", "System", "CA"];

/** Signatures and unknown fields are left out. Undefined: none. */
export function parseNarinfo(text: string): Narinfo | undefined {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const colon = line.indexOf(": ");
    if (line === "") continue;
    if (colon < 1) return undefined;
    const name = line.slice(0, colon);
    if (name === "Sig") continue;
    if (fields.has(name)) return undefined;
    fields.set(name, line.slice(colon + 2));
  }
  const references = (fields.get("References") ?? "").split(" ").filter((name) => name !== "");
  const info: Narinfo = {
    storePath: fields.get("StorePath") ?? "",
    url: fields.get("URL") ?? "",
    compression: fields.get("Compression") ?? "bzip2",
    fileHash: fields.get("FileHash") ?? "",
    fileSize: sizeOf(fields.get("FileSize")),
    narHash: fields.get("NarHash") ?? "",
    narSize: sizeOf(fields.get("NarSize")),
    references,
    others: OTHERS.flatMap((name) => {
      const value = fields.get(name);
      return value === undefined ? [] : [[name, value] as const];
    }),
  };
  return isSound(info) ? info : undefined;
}

/** In Nix's own order. */
export function writeNarinfo(info: Narinfo): string {
  const lines = [
    `StorePath: ${info.storePath}`,
    `URL: ${info.url}`,
    `Compression: ${info.compression}`,
    `FileHash: ${info.fileHash}`,
    `FileSize: ${info.fileSize}`,
    `NarHash: ${info.narHash}`,
    `NarSize: ${info.narSize}`,
    `References: ${info.references.join(" ")}`,
    ...info.others.map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** What a signature is over. */
export function fingerprintOf(info: Narinfo): string {
  const folder = info.storePath.slice(0, info.storePath.lastIndexOf("/"));
  const references = info.references.map((name) => `${folder}/${name}`).join(",");
  return `1;${info.storePath};${info.narHash};${info.narSize};${references}`;
}

/** The 32 digits under which a cache holds it. */
export function storeHashOf(info: Narinfo): string {
  return STORE_PATH.exec(info.storePath)?.[2] ?? "";
}

/** SHA-256 of the packed file. */
export function fileHashOf(info: Narinfo): Uint8Array {
  return hashBytes(info.fileHash) as Uint8Array;
}

function isSound(info: Narinfo): boolean {
  const digits = HASH.exec(info.fileHash)?.[1] ?? "";
  return (
    STORE_PATH.test(info.storePath) &&
    COMPRESSIONS.has(info.compression) &&
    hashBytes(info.fileHash) !== undefined &&
    hashBytes(info.narHash) !== undefined &&
    info.fileSize > 0 &&
    info.narSize > 0 &&
    // The file lies under its own hash, so nothing else can be meant.
    new RegExp(`^nar/${digits}\\.nar(?:\\.[a-z0-9]{2,4})?$`).test(info.url) &&
    info.references.every((name) => NAME.test(name)) &&
    info.others.every(([, value]) => /^[ -~]*$/.test(value))
  );
}

function hashBytes(text: string): Uint8Array | undefined {
  const digits = HASH.exec(text)?.[1];
  return digits === undefined ? undefined : fromNixBase32(digits, 32);
}

function sizeOf(text: string | undefined): number {
  return text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : 0;
}
