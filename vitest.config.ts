import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{base,consensus,proof,node,client,cluster,chaos,viz,test,bin}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "dist/**", "test/tools/**"],
    globalSetup: ["test/build-once.ts"],
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default"],
  },
});
