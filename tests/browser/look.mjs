// Looks at pages in Chromium, at each width and in each colour scheme, and prints what it saw as JSON.
// node look.mjs CHROMIUM PAGE...
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const LOOKS = [
  { width: 1280, colorScheme: "light" },
  { width: 390, colorScheme: "light" },
  { width: 390, colorScheme: "dark" },
  { width: 1280, colorScheme: "dark" },
];

const [executablePath, ...pages] = process.argv.slice(2);
const args = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox", ...args] : args });

async function seen(file, { width, colorScheme }) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const page = await context.newPage();
  const errors = [], requests = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(file).href, { waitUntil: "load" });
  const structure = await page.evaluate(() => ({
    title: document.title,
    sections: [...document.querySelectorAll("main > section")].map((section) => section.id),
    empty: [...document.querySelectorAll("main > section")].filter((s) => !s.querySelector("p, table, svg")).map((s) => s.id),
    landmarks: [...document.querySelectorAll("header, nav, main, footer")].map((one) => one.tagName.toLowerCase()),
    drawn: [...document.querySelectorAll("figure")].map((f) => [...f.querySelectorAll("svg")].filter((s) => s.getClientRects().length).length),
    broken: [...document.querySelectorAll('a[href^="#"]')].map((a) => a.hash.slice(1)).filter((id) => !document.getElementById(id)),
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    scripts: document.scripts.length,
  }));
  await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map((v) => ({ rule: v.id, impact: v.impact, where: v.nodes.slice(0, 5).map((n) => `${n.target}: ${n.failureSummary}`) }));
  await context.close();
  return { file, width, colorScheme, errors, requests, ...structure, violations: told };
}

const found = [];
for (const file of pages) for (const look of LOOKS) found.push(await seen(file, look));
await browser.close();
console.log(JSON.stringify(found));
