// Who else has this ticket open, and whether it has moved on. Without this the page says so when it
// is loaded, and a late answer is refused with what is new.
"use strict";

(() => {
  const LOOK_AGAIN_MS = 15_000;
  const list = document.getElementById("ticket-others");
  const form = document.getElementById("ticket-answer");
  if (!list || !form) return;
  let typed = false;
  form.addEventListener("input", () => { typed = true; });

  function show(sentences) {
    const items = sentences.map((sentence) => {
      const item = document.createElement("li");
      item.className = "lomi-warning";
      item.textContent = sentence;
      return item;
    });
    // Said again, a screen reader would read it again.
    if (list.textContent.trim() !== sentences.join("").trim()) list.replaceChildren(...items);
  }

  async function look() {
    if (document.hidden) return;
    const answer = await fetch(list.dataset.url + (typed ? "?typing=1" : ""), { credentials: "same-origin" });
    if (!answer.ok) return;
    typed = false;
    const said = await answer.json();
    const sentences = said.others.map((one) => one.sentence);
    if (said.sequence > Number(list.dataset.sequence)) sentences.unshift(list.dataset.moved);
    show(sentences);
  }

  setInterval(() => { look().catch(() => {}); }, LOOK_AGAIN_MS);
})();
