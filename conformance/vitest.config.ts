import { defineConfig } from "vitest/config";

// Files run one after the other: the fleet's nodes need the processors.
export default defineConfig({ test: { include: ["test/**/*.test.ts"], fileParallelism: false, testTimeout: 30_000 } });
