import { FRAME } from "../../../consensus/wire/frame.ts";
import { writeSetCodec, writeSetHeaderCodec } from "../../../consensus/wire/write-set.ts";
import type { Strategy } from "./liar.ts";

/** Deaf to half of the writers: as primary it orders the others' writes quickly and well. */
export const censor: Strategy = {
  name: "censor",
  hears(_from, kind, body) {
    if (kind !== FRAME.forward) return true;
    const wire = writeSetCodec.tryDecode(body);
    const header = wire && writeSetHeaderCodec.tryDecode(wire.header);
    return header === undefined || (header.writer[0] as number) % 2 === 0;
  },
};

/** Comes back every few seconds without any memory of what it promised, and votes on. */
export const forgetful: Strategy = {
  name: "forgetful",
  act(liar) {
    const { self } = liar;
    if (self === undefined || self.disk.mood.full || !liar.prng.chance(0.25)) return;
    const storeGoesToo = liar.prng.chance(0.3);
    liar.surroundings.world.after(1, () => {
      if (self.disk.mood.full) return;
      self.crash();
      self.forget();
      if (storeGoesToo) self.environment.wipe();
      self.boot();
    });
  },
};
