// The search box of the reference: hides the operations without the words typed.
const boxes = document.querySelectorAll(".search");
const operations = [...document.querySelectorAll(".operation")].map((element) => ({
  element,
  text: element.textContent.toLowerCase(),
  entries: document.querySelectorAll(`[data-operation="${element.id}"]`),
}));

function search(typed) {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  for (const { element, text, entries } of operations) {
    const isHidden = !words.every((word) => text.includes(word));
    for (const one of [element, ...entries]) one.hidden = isHidden;
  }
  for (const group of document.querySelectorAll(".group")) {
    const items = [...group.querySelectorAll(".operation, [data-operation]")];
    group.hidden = items.every((one) => one.hidden);
  }
  document.querySelector(".introduction").hidden = words.length > 0;
  document.querySelector(".nothing").hidden = operations.some((one) => !one.element.hidden);
}

for (const box of boxes) {
  box.hidden = false;
  box.querySelector("input").addEventListener("input", (event) => search(event.target.value));
}

// A button beside each block of code copies it; what scrolls has a name for those who hear it.
const { copy, copied, code, table } = document.body.dataset;

for (const block of document.querySelectorAll("pre")) {
  block.setAttribute("role", "group");
  block.setAttribute("aria-label", code);
  const frame = document.createElement("div");
  frame.className = "code";
  block.replaceWith(frame);
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.textContent.trimEnd());
    button.textContent = copied;
    setTimeout(() => (button.textContent = copy), 2000);
  });
  frame.append(block, button);
}

for (const wide of document.querySelectorAll(".wide")) {
  if (wide.scrollWidth <= wide.clientWidth) continue;
  wide.tabIndex = 0;
  wide.setAttribute("role", "group");
  wide.setAttribute("aria-label", table);
}
