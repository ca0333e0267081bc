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
