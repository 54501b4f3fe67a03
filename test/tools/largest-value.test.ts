import { VALUE_BYTES_MAX } from "../../consensus/limits.ts";
import { describeLargeValue } from "../system/large-value.case.ts";

// A minute and 7 GiB of disk: too much for every run of the tests.
describeLargeValue(VALUE_BYTES_MAX);
