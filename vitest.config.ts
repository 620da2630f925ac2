import { defineConfig } from "vitest/config";

// One reporter line at the end is what CI reads: "N passed, N failed".
export default defineConfig({
  test: {
    retry: 0,
    setupFiles: ["./test/support/fixedSeed.ts"],
    reporters: ["default", "./test/support/countReporter.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          // Generous: a busy machine must not turn a right answer into a failure.
          testTimeout: 60_000,
          // Pure code needs no fresh world for each file: 22 s instead of 56.
          pool: "threads",
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: "fuzz",
          include: ["test/fuzz/**/*.test.ts"],
          testTimeout: 900_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Each file boots its own local chain; two at a time is what two cores carry.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
