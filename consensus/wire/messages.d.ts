import type { Writer } from "protobufjs/minimal.js";

/** The static code that the build makes from `quorate.proto`, as far as `codec.ts` uses it. */
export interface StaticMessage {
  encode(message: object, writer?: Writer): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
}

export const quorate: { readonly v1: Readonly<Record<string, StaticMessage>> };
