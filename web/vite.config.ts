import { svelte } from "@sveltejs/vite-plugin-svelte";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { mock } from "./dev/mock.ts";
import { staffMock } from "./dev/staff_mock.ts";

const BACK_END = "http://localhost:8080";
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Client-side routes in development, as the web process serves them: /watch/… has its own light page. */
function pages(): Plugin {
  return {
    name: "tallylight-pages",
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        const path = (request.url ?? "/").split("?")[0] ?? "/";
        if (request.headers.accept?.includes("text/html")) {
          request.url = path.startsWith("/watch/") ? "/watch.html" : "/index.html";
        }
        next();
      });
    },
  };
}

export default defineConfig(({ mode }) => ({
  plugins: [
    svelte(),
    pages(),
    // A stand-in back end for work on the screens alone. Never part of a build.
    mode === "mock" ? [staffMock(), mock()] : null,
  ],
  base: "/",
  build: {
    outDir: here("../src/tallylight/app/web/static"),
    emptyOutDir: true,
    target: "baseline-widely-available",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 450,
    rolldownOptions: {
      input: { watch: here("watch.html"), index: here("index.html") },
      checks: { pluginTimings: false },
    },
  },
  server: mode === "mock" ? {} : { proxy: { "/api": BACK_END, "/media": BACK_END } },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
}));
