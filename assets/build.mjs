// Fills marketplace/web/static/vendor and tests/browser/vendor from the packages pinned in package-lock.json.
// It writes nothing else and changes no file of a package: what is copied can be compared with its release.

import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const packages = join(here, "node_modules");
const served = join(here, "..", "marketplace", "web", "static", "vendor");
const tested = join(here, "..", "tests", "browser", "vendor");

const copies = {
  [join(served, "govuk-frontend")]: [
    "govuk-frontend/dist/govuk/govuk-frontend.min.js",
    "../licences/govuk-frontend.txt",
  ],
  [join(served, "source-sans-3")]: [
    "@fontsource-variable/source-sans-3/files/source-sans-3-latin-wght-normal.woff2",
    "@fontsource-variable/source-sans-3/LICENSE",
  ],
  [join(served, "accessible-autocomplete")]: [
    "accessible-autocomplete/dist/accessible-autocomplete.min.js",
    "accessible-autocomplete/LICENSE.txt",
  ],
  [join(served, "htmx")]: ["htmx.org/dist/htmx.min.js", "htmx.org/LICENSE"],
  [join(served, "leaflet")]: ["leaflet/dist/leaflet.js", "leaflet/dist/leaflet.css", "leaflet/LICENSE"],
  [join(served, "leaflet", "images")]: [
    "leaflet/dist/images/layers.png",
    "leaflet/dist/images/layers-2x.png",
    "leaflet/dist/images/marker-icon.png",
  ],
  [join(tested, "axe-core")]: [
    "axe-core/axe.min.js",
    "axe-core/LICENSE",
    "axe-core/LICENSE-3RD-PARTY.txt",
  ],
};

/** The name a copied file gets: every licence is called LICENSE or LICENSE.txt beside what it covers. */
const nameOf = (file) => (file.startsWith("../licences/") ? "LICENSE.txt" : file.split("/").at(-1));

await rm(served, { recursive: true, force: true });
await rm(tested, { recursive: true, force: true });
for (const [folder, files] of Object.entries(copies)) {
  await mkdir(folder, { recursive: true });
  await Promise.all(files.map((file) => copyFile(join(packages, file), join(folder, nameOf(file)))));
}

const { css } = compile(join(here, "govuk-frontend.scss"), { loadPaths: [packages], style: "compressed" });
await writeFile(join(served, "govuk-frontend", "govuk-frontend.min.css"), `${css}\n`);
