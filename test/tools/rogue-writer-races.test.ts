import { describeRogueWriter } from "../system/rogue-writer.case.ts";

// A minute: too long for every run of the tests.
describeRogueWriter(1_000);
