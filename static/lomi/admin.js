// What unfold leaves to the mouse is made a button: reached by Tab, pressed by Enter or blank.
"use strict";

(() => {
  const isFrench = document.documentElement.lang.startsWith("fr");
  // unfold's signs, whose names a screen reader would spell out.
  const NAMES = isFrench
    ? { dock_to_right: "Menu", close: "Fermer", expand_more: "Déplier", visibility: "Montrer", more: "Défilement" }
    : { dock_to_right: "Menu", close: "Close", expand_more: "Unfold", visibility: "Show", more: "Scrolling" };
  const BUTTONS = "a[href], button, input, select, textarea, label, summary";
  // A click on what lies behind closes what lies before: Escape does so too.
  const BACKDROPS = "#changelist-filter-close";

  function makeButton(element) {
    if (element.matches(BUTTONS) || element.matches(BACKDROPS) || element.hasAttribute("role")) return;
    if (!element.hasAttribute("x-on:click") || element.querySelector(BUTTONS)) return;
    element.setAttribute("role", "button");
    element.tabIndex = 0;
    const name = NAMES[element.textContent.trim()];
    if (name) element.setAttribute("aria-label", name);
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      element.click();
    });
  }

  function mend() {
    document.getElementById("main")?.setAttribute("role", "main");
    for (const { dataset } of document.querySelectorAll("#result_list [data-label]"))
      dataset.label = dataset.label.charAt(0).toUpperCase() + dataset.label.slice(1);
    for (const element of document.querySelectorAll("[x-on\\:click]")) makeButton(element);
    // A filter's title comes right after the page's.
    const titles = [...document.querySelectorAll("#changelist-filter h3")];
    for (const title of titles) title.setAttribute("aria-level", "2");
    // The box that stands for a select is named as that is: by its label, or by the title before.
    for (const select of document.querySelectorAll(".select2-hidden-accessible")) {
      const before = (title) => title.compareDocumentPosition(select) & Node.DOCUMENT_POSITION_FOLLOWING;
      const label = select.labels[0]?.textContent.trim();
      const name = label || titles.filter(before).at(-1)?.textContent.trim();
      const box = select.nextElementSibling;
      if (!name || !box) continue;
      for (const one of box.querySelectorAll(".select2-selection, .select2-selection__rendered"))
        one.setAttribute("aria-label", name);
    }
    document.querySelectorAll(".simplebar-content-wrapper").forEach((element, index) => {
      const heading = element.closest("#nav-sidebar, #nav-sidebar-apps") ? NAMES.dock_to_right : document.querySelector("h1")?.textContent.trim();
      element.setAttribute("aria-label", `${heading || NAMES.more}${index > 1 ? ` ${index}` : ""}`);
    });
  }

  // Payments are counted: no axis has halves of one.
  if (window.Chart) Chart.defaults.scales.linear.ticks.precision = 0;

  document.addEventListener("DOMContentLoaded", () => {
    mend();
    new MutationObserver(mend).observe(document.body, { childList: true, subtree: true });
  });
})();
