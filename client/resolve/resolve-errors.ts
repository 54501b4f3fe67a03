import { QuorateError } from "../../base/quorate-error.ts";
import { IN_FLIGHT_MAX } from "./limits.ts";

export function resolutionMiss(key: string, mode: string): QuorateError {
  return new QuorateError(
    "RESOLUTION_MISS",
    `no proof of ${key} is known, and the mode ${mode} makes none`,
    "resolve it in the mode read-write once; --explain-miss names the nearest known obligation",
  );
}

export function tooManyQuestions(): QuorateError {
  return new QuorateError(
    "RESOLVER_BUSY",
    `${IN_FLIGHT_MAX} obligations are being resolved`,
    "wait for some of them before asking more",
  );
}
