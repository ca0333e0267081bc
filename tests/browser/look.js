// What a careful person would see wrong on the page that is open: a list of sentences.
"use strict";

const INTERACTIVE =
  "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex], [contenteditable=true]";
// Lies behind what is open, and closes it, as Escape does.
const BEHIND = "#changelist-filter-close";
const DETAILS_MAX = 5;
// A page has a hundred of them, made by one template.
const ALIKE = "article.operation";
const STILL = new CSSStyleSheet();
STILL.replaceSync("*, *::before, *::after { transition: none !important; animation: none !important; }");

// The real-time process is not here: its stream is open and says nothing.
window.EventSource = class {
  constructor() { setTimeout(() => this.onopen?.()); }
  close() {}
};

// `found` is what is wrong; `judged` the paints whose colours were found good.
window.look = async ({ isThorough, isFirst, withContrast, fewAlike, judgedBefore }) => {
  if (!document.adoptedStyleSheets.includes(STILL)) document.adoptedStyleSheets.push(STILL);
  // What a click would show is looked at too: filters stand beside the list, details open.
  for (const one of document.querySelectorAll("details")) one.open = true;
  if (window.innerWidth < 600) document.querySelector('[x-on\\:click="filterOpen = true"]')?.click();
  window.scrollTo(0, 0);
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  // A font or a script that is still to come may yet move what stands there.
  let crowded = [...wide(), ...cutOff()];
  for (let tries = 0; crowded.length && tries < 20; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    crowded = [...wide(), ...cutOff()];
  }
  const found = [...crowded, ...words(), ...titles(), ...mouseOnly()];
  if (!isThorough) return { found, judged: [] };
  if (window.innerWidth >= 1280) reached = new WeakSet();
  // The reference has hundreds of details, all made by one template: a minute of axe's time.
  for (const one of [...document.querySelectorAll("details")].slice(DETAILS_MAX)) one.open = false;
  const alike = fewAlike ? [...document.querySelectorAll(ALIKE)].filter((_, n) => n % 20) : [];
  // Hidden, they would still be in the tree that axe makes of the page.
  const places = alike.map(() => document.createComment(""));
  alike.forEach((one, n) => one.replaceWith(places[n]));
  found.push(...unreachable());
  const paints = judgedBefore === null ? null : newPaints(new Set(judgedBefore.split(" ")));
  const { violations, judged } = await accessibility(isFirst, withContrast, paints);
  found.push(...violations);
  alike.forEach((one, n) => places[n].replaceWith(one));
  return { found, judged };
};

function isSeen(element) {
  return element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    element.getClientRects().length > 0;
}

function named(element) {
  const text = (element.innerText || element.getAttribute("aria-label") || "").trim();
  return `<${element.tagName.toLowerCase()} class="${element.className}"> ${text.slice(0, 60)}`;
}

function wide() {
  const { scrollWidth } = document.documentElement;
  if (scrollWidth <= window.innerWidth) return [];
  const beyond = [...document.body.querySelectorAll("*")].filter(
    (one) => isSeen(one) && one.getBoundingClientRect().right > window.innerWidth + 1
  );
  return [`scrolls sideways, ${scrollWidth} of ${window.innerWidth}: ${beyond.slice(0, 3).map(named)}`];
}

// On a wide screen nothing is out of sight; code alone may be as wide as it is.
function* cutOff() {
  if (window.innerWidth < 1280) return;
  for (const element of document.querySelectorAll("body *")) {
    if (element.scrollWidth <= element.clientWidth + 1 || element.matches("pre") || !isSeen(element)) continue;
    if (["auto", "scroll"].includes(getComputedStyle(element).overflowX))
      yield `a part scrolls sideways, ${element.scrollWidth} of ${element.clientWidth}: ${named(element)}`;
  }
}

const UNWANTED = new Set(WORDS.english);

function* words() {
  const isFrench = document.documentElement.lang.startsWith("fr");
  for (const [text, element] of texts()) {
    const ours = element.closest("code, pre, [lang]");
    if (ours && ours !== document.documentElement) continue;
    if (isFrench && UNWANTED.has(text.toLowerCase())) yield `in English: "${text}" ${named(element)}`;
    if (isFrench && /[a-zà-ÿ]'[a-zà-ÿ]/i.test(text)) yield `a typewriter's apostrophe: ${text.slice(0, 80)}`;
    if (/^[{[]\s*"/.test(text)) yield `raw JSON: ${text.slice(0, 60)}`;
  }
}

function* titles() {
  const isFrench = document.documentElement.lang.startsWith("fr");
  for (const title of document.querySelectorAll("h1")) {
    const found = title.innerText.split(/\s+/).filter((word) => WORDS.states.includes(word));
    if (isFrench && found.length) yield `a raw state in the title: ${title.innerText}`;
  }
}

function* texts() {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.data.replace(/\s+/g, " ").trim();
    if (text && !element.closest("script, style, noscript, .material-symbols-outlined") && isSeen(element)) {
      yield [text, element];
    }
  }
  for (const name of ["aria-label", "placeholder", "title", "alt"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      const text = element.getAttribute(name).trim();
      if (text && isSeen(element)) yield [text, element];
    }
  }
  for (const element of document.querySelectorAll("option")) yield [element.text.trim(), element];
  yield [document.title, document.body];
  for (const part of document.title.split(/[|·]/)) yield [part.trim(), document.body];
}

const SHOWN_BY = ["outlineStyle", "outlineWidth", "outlineColor", "boxShadow", "borderColor", "backgroundColor", "textDecorationLine", "color"];

function styleOf(element) {
  let text = "";
  for (let one = element, up = 0; one && up < 4; one = one.parentElement, up += 1) {
    const style = getComputedStyle(one);
    text += SHOWN_BY.map((name) => style[name]).join() + ";";
  }
  return text;
}

// What was found good at the wide width is not asked again at the narrow one.
let reached = new WeakSet();

function* unreachable() {
  const all = [...document.querySelectorAll(INTERACTIVE)].filter(
    (one) => !reached.has(one) && isSeen(one) && !one.matches(":disabled")
  );
  document.activeElement?.blur();
  const before = new Map(all.map((one) => [one, styleOf(one)]));
  for (const element of all) {
    // One radio of a group is reached by Tab, the others by arrows.
    if (element.tabIndex < 0) {
      if (element.matches("a[href], button, input, select, textarea") && !hasTwin(element))
        yield `Tab does not reach ${named(element)}`;
      continue;
    }
    element.focus({ preventScroll: true });
    if (document.activeElement !== element) yield `takes no focus: ${named(element)}`;
    else if (!element.dispatchEvent(new KeyboardEvent("keydown", { key: "Tab", bubbles: true, cancelable: true })))
      yield `keeps the Tab key to itself: ${named(element)}`;
    else if (styleOf(element) === before.get(element)) yield `focus is not seen: ${named(element)}`;
    else reached.add(element);
  }
  document.activeElement?.blur();
}

// What only a mouse can press.
function* mouseOnly() {
  for (const element of document.querySelectorAll("[x-on\\:click], [onclick]")) {
    const isButton = element.matches(INTERACTIVE) || element.closest("label, button, a[href]");
    if (isSeen(element) && !isButton && !element.querySelector(INTERACTIVE) && !element.matches(BEHIND))
      yield `only a mouse presses ${named(element)}`;
  }
}

// What Tab has to reach, and what it did reach since.
let awaited = new Set();

window.beginTabs = () => {
  document.activeElement?.blur();
  window.getSelection().removeAllRanges();
  const all = [...document.querySelectorAll(INTERACTIVE)].filter(
    (one) => isSeen(one) && one.tabIndex >= 0 && !one.matches(":disabled, [type=radio]")
  );
  awaited = new Set(all);
  document.addEventListener("focusin", (event) => awaited.delete(event.target));
  // The focus begins before everything, as when the page was just opened.
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute("tabindex");
  return all.length + document.querySelectorAll("[type=radio]").length;
};

window.missedByTab = () => [...awaited].map((one) => `the Tab key does not come to ${named(one)}`);

// A search box that a library makes of a select stands for it.
function hasTwin(element) {
  return Boolean(element.closest(".select2-container, .select2-hidden-accessible"));
}

// What axe reads as text: in elements of one paint it has the same colours.
const WRITTEN = "input:not([type=hidden]), select, textarea";
// Something may lie over one.
const ALIKE_MAX = 3;
const TO_JUDGE = "data-to-judge";

// Elements whose paints were not judged before, a few of each; and those paints.
function newPaints(judgedBefore) {
  const known = new Map();
  const isWritten = (one) =>
    one.matches(WRITTEN) || [...one.childNodes].some(({ nodeType, data }) => nodeType === Node.TEXT_NODE && data.trim());
  const found = [...document.body.querySelectorAll("*")].filter((one) => isWritten(one) && isSeen(one));
  const counts = new Map();
  return new Map(found.map((one) => [one, paintOf(one, known)]).filter(([, paint]) => {
    counts.set(paint, (counts.get(paint) ?? 0) + 1);
    return !judgedBefore.has(paint) && counts.get(paint) <= ALIKE_MAX;
  }));
}

// All that an element's colours come of, and those behind it.
function paintOf(element, known) {
  if (!element) return "";
  if (!known.has(element)) {
    const style = getComputedStyle(element);
    const own = ["color", "backgroundColor", "backgroundImage", "opacity", "fontSize", "fontWeight", "textShadow", "position"];
    known.set(element, digest([
      paintOf(element.parentElement, known), element.tagName, element.getAttribute("class"),
      element.matches(":disabled, [aria-disabled=true]"), ...own.map((name) => style[name]),
    ].join()));
  }
  return known.get(element);
}

function digest(text) {
  let [one, two] = [0x811c9dc5, 0x9e3779b9];
  for (let n = 0; n < text.length; n += 1) {
    one = Math.imul(one ^ text.charCodeAt(n), 0x01000193);
    two = Math.imul(two ^ text.charCodeAt(n), 0x85ebca6b);
    two ^= two >>> 13;
  }
  return (one >>> 0).toString(36) + (two >>> 0).toString(36);
}

// With `paints` colours are judged of those elements alone; without, of all.
async function accessibility(isFirst, withContrast, paints) {
  // The menu is the same on every page.
  const context = isFirst ? document : { exclude: [["#nav-sidebar"]] };
  const rules = { "color-contrast": { enabled: withContrast } };
  axe.configure({ rules: [{ id: "color-contrast", selector: paints ? `[${TO_JUDGE}]` : "*" }] });
  for (const one of paints?.keys() ?? []) one.setAttribute(TO_JUDGE, "");
  const resultTypes = ["violations", "incomplete"];
  const { violations, incomplete } = await axe.run(context, { resultTypes, preload: false, rules, elementRef: true });
  for (const one of paints?.keys() ?? []) one.removeAttribute(TO_JUDGE);
  // Where it was bad, or something lay over it, its like is judged elsewhere; beside the menu, in it.
  const outside = isFirst ? [] : [...document.querySelectorAll("#nav-sidebar *")];
  const ofColours = [...violations, ...incomplete].filter(({ id }) => id === "color-contrast");
  const notGood = ofColours.flatMap(({ nodes }) => nodes.map(({ element }) => element));
  for (const one of [...outside, ...notGood]) paints?.delete(one);
  return {
    judged: withContrast ? [...new Set(paints?.values() ?? [])] : [],
    violations: violations.flatMap(({ id, help, nodes }) =>
      nodes.slice(0, 3).map((node) => `axe ${id}: ${help}: ${node.target} ${node.html.slice(0, 140)}` +
        (node.any[0] ? ` ${node.any[0].message.slice(0, 160)}` : ""))
    ),
  };
}
