import { compareBytes, fromHex, toHex, utf8 } from "../base/bytes.ts";
import { hlcFromMs, hlcMs } from "../base/hlc.ts";
import { QuorateError } from "../base/quorate-error.ts";
import { PUBLIC_KEY_SIZE } from "../base/types.ts";
import type { Hash, PublicKey } from "../base/types.ts";
import { faultyMaxAtGenesis } from "./committee.ts";
import type { Member } from "./committee.ts";
import { genesisOf } from "./genesis.ts";
import type { Genesis, GenesisNamespace, GenesisWriter } from "./genesis.ts";
import { isMemberAddress } from "./member-address.ts";
import { JsonField } from "./json-field.ts";
import { isGrant } from "./grant.ts";
import {
  GRANT_BYTES_MAX,
  GRANT_COUNT_MAX,
  OPERATOR_BYTES_MAX,
  POLICY_ROW_COUNT_MAX,
  REPLICA_COUNT_MAX,
  REPLICA_COUNT_MIN,
} from "./limits.ts";
import { isNamespace } from "./namespace.ts";

export const GENESIS_FORMAT = 1;

/** A cluster's name, for people. */
const NAME_BYTES_MAX = 128;
/** 48 bits of milliseconds. */
const TIME_MS_MAX = 2 ** 48 - 1;

/**
 * Reads and checks the text of `cluster.json`. The order of writers and namespaces in it, its
 * spaces and its line ends mean nothing; everything else is part of the cluster's id.
 *
 * @throws QuorateError GENESIS_INVALID, naming the field
 */
export function parseGenesis(hash: (bytes: Uint8Array) => Hash, text: string): Genesis {
  const file = JsonField.parse(text, refuse);
  file.only(["format", "name", "members", "faultyMax", "policy", "genesisTimeMs"]);
  file.get("format").integer(GENESIS_FORMAT, GENESIS_FORMAT);
  const members = file.get("members").list(REPLICA_COUNT_MIN, REPLICA_COUNT_MAX).map(memberOf);
  refuseRepeated(
    file.get("members"),
    members.map(({ publicKey }) => toHex(publicKey)),
    "key",
  );
  refuseRepeated(
    file.get("members"),
    members.map(({ address }) => address),
    "address",
  );
  const faultyMax = file.get("faultyMax");
  const policy = file.get("policy");
  policy.only(["writers", "namespaces"]);
  return genesisOf(hash, {
    name: file.get("name").text(1, NAME_BYTES_MAX),
    members,
    faultyMax: faultyMax.integer(0, faultyMaxAtGenesis(members.length)),
    writers: writersOf(policy.get("writers")),
    namespaces: namespacesOf(policy.get("namespaces")),
    time: hlcFromMs(file.get("genesisTimeMs").integer(1, TIME_MS_MAX)),
  });
}

/** The text of `cluster.json`, as `init` writes it. */
export function formatGenesis(genesis: Omit<Genesis, "clusterId">): string {
  const keyed = (each: { readonly publicKey: PublicKey }): object => ({
    ...each,
    publicKey: toHex(each.publicKey),
  });
  const file = {
    format: GENESIS_FORMAT,
    name: genesis.name,
    members: genesis.members.map(keyed),
    faultyMax: genesis.faultyMax,
    policy: { writers: genesis.writers.map(keyed), namespaces: genesis.namespaces },
    genesisTimeMs: hlcMs(genesis.time),
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

function memberOf(field: JsonField): Member {
  field.only(["publicKey", "address"]);
  const address = field.get("address");
  const text = address.text(1, 512);
  if (!isMemberAddress(text)) address.refuse(`"${text}" is not host:port`);
  return { publicKey: publicKeyOf(field.get("publicKey")), address: text };
}

function writersOf(field: JsonField): GenesisWriter[] {
  const writers = field.list(0, POLICY_ROW_COUNT_MAX).map((each) => {
    each.only(["publicKey", "operator", "namespaces", "administrator"]);
    return {
      publicKey: publicKeyOf(each.get("publicKey")),
      operator: each.get("operator").text(1, OPERATOR_BYTES_MAX),
      namespaces: grantsOf(each.get("namespaces")),
      administrator: each.get("administrator").flag(),
    };
  });
  refuseRepeated(
    field,
    writers.map(({ publicKey }) => toHex(publicKey)),
    "key",
  );
  return writers.sort((left, right) => compareBytes(left.publicKey, right.publicKey));
}

function grantsOf(field: JsonField): string[] {
  const namespaces = field.list(0, GRANT_COUNT_MAX).map((each) => {
    const grant = each.text(1, GRANT_BYTES_MAX);
    if (!isGrant(grant)) {
      each.refuse(`"${grant}" is no "*", no namespace, and no namespace/beginning-of-names`);
    }
    return grant;
  });
  refuseRepeated(field, namespaces, "namespace");
  return namespaces.sort();
}

function namespacesOf(field: JsonField): GenesisNamespace[] {
  const namespaces = field.list(0, POLICY_ROW_COUNT_MAX).map((each) => {
    each.only(["namespace", "confirmations"]);
    const namespace = each.get("namespace").text(1, 64);
    refuseUnlessNamespace(each.get("namespace"), namespace);
    const confirmations = each.get("confirmations").integer(1, REPLICA_COUNT_MAX);
    return { namespace, confirmations };
  });
  refuseRepeated(
    field,
    namespaces.map(({ namespace }) => namespace),
    "namespace",
  );
  return namespaces.sort((left, right) =>
    compareBytes(utf8(left.namespace), utf8(right.namespace)),
  );
}

function publicKeyOf(field: JsonField): PublicKey {
  const bytes = fromHex(field.text(1, 2 * PUBLIC_KEY_SIZE));
  if (bytes?.length !== PUBLIC_KEY_SIZE) field.refuse("is not 64 lower-case hex digits");
  return bytes as PublicKey;
}

function refuseUnlessNamespace(field: JsonField, namespace: string): void {
  if (!isNamespace(namespace)) {
    field.refuse(`"${namespace}" is not 3 to 64 of [a-z0-9-], or it is reserved`);
  }
}

function refuseRepeated(field: JsonField, texts: readonly string[], what: string): void {
  if (new Set(texts).size !== texts.length) field.refuse(`names the same ${what} twice`);
}

function refuse(path: string, why: string): never {
  throw new QuorateError(
    "GENESIS_INVALID",
    `cluster.json: ${path === "" ? "the file" : path} ${why}`,
    "compare the file with the one that `quorate init` wrote; every client and replica needs the same",
  );
}
