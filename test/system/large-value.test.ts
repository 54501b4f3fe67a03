import { describeLargeValue } from "./large-value.case.ts";

// Large enough that a process that held it whole would pass the bound; test/tools has the largest.
describeLargeValue(256 * 1024 * 1024);
