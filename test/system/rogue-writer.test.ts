import { describeRogueWriter } from "./rogue-writer.case.ts";

// A thousand races are run by test/tools.
describeRogueWriter(60);
