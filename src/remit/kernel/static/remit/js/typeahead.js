// A relation found by typing: `data-typeahead` is where to ask (`?q=` answers [{id, text, note}]).
import { Combobox } from "./combobox.js";
import { element, on } from "./page.js";

const known = new WeakMap();

function start(root) {
  if (known.has(root)) return known.get(root);
  const [hidden, input] = root.querySelectorAll("input");
  let text = input.value;

  const set = (id, words) => {
    const changed = hidden.value !== id;
    hidden.value = id;
    input.value = text = words;
    box.hide();
    if (changed) hidden.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const find = async (words) => {
    try {
      const answer = await fetch(`${root.dataset.typeahead}?q=${encodeURIComponent(words)}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.json();
      return found.length ? found.map(option) : [element("span", "empty-hint", "Nothing found.")];
    } catch {
      return [element("span", "empty-hint", "The list does not answer now. Try again.")];
    }
  };
  const take = (option) => set(option.dataset.id, option.dataset.text);
  const box = new Combobox(input, root.querySelector("[role=listbox]"), find, take);

  input.addEventListener("input", (event) => event.stopPropagation());
  input.addEventListener("change", (event) => event.stopPropagation());
  input.addEventListener("focus", () => {
    input.select();
    box.ask();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || box.list.hidden) return;
    event.stopPropagation();
    box.hide();
  });
  input.addEventListener("blur", () => {
    box.forget();
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
