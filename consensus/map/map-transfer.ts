import { invariant } from "../../base/assert.ts";
import { equalBytes } from "../../base/bytes.ts";
import type { Hash, Sequence } from "../../base/types.ts";
import { PAGE_COUNT_MAX, ROW_BYTES_MAX } from "../limits.ts";
import type { FetchNodes, FetchRows, Nodes, Rows } from "../wire/agreement.ts";
import { keyText } from "./key-text.ts";
import { NO_NODE, isLeaf } from "./node-arena.ts";
import type { NodeReference } from "./node-arena.ts";
import { decodeNode, hashOfNode } from "./node-encoding.ts";
import type { TransferredNode } from "./node-encoding.ts";
import { emptyRoot, rowHash } from "./node-hash.ts";
import type { HashFunction } from "./node-hash.ts";
import { NodeIndex } from "./node-index.ts";
import { ROOT_PATH, childPath } from "./node-path.ts";
import type { RowChange } from "./row-store.ts";
import type { AuthenticatedMap, MapVersion } from "./trie.ts";

/** A question for any replica that holds the target's root. */
export type TransferRequest =
  | { readonly type: "nodes"; readonly fetch: FetchNodes }
  | { readonly type: "rows"; readonly fetch: FetchRows };

export interface TransferTarget {
  readonly sequence: Sequence;
  readonly root: Hash;
}

/** Requests in flight: enough to hide a round trip, few enough to lose little with a bad source. */
const PAGES_ASKED_MAX = 4;

interface WantedNode {
  readonly hash: Hash;
  readonly path: Uint8Array;
}

interface WantedRow {
  readonly key: Uint8Array;
  readonly rowHash: Hash;
}

/**
 * The receiving side of a state transfer: given the local trie and a certified root it says what
 * to ask, believes nothing that does not hash to what was asked, and ends with the exact rows.
 * Sans-IO: `next` until undefined, feed answers, `abandon` each request once it was answered or
 * timed out, `retarget` when every source says `gone`.
 *
 * 1. A subtree whose hash the local trie has is kept and not asked for.
 * 2. Nodes are asked for depth first, and rows before more nodes, so that what waits is bounded by
 *    the depth of the trie and not by its size. What grows are the rows that differ.
 * 3. Rows that came go into a version of their own, the staged one; a new target starts from it.
 */
export class MapTransfer {
  #hash: HashFunction;
  #origin: AuthenticatedMap;
  #originVersion: MapVersion;
  #staged: AuthenticatedMap;
  #base: MapVersion;
  #index: NodeIndex;
  #target: TransferTarget;
  /** Nodes of the base that the target has, too. */
  #kept = new Set<NodeReference>();
  /** Keys that target and base both have, with different rows. */
  #changedKeys = new Set<string>();
  #nodesWanted: WantedNode[] = [];
  #nodesAsked = new Map<string, WantedNode>();
  #rowsWanted: WantedRow[] = [];
  #rowsAsked = new Map<string, WantedRow>();
  #changes = new Map<string, RowChange>();

  constructor(
    hash: HashFunction,
    map: AuthenticatedMap,
    version: MapVersion,
    target: TransferTarget,
  ) {
    this.#hash = hash;
    this.#origin = map;
    this.#staged = map.fork(version);
    this.#originVersion = this.#staged.commit();
    this.#base = this.#staged.commit();
    this.#index = new NodeIndex(map, version);
    this.#target = target;
    this.#want(target.root, ROOT_PATH);
  }

  get target(): TransferTarget {
    return this.#target;
  }

  /** Where the local map stood when the transfer began. */
  get origin(): MapVersion {
    return this.#originVersion;
  }

  /** All of the target is here. */
  get done(): boolean {
    return (
      this.#nodesWanted.length + this.#nodesAsked.size === 0 &&
      this.#rowsWanted.length + this.#rowsAsked.size === 0
    );
  }

  /** Undefined: nothing to ask now; all is here or asked for. */
  next(): TransferRequest | undefined {
    const { sequence, root } = this.#target;
    const rowsFirst = this.#rowsWanted.length >= PAGE_COUNT_MAX || this.#nodesWanted.length === 0;
    if (rowsFirst && this.#rowsWanted.length > 0) {
      if (this.#rowsAsked.size >= PAGES_ASKED_MAX * PAGE_COUNT_MAX) return undefined;
      const page = this.#rowsWanted.splice(-PAGE_COUNT_MAX);
      for (const row of page) this.#rowsAsked.set(keyText(row.key), row);
      return { type: "rows", fetch: { root, keys: page.map(({ key }) => key) } };
    }
    if (this.#nodesWanted.length === 0) return undefined;
    if (this.#nodesAsked.size >= PAGES_ASKED_MAX * PAGE_COUNT_MAX) return undefined;
    const page = this.#nodesWanted.splice(-PAGE_COUNT_MAX);
    for (const node of page) this.#nodesAsked.set(keyText(node.hash), node);
    return { type: "nodes", fetch: { sequence, root, paths: page.map(({ path }) => path) } };
  }

  /** How many of the nodes were wanted and right; 0 of a non-empty answer is a useless source. */
  acceptNodes(nodes: Nodes): number {
    let count = 0;
    for (const bytes of nodes.nodes) {
      const node = decodeNode(bytes);
      if (node === undefined) continue;
      const text = keyText(hashOfNode(this.#hash, node));
      const asked = this.#nodesAsked.get(text);
      if (asked === undefined) continue;
      this.#nodesAsked.delete(text);
      this.#expand(node, asked.path);
      count++;
    }
    return count;
  }

  acceptRows(rows: Rows): number {
    let count = 0;
    for (const [index, key] of rows.keys.entries()) {
      const row = rows.rows[index];
      const text = keyText(key);
      const asked = this.#rowsAsked.get(text);
      if (row === undefined || asked === undefined || row.length > ROW_BYTES_MAX) continue;
      if (!equalBytes(rowHash(this.#hash, row), asked.rowHash)) continue;
      this.#rowsAsked.delete(text);
      this.#staged.set(asked.key, asked.rowHash);
      this.#changes.set(text, { key: asked.key, row });
      count++;
    }
    return count;
  }

  /** Puts back what a request asked for and has not come. Also after an answer: it may be partial. */
  abandon(request: TransferRequest): void {
    if (request.fetch.root !== this.#target.root) return;
    if (request.type === "rows") {
      for (const key of request.fetch.keys) {
        const row = this.#rowsAsked.get(keyText(key));
        if (row !== undefined && this.#rowsAsked.delete(keyText(key))) this.#rowsWanted.push(row);
      }
      return;
    }
    const paths = new Set(request.fetch.paths.map(keyText));
    for (const [text, node] of this.#nodesAsked) {
      if (!paths.has(keyText(node.path))) continue;
      this.#nodesAsked.delete(text);
      this.#nodesWanted.push(node);
    }
  }

  /** Goes on towards a newer root, keeping what is here. */
  retarget(target: TransferTarget): void {
    const base = this.#staged.commit();
    this.#staged.release(this.#base);
    this.#base = base;
    this.#index = new NodeIndex(this.#staged, base);
    this.#target = target;
    this.#kept.clear();
    this.#changedKeys.clear();
    this.#nodesWanted = [];
    this.#nodesAsked.clear();
    this.#rowsWanted = [];
    this.#rowsAsked.clear();
    this.#want(target.root, ROOT_PATH);
  }

  /** Ends a transfer that is done: the target's version, and what it takes to get there. */
  finish(): { readonly version: MapVersion; readonly changes: readonly RowChange[] } {
    invariant(this.done, "a transfer ends when all is here");
    this.#deleteTheRest();
    const version = this.#staged.commit();
    invariant(equalBytes(version.root, this.#target.root), "a transfer reaches its root");
    const changes = [...this.#changes.values()];
    this.close();
    return { version, changes };
  }

  /** Lets go of the nodes; for one that is given up. */
  close(): void {
    this.#staged.clear();
    this.#staged.release(this.#base);
    this.#staged.release(this.#originVersion);
    this.#changes = new Map();
  }

  #want(hash: Hash, path: Uint8Array): void {
    const known = this.#index.find(hash);
    if (known !== undefined) this.#kept.add(known);
    else if (!equalBytes(hash, emptyRoot(this.#hash))) this.#nodesWanted.push({ hash, path });
  }

  #expand(node: TransferredNode, path: Uint8Array): void {
    if (node.type === "inner") {
      this.#want(node.right, childPath(path, node.bit, 1));
      this.#want(node.left, childPath(path, node.bit, 0));
      return;
    }
    if (this.#staged.getAt(this.#base, node.key) !== undefined) {
      this.#changedKeys.add(keyText(node.key));
    }
    this.#rowsWanted.push({ key: node.key, rowHash: node.rowHash });
  }

  /** What the base has and the target has not. */
  #deleteTheRest(): void {
    const stack = this.#base.node === NO_NODE ? [] : [this.#base.node];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (this.#kept.has(node)) continue;
      if (!isLeaf(node)) {
        const { arena } = this.#staged;
        stack.push(arena.left(node), arena.right(node));
        continue;
      }
      const key = this.#staged.keyOf(node);
      const text = keyText(key);
      if (this.#changedKeys.has(text)) continue;
      this.#staged.delete(key);
      if (this.#origin.getAt(this.#originVersion, key) === undefined) this.#changes.delete(text);
      else this.#changes.set(text, { key, row: undefined });
    }
  }
}
