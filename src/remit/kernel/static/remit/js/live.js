// Forms whose outcome follows typing: the server redraws it, and the form itself where its fields change.
import { later } from "./page.js";

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
  target.replaceWith(made);
  if (whole && focused) document.getElementById(focused)?.focus();
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
