import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { equalBytes, toHex } from "../../base/bytes.ts";
import { invariant } from "../../base/assert.ts";
import type { SigningKey } from "../../base/host/signing-key.ts";
import type { Epoch, ReplicaIndex } from "../../base/types.ts";
import { quorumOf } from "../../consensus/committee.ts";
import { writerStateKey } from "../../consensus/map/state-keys.ts";
import { DOMAIN, signingBytes } from "../../consensus/signing.ts";
import type { StatementCertificate } from "../../consensus/wire/certificate.ts";
import { writerRowCodec } from "../../consensus/wire/rows.ts";
import type { Resume } from "../../consensus/wire/resume.ts";
import type { HaltAccount, ResumeRefusal } from "../http/halt-routes.ts";
import { openPromises } from "../held-promises.ts";
import { initPromiseLog } from "../promises/promise-folder.ts";
import type { ReplicaStatus } from "../status.ts";
import { takeSuccessorKey } from "../successor-key.ts";
import { writeChainFile } from "./chain-file.ts";
import { ChainFollower } from "./chain-follower.ts";
import { assembleEpoch } from "./epoch-run.ts";
import type { EpochRun, ProcessParts } from "./epoch-run.ts";
import { makeLink } from "./make-link.ts";

/** A full disk keeps a replica from the next epoch for as long as it is full. */
const DISK_AGAIN_MS = 1_000;

/**
 * Takes one process from configuration to configuration: a member of this one, perhaps at another
 * place in the next, perhaps in none.
 *
 * 1. The next epoch is entered on its link alone, by who has executed the last one to its end and
 *    by who has not: that one comes after by a transfer.
 * 2. Before the link is written down the state up to the boundary is on disk. So after a crash of
 *    everybody Q − f correct replicas still have the root that the new epoch begins with.
 * 3. The link is on disk before anything is signed for the new epoch, and the old epoch's loop has
 *    stopped: nothing is signed for both.
 */
export class Membership {
  readonly #parts: ProcessParts;
  #run: EpochRun | undefined;
  #follower: ChainFollower | undefined;
  #moving: Promise<void> | undefined;
  #closed = false;
  /** Set by whoever shows our key to others. */
  onKey: (key: SigningKey) => void = () => undefined;

  constructor(parts: ProcessParts) {
    this.#parts = parts;
    this.#run = this.#assemble(false);
  }

  /** What halted this replica, if anything has. */
  get account(): HaltAccount {
    const { epoch } = this.#parts.epochs.newest;
    const latch = this.#run?.latch;
    if (latch?.isSet !== true) return { halted: false, epoch, what: "", evidence: null };
    const { what, evidence } = latch.why;
    return { halted: true, epoch, what, evidence: evidence ?? null };
  }

  /**
   * An administrator's order to go on after this very contradiction. Durable when it returns; what
   * follows is what a new process would do: it begins from its promises.
   *
   * @throws what the disk says
   */
  resume({ epoch, evidence, administrator, signature }: Resume): "resumed" | ResumeRefusal {
    const { epochs, opened, log } = this.#parts;
    const run = this.#run;
    const name = toHex(evidence);
    const isThis = run?.latch.isSet === true && run.latch.why.evidence === name;
    if (!isThis || epoch !== run.committee.epoch) return "other evidence";
    const { state } = opened;
    const row = state.rowAt(state.sequence, writerStateKey(administrator));
    if (row === undefined || !writerRowCodec.decode(row).administrator) return "not signed";
    const { clusterId } = epochs.newest;
    const message = signingBytes(DOMAIN.resume, clusterId, epoch, evidence);
    if (!nodeCrypto.verify(administrator, message, signature)) return "not signed";
    if (!run.latch.release(name)) return "other evidence";
    log.warn({ evidence: name }, "goes on by an operator's order");
    this.#move(() => this.#beginAgain());
    return "resumed";
  }

  /** Undefined: no member now, or between two epochs. */
  get run(): EpochRun | undefined {
    return this.#run;
  }

  start(): void {
    const { epochs } = this.#parts;
    if (this.#run === undefined) this.#parts.log.info({ why: this.#outside() }, "no member");
    this.#run?.host.start();
    // L135
    this.#follower = new ChainFollower({
      epochs,
      addresses: () => this.#others(),
      isAlone: () => this.#isAlone(),
      onGained: () => this.#advance(),
    });
  }

  /** What was executed by now may be kept once this resolves. */
  durable(): Promise<void> {
    return this.#run?.host.durable() ?? Promise.resolve();
  }

  status(): ReplicaStatus {
    return this.#run?.host.status() ?? this.#outsiderStatus();
  }

  /** For the journal of this epoch. */
  noteFault(what: string): void {
    const journal = this.#run?.journal;
    journal?.scribe.note("fault", { what, target: journal.name });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#follower?.close();
    await this.#moving;
    await this.#run?.close();
  }

  #assemble(isLater: boolean): EpochRun | undefined {
    const { epochs, own } = this.#parts;
    const committee = epochs.newest;
    const place = committee.members.findIndex(({ publicKey }) =>
      equalBytes(publicKey, own.key.publicKey),
    );
    if (place < 0) return undefined;
    const index = place as ReplicaIndex;
    const onEpochOver = (certificate: StatementCertificate): void => this.#link(certificate);
    return assembleEpoch(this.#parts, { committee, index, isLater, onEpochOver });
  }

  /** L134: from who can make the link. */
  #link(certificate: StatementCertificate): void {
    const { epochs, opened } = this.#parts;
    const { epoch } = epochs.newest;
    const link = makeLink(opened.state, epochs, certificate);
    if (link === undefined) return;
    invariant(epochs.follow([link], epoch).sound, "a certified boundary makes a link", { epoch });
    this.#advance();
  }

  #advance(): void {
    this.#move(() => this.#enterNewest());
  }

  #move(work: () => Promise<void>): void {
    this.#moving ??= work()
      // What cannot be put together (a key file gone, a folder in the way) ends the process.
      .catch((error: unknown) => this.#parts.onFatal(error))
      .finally(() => {
        this.#moving = undefined;
      });
  }

  /** As after a restart: the promises say what was signed, and nothing else is remembered. */
  async #beginAgain(): Promise<void> {
    const { layout, log, promises, epochs } = this.#parts;
    const { epoch } = epochs.newest;
    await this.#run?.close();
    this.#run = undefined;
    await promises.log?.close();
    this.#parts.promises = openPromises(layout.promises, log);
    if (this.#closed) return;
    this.#run = this.#assemble(false);
    this.#run?.host.start();
    // Heard of meanwhile.
    if (epochs.newest.epoch !== epoch) await this.#enterNewest();
  }

  async #enterNewest(): Promise<void> {
    const { epochs, log, opened } = this.#parts;
    let entered: Epoch | undefined = this.#run?.committee.epoch;
    while (!this.#closed && entered !== epochs.newest.epoch) {
      const { epoch } = epochs.newest;
      await this.#run?.close(epochs.newest);
      this.#run = undefined;
      if (!(await this.#writeDown())) return;
      entered = epoch;
      await this.#takeSuccessorKey();
      this.#run = this.#assemble(true);
      const place = this.#run?.index;
      log.info({ epoch, place, sequence: opened.state.sequence }, "epoch begins");
      this.#run?.host.start();
    }
  }

  /** The link is durable: what the old key promised can be asked of nobody any more. */
  async #takeSuccessorKey(): Promise<void> {
    const { layout, epochs, own, log, promises, amnesia } = this.#parts;
    const key = takeSuccessorKey(layout, epochs.newest);
    if (key === undefined) return;
    own.key = key;
    this.onKey(key);
    log.info({ publicKey: toHex(key.publicKey) }, "goes on under another key");
    if (promises.records !== "missing" && amnesia.why === undefined) return;
    // What was forgotten an other key had promised, which is gone: this one remembers all it did.
    await promises.log?.close();
    rmSync(layout.promises, { recursive: true, force: true });
    initPromiseLog(layout.promises);
    this.#parts.promises = openPromises(layout.promises, log);
    amnesia.why = undefined;
  }

  /** False: closed meanwhile. A disk that takes nothing is asked again until it does. */
  async #writeDown(): Promise<boolean> {
    const { opened, log, epochs, layout } = this.#parts;
    while (!this.#closed) {
      try {
        await opened.store.flush();
        writeChainFile(layout.chainFile, epochs.linksFrom(0 as Epoch));
        return !this.#closed;
      } catch (error) {
        log.error({ err: error }, "the next epoch waits until the disk takes it");
        await sleep(DISK_AGAIN_MS);
      }
    }
    return false;
  }

  /**
   * Cut off from a quorum, or in an epoch whose end is decided: of those who still talk here some
   * may hold the link that they did not wait to share. Between epochs what follows is known.
   */
  #isAlone(): boolean {
    if (this.#moving !== undefined) return false;
    const run = this.#run;
    if (run === undefined) return true;
    if (this.#parts.opened.state.epochEndOf(run.committee.epoch) !== undefined) return true;
    const connected = run.transport.peers().filter((peer) => peer.connected).length;
    return connected + 1 < quorumOf(run.committee);
  }

  /** Everybody's address but our own, the newest members first. */
  #others(): readonly string[] {
    const { epochs, loaded } = this.#parts;
    const own = epochs.newest.members[this.#run?.index ?? -1]?.address;
    const { host, port } = loaded.listen;
    return epochs.addresses.filter((each) => each !== own && each !== `${host}:${port}`);
  }

  #outside(): string {
    const { epochs, own } = this.#parts;
    const { epoch } = epochs.newest;
    for (let earlier = epoch - 1; earlier >= 0; earlier--) {
      const members = epochs.committeeOf(earlier as Epoch)?.members ?? [];
      if (members.some(({ publicKey }) => equalBytes(publicKey, own.key.publicKey))) {
        return `no member any more since epoch ${earlier + 1}`;
      }
    }
    return "waits for an administrator's `quorate member add`";
  }

  #outsiderStatus(): ReplicaStatus {
    const { epochs, own, opened, clock } = this.#parts;
    const { state } = opened;
    return {
      id: toHex(own.key.publicKey),
      pid: process.pid,
      index: -1,
      epoch: epochs.newest.epoch,
      view: 0,
      primary: 0,
      active: false,
      sequence: state.sequence,
      certifiedSequence: 0,
      stateRoot: toHex(state.stateRoot),
      hlc: clock.hlc().toString(),
      amnesiac: false,
      halted: false,
      transferring: false,
      accused: [],
      quarantined: [],
      ready: false,
      notReady: [this.#moving === undefined ? this.#outside() : "between two epochs"],
      clients: 0,
      entries: state.entryCount,
      peers: [],
    };
  }
}
