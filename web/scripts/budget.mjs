// How much a browser loads before it shows the first page: no more than 200 kB packed, whichever page comes first.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const limit = 200_000;
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist)));
const packed = (name) => gzipSync(readFileSync(new URL(name, dist)), { level: 9 }).length;

function chunks(key, into = new Set()) {
  const c = manifest[key];
  if (!c || into.has(c.file)) return into;
  into.add(c.file);
  for (const css of c.css ?? []) into.add(css);
  for (const i of c.imports ?? []) chunks(i, into);
  return into;
}

let failed = 0;
for (const page of ["src/shell/sign-in.tsx", "src/inbox/index.tsx", "src/portal/index.tsx"]) {
  const files = new Set([...chunks("index.html"), ...chunks(page)]);
  const size = packed("index.html") + packed("theme.js") + [...files].reduce((n, f) => n + packed(f), 0);
  const ok = size <= limit;
  if (!ok) failed++;
  console.log(`${ok ? "ok  " : "over"} ${page}: ${(size / 1000).toFixed(1)} kB of ${limit / 1000} kB`);
}

// The editor comes with the studio alone.
const editor = [...chunks("src/portal/studio/page.tsx")].filter(
  (f) => !chunks("src/portal/index.tsx").has(f) && !chunks("index.html").has(f),
);
const size = editor.reduce((n, f) => n + packed(f), 0);
if (size > 180_000) failed++;
console.log(
  `${size <= 180_000 ? "ok  " : "over"} src/portal/studio/page.tsx, beside the portal: ${(size / 1000).toFixed(1)} kB of 180 kB`,
);
process.exit(failed ? 1 : 0);
