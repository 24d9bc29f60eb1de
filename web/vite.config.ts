import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// In development the pages come from Vite and everything else from a Patchbay that runs beside it.
const server = process.env.PATCHBAY_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  build: {
    target: ["chrome123", "edge123", "firefox121", "safari17.5"],
    assetsInlineLimit: 0, // the policy allows data: for pictures alone
    modulePreload: { polyfill: false },
    manifest: true, // for the budget
    reportCompressedSize: false,
  },
  server: { proxy: Object.fromEntries(["/v1", "/media"].map((at) => [at, { target: server, changeOrigin: false }])) },
  test: { include: ["src/**/*.test.ts"] },
});
