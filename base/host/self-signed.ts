import { concatBytes, utf8 } from "../bytes.ts";
import type { PublicKey, Signature } from "../types.ts";

/**
 * The X.509 certificate of an Ed25519 key, signed by itself (RFC 5280 §4.1, RFC 8410), in DER. TLS
 * wants one; nothing in it is believed but the key, which whoever connects knows already. So it has
 * no extensions and no end, and of one key there is one certificate.
 */
export function selfSigned(
  publicKey: PublicKey,
  sign: (bytes: Uint8Array) => Signature,
): Uint8Array {
  const name = sequence(set(sequence(COMMON_NAME, tlv(UTF8_STRING, utf8("quorate")))));
  const validity = sequence(
    tlv(UTC_TIME, utf8("700101000000Z")),
    // RFC 5280 §4.1.2.5: no well-defined end.
    tlv(GENERALIZED_TIME, utf8("99991231235959Z")),
  );
  const keyInfo = sequence(ED25519, bits(publicKey));
  const serial = tlv(INTEGER, Uint8Array.of(1));
  const content = sequence(serial, ED25519, name, validity, name, keyInfo);
  return sequence(content, ED25519, bits(sign(content)));
}

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const SET = 0x31;

/** 1.3.101.112, without parameters. */
const ED25519 = sequence(tlv(OBJECT_IDENTIFIER, Uint8Array.of(0x2b, 0x65, 0x70)));
/** 2.5.4.3 */
const COMMON_NAME = tlv(OBJECT_IDENTIFIER, Uint8Array.of(0x55, 0x04, 0x03));

function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return tlv(SEQUENCE, ...parts);
}

function set(...parts: readonly Uint8Array[]): Uint8Array {
  return tlv(SET, ...parts);
}

/** Whole bytes: no bit of the last one is unused. */
function bits(bytes: Uint8Array): Uint8Array {
  return tlv(BIT_STRING, Uint8Array.of(0), bytes);
}

function tlv(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return concatBytes(Uint8Array.of(tag, ...size), content);
}
