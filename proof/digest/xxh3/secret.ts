import { fromHex } from "../../../base/bytes.ts";
import { invariant } from "../../../base/assert.ts";

/** The constants of XXH3 (the public specification of the xxHash family, "XXH3 algorithm"). */

export const PRIME32_1 = 0x9e37_79b1n;
export const PRIME32_2 = 0x85eb_ca77n;
export const PRIME32_3 = 0xc2b2_ae3dn;
export const PRIME64_1 = 0x9e37_79b1_85eb_ca87n;
export const PRIME64_2 = 0xc2b2_ae3d_27d4_eb4fn;
export const PRIME64_3 = 0x1656_67b1_9e37_79f9n;
export const PRIME64_4 = 0x85eb_ca77_c2b2_ae63n;
export const PRIME64_5 = 0x27d4_eb2f_1656_67c5n;
export const PRIME_MX1 = 0x1656_6791_9e37_79f9n;
export const PRIME_MX2 = 0x9fb2_1c65_1e98_df25n;

export const SECRET_SIZE = 192;

/** The default secret; the seeded and keyed variants are not needed here. */
const SECRET_HEX =
  "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f" +
  "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c" +
  "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8" +
  "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364" +
  "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e" +
  "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e";

const bytes = fromHex(SECRET_HEX);
invariant(bytes?.length === SECRET_SIZE, "the secret has its size", { size: bytes?.length });

export const SECRET: DataView = new DataView(bytes.buffer);

export function secret64(offset: number): bigint {
  return SECRET.getBigUint64(offset, true);
}
