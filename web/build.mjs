// Bundles the interactive page into the package: script, style sheet, and the licences of what is bundled.
// `node build.mjs --check` writes nothing and fails where the committed files are not what the sources build.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "blockviz", "render", "formats", "html");
const common = {
  absWorkingDir: here, bundle: true, minify: true, write: false, charset: "ascii", legalComments: "none",
};

const script = await build({
  ...common, entryPoints: ["src/main.ts"], format: "iife", target: "es2022", metafile: true,
});
const style = await build({ ...common, entryPoints: ["src/page.css"] });

const packages = [...new Set(Object.keys(script.metafile.inputs)
  .map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1])
  .filter(Boolean))].sort();
const licences = packages.map((name) => {
  const folder = join(here, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, "LICENSE"), "utf8").trim()}\n`;
});

const files = {
  "page.js": script.outputFiles[0].text,
  "page.css": style.outputFiles[0].text,
  "LICENCES.txt": `page.js holds parts of these libraries.\n\n${licences.join(`\n${"-".repeat(72)}\n\n`)}`,
};
const stale = Object.entries(files).filter(([name, text]) => {
  try {
    return readFileSync(join(target, name), "utf8") !== text;
  } catch {
    return true;
  }
});
if (process.argv.includes("--check")) {
  for (const [name] of stale) console.error(`${name} is not what web/ builds; run: npm run build`);
  process.exitCode = stale.length ? 1 : 0;
} else {
  for (const [name, text] of stale) writeFileSync(join(target, name), text);
  for (const [name, text] of Object.entries(files)) console.log(`${name}: ${text.length} bytes`);
}
