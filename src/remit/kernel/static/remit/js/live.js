// Forms whose outcome follows typing: the server redraws it, and the form itself where its fields change.
// While what is typed cannot be computed the last drawing stays, and the message stands beside the field it is about.
import { element, later } from "./page.js";

let asked = 0;

/** Send the form of `field` and put what comes back in place; answers that come late are left out. */
async function redraw(form, whole) {
  const mine = ++asked;
  const body = new FormData(form);
  body.set("part", whole ? "form" : "outcome");
  const target = document.getElementById(whole ? "editor" : "outcome");
  target.setAttribute("aria-busy", "true");
  const reply = await fetch(form.dataset.live, { method: "POST", body, headers: { "X-Requested-With": "fetch" } }).catch(() => null);
  target.removeAttribute("aria-busy");
  if (!reply || mine !== asked || !reply.ok) return;
  const made = new DOMParser().parseFromString(await reply.text(), "text/html").getElementById(target.id);
  if (!made) return;
  const focused = document.activeElement?.id;
  const wrong = whole ? null : mark(form, made);
  if (wrong) made.querySelector(".notice code")?.replaceWith(wayTo(wrong));
  if (!whole && "wrong" in made.dataset) keep(target, made);
  else target.replaceWith(made);
  if (whole && focused) document.getElementById(focused)?.focus();
}

/** Leave the last drawing where it is, with the message above it. */
function keep(target, made) {
  const body = target.querySelector(".body");
  for (const old of body.querySelectorAll(":scope > .notice")) old.remove();
  body.prepend(made.querySelector(".notice"));
  target.classList.toggle("stale", body.childElementCount > 1);
}

/** Return a link to a field by the words that stand at it: "Attempts a year, Least". */
function wayTo(field) {
  const words = [field.closest(".input")?.querySelector("legend"), field.closest("label")?.firstChild];
  const link = element("a", "", words.map((each) => each?.textContent.trim()).filter(Boolean).join(", ") || field.name);
  link.href = `#${encodeURIComponent(field.id)}`;
  return link;
}

/** Say beside a field what is wrong with it, and return the field; what was said before is taken back. */
function mark(form, made) {
  for (const said of form.querySelectorAll(".help:has(> .error)")) said.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
  for (const input of form.querySelectorAll(".input.wrong")) input.classList.remove("wrong");
  const field = "wrong" in made.dataset && fieldOf(form, made.dataset.wrong);
  if (!field) return null;
  const help = element("p", "help");
  help.id = `wrong-${field.name}`;
  help.append(element("span", "error", made.dataset.says));
  field.closest(".pickers")?.after(help);
  field.closest(".input")?.classList.add("wrong");
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", help.id);
  return field;
}

/** Return the field of a place in the scenario ("magnitude.p95"), else of what it is part of; controls count if named. */
function fieldOf(form, where) {
  const control = /^controls\[(\d+)\](.*)/.exec(where);
  const named = control && [...form.querySelectorAll('[name^="controls["][name$="].id"]')].filter((each) => each.value.trim())[control[1]];
  const fields = [...form.querySelectorAll("input[type=text]")];
  for (let path = named ? named.name.slice(0, -3) + control[2] : where; path; path = path.replace(/(^|\.)[^.]*$/, "")) {
    const found = fields.find((field) => field.name === path) ?? fields.find((field) => field.name.startsWith(`${path}.`));
    if (found) return found;
  }
  return null;
}

const soon = later((form) => redraw(form, false), 250);

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-live]");
  if (form && !event.target.matches("[data-restructure], [name=reason]")) soon(form);
});
document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-live]");
  if (form && event.target.matches("[data-restructure]")) redraw(form, true);
});
