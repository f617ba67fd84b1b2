import { defineConfig } from "vitest/config";

export default defineConfig({ test: { pool: "vmThreads", include: ["*.test.mjs"] } });
