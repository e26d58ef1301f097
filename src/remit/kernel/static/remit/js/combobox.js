// The keyboard and aria side of a text box with a list of options below it (WAI-ARIA combobox pattern).
let made = 0;

export class Combobox {
  /** `choose(option)` is called with the option's element when one is taken. */
  constructor(input, list, choose) {
    this.input = input;
    this.list = list;
    this.choose = choose;
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

  /** Show these nodes as the list; the first option is active when `first` is true. */
  show(nodes, first = true) {
    this.list.replaceChildren(...nodes);
    for (const option of this.options) {
      option.id = `option-${++made}`;
      option.addEventListener("mousemove", () => this.activate(option, false));
    }
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.activate(first ? this.options[0] : null);
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
    }
  }
}
