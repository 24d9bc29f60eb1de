import { chromium } from "playwright-core";
import { readFileSync } from "node:fs";
const b = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
const p = await b.newPage();
const dir = "/tmp/w/shots/";
for (const spec of process.argv.slice(2)) {
  const [out, width, ...names] = spec.split(",");
  const imgs = names.map((n) => { try { return `<img style="width:${width}px;display:block" src="data:image/png;base64,${readFileSync(dir + n + ".png").toString("base64")}">` } catch { return "" } }).join("");
  const cols = width < 500 ? names.length : 2;
  await p.setViewportSize({ width: cols * (Number(width) + 8), height: 100 });
  await p.setContent(`<body style="margin:0;background:#f0f"><div style="display:grid;gap:8px;grid-template-columns:repeat(${cols},${width}px)">${imgs}</div>`);
  await p.screenshot({ path: `/tmp/w/${out}.png`, fullPage: true });
}
await b.close();
