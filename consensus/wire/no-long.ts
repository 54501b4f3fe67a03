import protobuf from "protobufjs/minimal.js";

/**
 * Imported before the static code: without this protobufjs hands 64-bit fields back as `Long`
 * objects whatever its generator was told. Our 64-bit counters stay below 2^53 and are numbers;
 * everything wider is bytes.
 */
const util = protobuf.util as { Long: unknown };
util.Long = undefined;
protobuf.configure();
