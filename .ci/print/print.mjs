// Prints documents in a browser and looks at each: node print.mjs FOLDER PAGES FILE…
//
// Every file becomes a PDF in FOLDER, and ends the program with what is wrong: parts that stick
// out of the paper, more pages than PAGES, and whatever axe finds, on the screen and in print.
// PAGES is the most pages that a document may have.
import { readFileSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const [folder, pages, ...files] = process.argv.slice(2);
if (files.length === 0) throw new Error("no file was given: nothing would be looked at");
// As wide as US Letter within the margins of the style sheet, in pixels, and so high that all of
// a document is seen: of what is not, axe cannot say what is behind it.
const paper = { width: Math.round((8.5 - 1.2) * 96), height: 8000 };
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // It is run as root in containers; what it opens are files that were just written.
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});
const page = await browser.newPage();
await page.setViewport(paper);
let asked = [];
page.on("request", (request) => asked.push(request.url()));
const faults = [];
for (const file of files) {
  const name = basename(file, ".html");
  const fault = (text) => faults.push(`${name}: ${text}`);
  const address = pathToFileURL(resolve(file)).href;
  asked = [];
  await page.emulateMediaType("screen");
  await page.goto(address);
  const others = asked.filter((url) => url !== address && !url.startsWith("data:"));
  if (others.length > 0) fault(`it asks for ${others.join(", ")}`);
  for (const media of ["screen", "print"]) {
    await page.emulateMediaType(media);
    // Of what touches the edge of the window, axe does not know what is behind it.
    await page.setViewport({ ...paper, width: paper.width + 20 });
    await page.evaluate(axe);
    const found = await page.evaluate(() =>
      axe.run(document, {
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      }),
    );
    for (const { id, help, nodes } of found.violations) {
      fault(`axe, ${media}: ${id}: ${help}: ${nodes[0].html.slice(0, 120)}`);
    }
    // What axe could not decide, it did not look at.
    for (const { id, nodes } of found.incomplete) {
      const why = nodes[0].any[0]?.message;
      fault(`axe, ${media}: ${id} could not be decided: ${why}: ${nodes[0].html.slice(0, 120)}`);
    }
    if (found.passes.length < 10) fault(`axe, ${media}: only ${found.passes.length} rules apply`);
  }
  await page.setViewport(paper);
  const out = await page.evaluate(() => {
    const most = document.documentElement.clientWidth;
    const isOut = (element) => {
      const { left, right } = element.getBoundingClientRect();
      return left < 0 || right > most + 0.5 || element.scrollWidth > element.clientWidth + 1;
    };
    const all = [...document.querySelectorAll("main, main *")];
    const blocks = all.filter((one) => getComputedStyle(one).display !== "inline");
    return blocks.filter(isOut).map((one) => one.outerHTML.slice(0, 120));
  });
  if (out.length > 0) fault(`${out.length} parts stick out of the paper: ${out[0]}`);
  const pdf = join(folder, `${name}.pdf`);
  writeFileSync(pdf, await page.pdf({ preferCSSPageSize: true, printBackground: true }));
  const about = execFileSync("pdfinfo", [pdf], { encoding: "utf8" });
  const count = Number(/^Pages:\s+(\d+)$/m.exec(about)?.[1]);
  if (!(count >= 1 && count <= Number(pages))) fault(`${count} pages, ${pages} at most`);
  if (!/^Page size:\s+612 x 792 pts/m.test(about)) fault("it is not on Letter paper");
  // Every word of the document is on the paper, within its edges.
  const words = (text) => text.normalize("NFKC").replace(/\s+/gu, "");
  const shown = words(await page.evaluate(() => document.querySelector("main").innerText));
  const printed = words(execFileSync("pdftotext", ["-raw", pdf, "-"], { encoding: "utf8" }));
  // The head of a table stands on each page that the table is on.
  const left = new Map();
  for (const letter of printed) left.set(letter, (left.get(letter) ?? 0) + 1);
  for (const letter of shown) left.set(letter, (left.get(letter) ?? 0) - 1);
  const lost = [...left].filter(([, count]) => count < 0).map(([letter]) => letter);
  if (lost.length > 0) fault(`not all of the document is on paper: ${lost.join(" ")}`);
  const boxes = execFileSync("pdftotext", ["-bbox", pdf, "-"], { encoding: "utf8" });
  for (const [, left, top, right, bottom, word] of boxes.matchAll(
    /<word xMin="([^"]+)" yMin="([^"]+)" xMax="([^"]+)" yMax="([^"]+)">(.*?)<\/word>/g,
  )) {
    const inside = left > 30 && right < 612 - 30 && top > 25 && bottom < 792 - 25;
    if (!inside) fault(`'${word}' is at the edge of the paper`);
  }
}
await browser.close();
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exit(1);
console.log(`${files.length} documents are printed on at most ${pages} pages each`);
