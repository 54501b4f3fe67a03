import { checkedDigest } from "../../../../proof/digest/remote-execution/action-result.ts";
import type { BlobDigest } from "../../../../proof/digest/remote-execution/action-result.ts";
import { MalformedMessage } from "../../../../proof/digest/remote-execution/protobuf-field.ts";

/** What a resource's name says on ByteStream. */
export interface NamedBlob {
  readonly instance: string;
  readonly digest: BlobDigest;
}

const READ = /^(?:(.{1,256})\/)?blobs\/([^/]{1,64})\/([0-9]{1,15})$/s;
/** What follows the size is the client's own affair. */
const WRITE =
  /^(?:(.{1,256})\/)?uploads\/[^/]{1,256}\/blobs\/([^/]{1,64})\/([0-9]{1,15})(?:\/.*)?$/s;

/** `[instance/]blobs/{hash}/{size}`. @throws MalformedMessage */
export function parseReadName(name: string): NamedBlob {
  return parse(READ, name);
}

/** `[instance/]uploads/{uuid}/blobs/{hash}/{size}[/…]`. @throws MalformedMessage */
export function parseWriteName(name: string): NamedBlob {
  return parse(WRITE, name);
}

function parse(pattern: RegExp, name: string): NamedBlob {
  const found = name.length > 2048 ? null : pattern.exec(name);
  if (found === null) throw new MalformedMessage("the resource's name names no blob");
  const [, instance = "", hash = "", size = ""] = found;
  return { instance, digest: checkedDigest(hash, Number(size)) };
}
