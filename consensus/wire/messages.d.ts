/** The static code that the build makes from `quorate.proto`, as far as `codec.ts` uses it. */
interface StaticMessage {
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
}

export const quorate: { readonly v1: Readonly<Record<string, StaticMessage>> };
