// A relation found by typing: `data-typeahead` is where to ask (`?q=` answers [{id, text, note}]).
import { Combobox } from "./combobox.js";
import { element, later, on } from "./page.js";

const known = new WeakMap();

function start(root) {
  if (known.has(root)) return known.get(root);
  const [hidden, input] = root.querySelectorAll("input");
  let text = input.value;
  let asked = 0;

  const set = (id, words) => {
    const changed = hidden.value !== id;
    hidden.value = id;
    input.value = text = words;
    box.hide();
    if (changed) hidden.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const box = new Combobox(input, root.querySelector("[role=listbox]"), (option) => set(option.dataset.id, option.dataset.text));

  const ask = later(async () => {
    const turn = ++asked;
    let found;
    try {
      const answer = await fetch(`${root.dataset.typeahead}?q=${encodeURIComponent(input.value.trim())}`, { headers: { Accept: "application/json" } });
      found = answer.ok ? await answer.json() : null;
    } catch {
      found = null;
    }
    if (turn !== asked || document.activeElement !== input) return;
    if (found === null) box.show([element("span", "empty-hint", "The list does not answer now. Try again.")]);
    else box.show(found.length ? found.map(option) : [element("span", "empty-hint", "Nothing found.")]);
  }, 140);

  input.addEventListener("input", (event) => {
    event.stopPropagation();
    ask();
  });
  input.addEventListener("change", (event) => event.stopPropagation());
  input.addEventListener("focus", () => {
    input.select();
    ask();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || box.list.hidden) return;
    event.stopPropagation();
    box.hide();
  });
  input.addEventListener("blur", () => {
    asked++;
    box.hide();
    if (input.value.trim() === "") set("", "");
    else input.value = text;
  });
  known.set(root, box);
  return box;
}

function option(item) {
  const made = element("span", "item");
  made.setAttribute("role", "option");
  made.setAttribute("aria-selected", "false");
  made.dataset.id = item.id;
  made.dataset.text = item.text;
  made.append(element("span", "", item.text));
  if (item.note) made.append(element("small", "", item.note));
  return made;
}

on("focusin", "[data-typeahead]", start);
for (const root of document.querySelectorAll("[data-typeahead]")) start(root);
