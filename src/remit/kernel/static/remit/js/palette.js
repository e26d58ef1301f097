// Ctrl-K or "/": search records and go to pages. Asks /palette/?q=.
import { Combobox } from "./combobox.js";
import { element, later, on, typing } from "./page.js";

const dialog = document.getElementById("palette");
if (dialog) {
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("[role=listbox]");
  const take = (option, event) => {
    if (event?.ctrlKey || event?.metaKey) window.open(option.dataset.url, "_blank", "noopener");
    else location.assign(option.dataset.url);
  };
  const box = new Combobox(input, list, take);
  let asked = 0;
  let fresh = true; // whether what is listed answers what is typed
  let entered = false; // whether Enter was pressed before it did

  const ask = async () => {
    const turn = ++asked;
    const words = input.value;
    try {
      const answer = await fetch(`/palette/?q=${encodeURIComponent(words)}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const { groups } = await answer.json();
      if (turn === asked) show(groups, words);
    } catch {
      fresh = true;
      if (turn === asked) box.show([element("p", "", "The search does not answer now. Press Enter for the search page.")]);
    }
  };

  const show = (groups, words) => {
    const nodes = groups.flatMap((group) => [element("h3", "", group.title), ...group.links.map(option)]);
    if (input.value.trim()) nodes.push(option({ text: `Search everything for “${input.value.trim()}”`, url: `/search/?q=${encodeURIComponent(input.value.trim())}`, note: "" }));
    box.show(nodes.length ? nodes : [element("p", "", "Nothing found.")]);
    fresh = words === input.value;
    if (fresh && entered && box.active) take(box.active);
  };

  const option = (link) => {
    const made = element("div", "item");
    made.setAttribute("role", "option");
    made.setAttribute("aria-selected", "false");
    made.dataset.url = link.url;
    made.append(element("span", "", link.text));
    if (link.note) made.append(element("small", "ref", link.note));
    return made;
  };

  const open = (words = "") => {
    if (dialog.open) return;
    input.value = words;
    list.replaceChildren();
    dialog.showModal();
    input.focus();
    ask();
  };

  input.addEventListener("input", () => {
    fresh = entered = false;
    box.activate(null);
  });
  input.addEventListener("input", later(ask, 120));
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.defaultPrevented || !input.value.trim()) return;
    if (!fresh) entered = true;
    else location.assign(`/search/?q=${encodeURIComponent(input.value.trim())}`);
  });
  document.addEventListener("keydown", (event) => {
    const asksFor = (event.key === "k" && (event.ctrlKey || event.metaKey)) || (event.key === "/" && !typing(event));
    if (!asksFor) return;
    event.preventDefault();
    open();
  });
  on("pointerdown", "[data-palette-open]", (field, event) => {
    event.preventDefault();
    open(field.value);
  });
}
