import type { Gateway } from "../gateway.ts";

/**
 * What a door sees of the gateway: all of it, or what one caller may have. Doors reach the cluster
 * and the cache through it alone, so what a caller may not have cannot be told from what is not.
 */
export type GatewayView = Pick<
  Gateway,
  | "counts"
  | "traffic"
  | "settings"
  | "lookLocally"
  | "lookFurther"
  | "whole"
  | "wholeBytes"
  | "exists"
  | "existsLocally"
  | "refusesWrite"
  | "put"
  | "putBody"
  | "putBytes"
  | "delete"
>;
