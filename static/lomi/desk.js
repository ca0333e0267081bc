// The desk by keys alone. Without this its links and buttons do the same.
"use strict";

(() => {
  const list = document.getElementById("desk-list");
  const form = document.getElementById("desk-form");
  const pane = document.getElementById("desk-pane");
  const help = document.getElementById("desk-help");
  const rows = list ? [...list.children] : [];
  let at = Math.max(0, rows.findIndex((row) => row.getAttribute("aria-current") === "true"));
  let latest = 0;

  const boxOf = (row) => row.querySelector("input");
  const linkOf = (row) => row.querySelector("a");

  async function show(row) {
    const number = (latest += 1);
    const answer = await fetch(linkOf(row).dataset.pane, { credentials: "same-origin" });
    if (!answer.ok) return;
    const text = await answer.text();
    // Another row was chosen while this one came.
    if (number === latest) pane.innerHTML = text;
  }

  function go(to) {
    if (!rows[to]) return;
    rows[at]?.removeAttribute("aria-current");
    at = to;
    rows[at].setAttribute("aria-current", "true");
    linkOf(rows[at]).focus();
    rows[at].scrollIntoView({ block: "nearest" });
    show(rows[at]).catch(() => {});
  }

  function tickAll() {
    const all = rows.every((row) => boxOf(row).checked);
    for (const row of rows) boxOf(row).checked = !all;
  }

  // Without a tick an act is about the row that is open.
  form?.addEventListener("submit", () => {
    if (rows[at] && !rows.some((row) => boxOf(row).checked)) boxOf(rows[at]).checked = true;
  });
  // Back on the page, nothing is ticked that was not ticked by hand.
  addEventListener("pageshow", (event) => { if (event.persisted) form?.reset(); });

  list?.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(rows.indexOf(link.closest("li")));
    if (getComputedStyle(document.querySelector(".lomi-worklist-page")).display !== "grid")
      pane.scrollIntoView();
  });

  document.getElementById("desk-help-button")?.addEventListener("click", () => help.showModal());

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const { target } = event;
    const isTyping = target.matches("textarea, select, input:not([type=checkbox])");
    if (isTyping || target.isContentEditable) return;
    const { key } = event;
    if (key === "?") help.showModal();
    else if (key === "ArrowDown" || key === "j") go(Math.min(at + 1, rows.length - 1));
    else if (key === "ArrowUp" || key === "k") go(Math.max(at - 1, 0));
    else if (key === "x" && rows[at]) boxOf(rows[at]).checked = !boxOf(rows[at]).checked;
    else if (key === "*") tickAll();
    else if (key === "Enter" && target.closest("#desk-list")) {
      pane.tabIndex = -1;
      pane.focus();
      pane.scrollIntoView({ block: "nearest" });
    } else {
      const pressed = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
      if (!pressed) return;
      pressed.click();
    }
    event.preventDefault();
  });

  if (rows.length) linkOf(rows[at]).focus({ preventScroll: true });
})();
