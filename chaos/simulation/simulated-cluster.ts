import { compareBytes } from "../../base/bytes.ts";
import { hlcFromMs } from "../../base/hlc.ts";
import type { ReplicaIndex } from "../../base/types.ts";
import { genesisCommittee, genesisOf } from "../../consensus/genesis.ts";
import type { Genesis } from "../../consensus/genesis.ts";
import type { CheckerFrame } from "./invariants/checker.ts";
import { TrueEpochs } from "./invariants/true-epochs.ts";
import { History } from "./clients/history.ts";
import { Administrator } from "./clients/administrator.ts";
import { ByzantineClient } from "./clients/byzantine-client.ts";
import { NAMESPACE_PAIR } from "./clients/client-drafts.ts";
import { SimulatedClient } from "./clients/simulated-client.ts";
import type { ClientWatcher } from "./clients/simulated-client.ts";
import { Nemesis } from "./faults/nemesis.ts";
import type { Plan } from "./faults/plan.ts";
import type { Disguise } from "./world/disguise.ts";
import { SimulatedNetwork } from "./world/network.ts";
import { realCryptography } from "./world/crypto-real.ts";
import { tableCryptography } from "./world/crypto-table.ts";
import type { Cryptography, Signer } from "./world/crypto-table.ts";
import { EPOCH_MS } from "./world/simulated-clock.ts";
import type { EnvironmentOf } from "./world/simulated-environment.ts";
import { FindingsByEpoch } from "./world/shared-verifier.ts";
import { memberAddressOf } from "./world/member-address.ts";
import { SimulatedReplica } from "./world/simulated-replica.ts";
import type { Surroundings } from "./world/simulated-replica.ts";
import { World } from "./world/world.ts";

/** A whole cluster with its clients, as a plan says. */
export interface SimulatedCluster {
  readonly plan: Plan;
  readonly world: World;
  readonly genesis: Genesis;
  readonly surroundings: Surroundings;
  /** Members in their order, then twins. */
  readonly replicas: readonly SimulatedReplica[];
  readonly clients: readonly SimulatedClient[];
  readonly mallory: ByzantineClient;
  /** Who orders changes of members; undefined: nobody does. */
  readonly administrator: Administrator | undefined;
  readonly history: History;
  readonly nemesis: Nemesis;
}

export type DisguiseOf = (index: ReplicaIndex, surroundings: Surroundings) => Disguise | undefined;

/** A twin means what it says; only its key is used twice. */
const TWIN: Disguise = { name: "twin" };

/** Who looks on, made for the cluster that is being made. */
export interface Watch {
  readonly witness: Surroundings["witness"];
  readonly clients: ClientWatcher;
  readonly disguiseOf: DisguiseOf;
}

export function createCluster(
  plan: Plan,
  createWatch: (frame: CheckerFrame) => Watch,
  environmentOf?: EnvironmentOf,
): SimulatedCluster {
  const world = new World(plan.seed);
  const cryptography = plan.realCrypto ? realCryptography() : tableCryptography();
  const signers = signersOf(cryptography, plan);
  const genesis = createGenesis(cryptography, plan, signers);
  const twins = plan.liars.filter(({ twin }) => twin);
  const { membership } = plan;
  const peerCount = signers.replicas.length + twins.length;
  const othersCount = plan.clientCount + (membership === undefined ? 1 : 2);
  const network = networkOf(world, plan, peerCount + othersCount);
  const replicas: SimulatedReplica[] = [];
  const committee = genesisCommittee(genesis);
  const { crypto } = cryptography;
  const epochs = new TrueEpochs(committee);
  const watch = createWatch({ world, plan, genesis, committee, epochs, crypto });
  const nemesis = new Nemesis(world, network, replicas, membership && epochs);
  const { checkpointInterval, pipelineDepth, batchItemCountMin } = plan;
  const surroundings: Surroundings = {
    world,
    network,
    cryptography,
    genesis,
    committee,
    timing: { checkpointInterval, pipelineDepth, batchItemCountMin, timeoutMsMax: 5_000 },
    tickMs: plan.tickMs,
    neighbours: () => replicas,
    findings: new FindingsByEpoch(),
    changesMembers: membership !== undefined,
    environmentOf,
    witness: withStrikes(watch.witness, nemesis),
  };
  replicas.push(...createReplicas(surroundings, plan, signers, watch.disguiseOf));
  const history = new History();
  const clients = signers.clients.map(
    (signer, number) =>
      new SimulatedClient(surroundings, replicas, {
        number,
        address: peerCount + number,
        signer,
        history,
        watcher: watch.clients,
        target: plan.writesPerClient,
        thinkMs: plan.thinkMs,
        beatMs: plan.beatMs,
      }),
  );
  const mallory = new ByzantineClient(surroundings, replicas, {
    address: peerCount + plan.clientCount,
    signer: signers.mallory,
    ways: plan.byzantineClients,
    watcher: watch.clients,
  });
  const administrator =
    membership &&
    new Administrator(surroundings, replicas, {
      address: peerCount + plan.clientCount + 1,
      signer: signers.administrator,
      changes: membership.changes,
      watcher: watch.clients,
      nemesis: membership.mayStall ? undefined : nemesis,
    });
  return {
    ...{ plan, world, genesis, surroundings, replicas, clients, mallory, administrator },
    ...{ history, nemesis },
  };
}

function networkOf(world: World, { link }: Plan, size: number): SimulatedNetwork {
  return new SimulatedNetwork(world, size, () => ({ ...link }));
}

/** Members in their order, newcomers, then twins: the place in this list is the address. */
function createReplicas(
  surroundings: Surroundings,
  plan: Plan,
  signers: Signers,
  disguise: DisguiseOf,
): readonly SimulatedReplica[] {
  const replicas: SimulatedReplica[] = [];
  const add = (name: string, member: number, lies: Disguise | undefined): void => {
    const index = member as ReplicaIndex;
    const signer = signers.replicas[member] as Signer;
    const place = { name, index, address: replicas.length, signer, disguise: lies };
    replicas.push(new SimulatedReplica(surroundings, place));
  };
  for (const member of signers.replicas.keys()) {
    const liar = plan.liars.find(({ index }) => index === member);
    const lies = liar?.twin === true ? TWIN : disguise(member as ReplicaIndex, surroundings);
    add(`replica ${member}`, member, liar === undefined ? undefined : lies);
  }
  for (const { index, twin } of plan.liars) if (twin) add(`twin of ${index}`, index, TWIN);
  return replicas;
}

function withStrikes(
  witness: Surroundings["witness"],
  { strikes }: Nemesis,
): Surroundings["witness"] {
  return {
    ...witness,
    step(replica, input, outputs, now) {
      witness.step(replica, input, outputs, now);
      strikes.notice(replica, outputs);
    },
  };
}

interface Signers {
  readonly replicas: readonly Signer[];
  readonly clients: readonly Signer[];
  readonly mallory: Signer;
  readonly administrator: Signer;
}

function signersOf({ signerOf }: Cryptography, plan: Plan): Signers {
  const many = (count: number, name: string): Signer[] =>
    Array.from({ length: count }, (_, number) => signerOf(`${name} ${number}`));
  return {
    replicas: many(plan.memberCount + (plan.membership?.newcomerCount ?? 0), "replica"),
    clients: many(plan.clientCount, "client"),
    mallory: signerOf("mallory"),
    administrator: signerOf("administrator"),
  };
}

function createGenesis(cryptography: Cryptography, plan: Plan, signers: Signers): Genesis {
  const administrators =
    plan.membership === undefined
      ? []
      : [{ ...NO_GRANT, publicKey: signers.administrator.publicKey }];
  const writers = [...signers.clients, signers.mallory]
    .map(({ publicKey }, number) => ({
      publicKey,
      // The first two belong to one operator, who counts once.
      operator: `operator ${Math.max(1, number)}`,
      namespaces: ["*"],
      administrator: false,
    }))
    .concat(administrators)
    .sort((left, right) => compareBytes(left.publicKey, right.publicKey));
  return genesisOf(cryptography.crypto.hash, {
    name: "simulated",
    members: signers.replicas.slice(0, plan.memberCount).map(({ publicKey }, index) => ({
      publicKey,
      address: plan.membership === undefined ? `replica:${index}` : memberAddressOf(index),
    })),
    faultyMax: plan.faultyMax,
    writers,
    namespaces: [{ namespace: NAMESPACE_PAIR, confirmations: 2 }],
    time: hlcFromMs(EPOCH_MS),
  });
}

const NO_GRANT = { operator: "the administrator", namespaces: ["*"], administrator: true };
