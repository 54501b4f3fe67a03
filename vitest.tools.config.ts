import { defineConfig } from "vitest/config";

/** Real build tools against real gateways and clusters: slow, one file at a time. */
export default defineConfig({
  test: {
    include: ["test/tools/**/*.test.ts"],
    globalSetup: ["test/build-once.ts", "test/tools/install-node-tools.ts"],
    pool: "forks",
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    reporters: ["default"],
  },
});
