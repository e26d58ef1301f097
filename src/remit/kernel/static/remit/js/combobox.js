// The keyboard and aria side of a text box with a list of options below it (WAI-ARIA combobox pattern).
import { later } from "./page.js";

let made = 0;

export class Combobox {
  /**
   * `find(words)` answers the nodes to list for what is typed; `choose(option, event)` is called with the option's
   * element when one is taken. Enter pressed before the list answers what is typed counts for the list that will.
   */
  constructor(input, list, find, choose) {
    this.input = input;
    this.list = list;
    this.find = find;
    this.choose = choose;
    this.asked = 0;
    this.fresh = true; // whether what is listed answers what is typed
    this.entered = false; // whether Enter was pressed before it did
    const soon = later(() => this.ask(), 120);
    input.addEventListener("input", () => {
      this.forget();
      this.fresh = false;
      this.activate(null);
      soon();
    });
    input.addEventListener("keydown", (event) => this.key(event));
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) choose(option, event);
    });
  }

  get options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  get active() {
    return this.list.querySelector("[aria-selected=true]");
  }

  /** List what answers the words typed now. */
  async ask() {
    const turn = ++this.asked;
    const nodes = await this.find(this.input.value.trim());
    if (turn !== this.asked) return;
    const { entered } = this;
    this.forget();
    this.fresh = true;
    this.show(nodes);
    if (entered && this.active) this.choose(this.active);
  }

  /** Drop the answer that is on its way, and the Enter that waits for it. */
  forget() {
    this.asked++;
    this.entered = false;
  }

  /** Show these nodes as the list; the first option is active. */
  show(nodes) {
    this.list.replaceChildren(...nodes);
    for (const option of this.options) {
      option.id = `option-${++made}`;
      option.addEventListener("mousemove", () => this.activate(option, false));
    }
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.activate(this.options[0]);
  }

  hide() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  activate(option, scroll = true) {
    this.active?.setAttribute("aria-selected", "false");
    if (!option) return this.input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    this.input.setAttribute("aria-activedescendant", option.id);
    if (scroll) option.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    const options = this.options;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && options.length && !this.list.hidden) {
      event.preventDefault();
      this.activate(options[(options.indexOf(this.active) + step + options.length) % options.length]);
    } else if (event.key === "Enter" && this.active && !this.list.hidden) {
      event.preventDefault();
      this.choose(this.active, event);
    } else if (event.key === "Enter" && !this.fresh) {
      event.preventDefault();
      this.entered = true;
    }
  }
}
