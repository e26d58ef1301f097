// Ctrl-K or "/": search records and go to pages. Asks /palette/?q=.
import { Combobox } from "./combobox.js";
import { element, on, typing } from "./page.js";

const everything = (words) => `/search/?q=${encodeURIComponent(words)}`;
const dialog = document.getElementById("palette");
if (dialog) {
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("[role=listbox]");
  const take = (option, event) => {
    if (event?.ctrlKey || event?.metaKey) window.open(option.dataset.url, "_blank", "noopener");
    else location.assign(option.dataset.url);
  };
  const find = async (words) => {
    try {
      const answer = await fetch(`/palette/?q=${encodeURIComponent(words)}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const { groups } = await answer.json();
      const nodes = groups.flatMap((group) => [element("h3", "", group.title), ...group.links.map(option)]);
      if (words) nodes.push(option({ text: `Search everything for “${words}”`, url: everything(words), note: "" }));
      return nodes.length ? nodes : [element("p", "", "Nothing found.")];
    } catch {
      return [element("p", "", "The search does not answer now. Press Enter for the search page.")];
    }
  };
  const box = new Combobox(input, list, find, take);

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
    box.ask();
  };

  dialog.addEventListener("close", () => box.forget());
  input.addEventListener("keydown", (event) => {
    const words = input.value.trim();
    if (event.key === "Enter" && !event.defaultPrevented && words) location.assign(everything(words));
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
