import { concatBytes } from "../../../base/bytes.ts";
import type { PromiseFile, PromiseFiles } from "../../../node/promises/promise-files.ts";
import type { Prng } from "../../../base/prng.ts";
import type { World } from "./world.ts";

/** How one disk behaves now; the nemesis changes it. */
export interface DiskMood {
  /** One fdatasync takes this long, milliseconds, and up to twice that. */
  syncMs: number;
  full: boolean;
}

/** Files only grow, so what is durable is a prefix of what the process sees. */
interface FileImage {
  bytes: Uint8Array;
  size: number;
  durableSize: number;
  nameDurable: boolean;
}

const FILE_BYTES_AT_FIRST = 16 * 1024;

/**
 * One replica's disk under its promises: what was not flushed is lost with the process, or kept in
 * part, or torn. Damage (bit rot, a misdirected write) is done by the nemesis and noted here, so
 * that a replica that calls itself amnesiac can be told from one that has no reason to.
 */
export class SimulatedDisk {
  readonly mood: DiskMood = { syncMs: 0.2, full: false };
  /** What was done to it that no log can mend. */
  readonly damage: string[] = [];
  readonly #world: World;
  readonly #prng: Prng;
  readonly #hash: (bytes: Uint8Array) => Uint8Array;
  #files = new Map<string, FileImage>();
  #removed = new Map<string, FileImage>();
  #incarnation = 0;
  syncCount = 0;

  constructor(world: World, prng: Prng, hash: (bytes: Uint8Array) => Uint8Array) {
    this.#world = world;
    this.#prng = prng;
    this.#hash = hash;
  }

  get byteCount(): number {
    let count = 0;
    for (const { size } of this.#files.values()) count += size;
    return count;
  }

  files(): PromiseFiles {
    const incarnation = this.#incarnation;
    return {
      list: () => [...this.#files.keys()],
      read: (name) => {
        const file = this.#fileOf(name);
        return file.bytes.slice(0, file.size);
      },
      create: (name, bytes) => this.#create(name, bytes),
      open: (name, size) => this.#open(name, size, incarnation),
      remove: (name) => this.#remove(name),
      syncNames: () => {
        for (const file of this.#files.values()) file.nameDurable = true;
        this.#removed.clear();
      },
      lock: () => ({ release: () => undefined }),
      random: (size) => this.#prng.bytes(size),
      sha256: (...parts) => this.#hash(concatBytes(...parts)),
    };
  }

  /** The process is gone: of what was not flushed an arbitrary part is there. */
  crash(): void {
    this.#incarnation++;
    for (const [name, file] of this.#removed) {
      // The removal of a name was not flushed: it may be there again.
      if (this.#prng.chance(0.5)) this.#files.set(name, file);
    }
    this.#removed.clear();
    for (const [name, file] of this.#files) {
      if (!file.nameDurable && this.#prng.chance(0.5)) this.#files.delete(name);
      else this.#tear(file);
    }
  }

  clear(): void {
    this.#files.clear();
    this.#removed.clear();
  }

  wipe(): void {
    this.clear();
    this.damage.push("wiped");
  }

  /** Flips one bit of what is durable; false: there is nothing to damage. */
  rot(): boolean {
    const file = this.#pick();
    if (file === undefined || file.durableSize === 0) return false;
    const at = this.#prng.below(file.durableSize);
    file.bytes[at] = (file.bytes[at] as number) ^ (1 << this.#prng.below(8));
    this.damage.push("rotten");
    return true;
  }

  /** A block meant for elsewhere lands in a file. */
  misdirect(): boolean {
    const file = this.#pick();
    if (file === undefined || file.durableSize < 64) return false;
    const at = this.#prng.below(file.durableSize - 32);
    file.bytes.set(this.#prng.bytes(32), at);
    this.damage.push("misdirected");
    return true;
  }

  #pick(): FileImage | undefined {
    const files = [...this.#files.values()];
    return files[this.#prng.below(files.length)];
  }

  #create(name: string, bytes: Uint8Array): void {
    if (this.mood.full) throw noSpace();
    const image = new Uint8Array(Math.max(FILE_BYTES_AT_FIRST, bytes.length));
    image.set(bytes);
    const size = bytes.length;
    this.#files.set(name, { bytes: image, size, durableSize: size, nameDurable: false });
  }

  #remove(name: string): void {
    const file = this.#files.get(name);
    if (file === undefined) return;
    this.#files.delete(name);
    this.#removed.set(name, file);
  }

  #fileOf(name: string): FileImage {
    const file = this.#files.get(name);
    if (file === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
    return file;
  }

  #open(name: string, size: number, incarnation: number): PromiseFile {
    const file = this.#fileOf(name);
    file.size = size;
    file.durableSize = size;
    return {
      write: (bytes, position) => this.#write(file, bytes, position),
      sync: () => this.#sync(file, incarnation),
      syncNow: () => this.#makeDurable(file, file.size),
      close: () => undefined,
    };
  }

  #write(file: FileImage, bytes: Uint8Array, position: number): void {
    if (this.mood.full) throw noSpace();
    const end = position + bytes.length;
    if (end > file.bytes.length) {
      const larger = new Uint8Array(Math.max(2 * file.bytes.length, end));
      larger.set(file.bytes.subarray(0, file.size));
      file.bytes = larger;
    }
    file.bytes.set(bytes, position);
    file.size = Math.max(file.size, end);
  }

  #sync(file: FileImage, incarnation: number): Promise<void> {
    const { size } = file;
    this.syncCount++;
    return new Promise((resolve) => {
      const delayMs = this.mood.syncMs * (1 + this.#prng.below(1000) / 1000);
      this.#world.after(delayMs, () => {
        if (incarnation !== this.#incarnation) return;
        this.#makeDurable(file, size);
        this.onSynced();
        resolve();
      });
    });
  }

  /** Told before a flush resolves, so that the world waits for what follows from it. */
  onSynced: () => void = () => undefined;

  #makeDurable(file: FileImage, size: number): void {
    file.durableSize = Math.max(file.durableSize, size);
  }

  /** Of the bytes after the last flush a prefix is kept, and its end may be garbage. */
  #tear(file: FileImage): void {
    const unflushed = file.size - file.durableSize;
    if (unflushed === 0) return;
    // A file's size may be there before its bytes: then nothing is missing but what is in between.
    const kept = this.#prng.chance(0.4) ? unflushed : this.#prng.below(unflushed + 1);
    if (kept > 8 && this.#prng.chance(0.5)) {
      const at = file.durableSize + this.#prng.below(kept);
      file.bytes.fill(0, at, Math.min(file.durableSize + kept, at + 512));
    }
    file.durableSize += kept;
    file.size = file.durableSize;
  }
}

function noSpace(): Error {
  return Object.assign(new Error("no space left on the simulated device"), { code: "ENOSPC" });
}
