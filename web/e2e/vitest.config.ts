import { defineConfig } from "vitest/config";

// Journeys in a browser, against the program as it is built.
export default defineConfig({
  test: { include: ["e2e/**/*.e2e.ts"], testTimeout: 60_000, hookTimeout: 120_000, fileParallelism: false },
});
