// Lists: choosing rows, moving by keyboard, choosing columns, keeping a view.
import { on, toast, typing } from "./page.js";

const boxes = () => [...document.querySelectorAll('#listing input[name="ids"]')];
let last = null;

function count() {
  const all = boxes();
  const chosen = all.filter((box) => box.checked).length;
  for (const place of document.querySelectorAll("[data-selected]")) place.textContent = chosen;
  const head = document.querySelector("[data-select-all]");
  if (head) {
    head.checked = chosen > 0 && chosen === all.length;
    head.indeterminate = chosen > 0 && chosen < all.length;
  }
}

on("change", "[data-select-all]", (head) => {
  for (const box of boxes()) box.checked = head.checked;
  count();
});
on("click", '#listing input[name="ids"]', (box, event) => {
  const all = boxes();
  if (event.shiftKey && last && all.includes(last)) {
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    for (const between of all.slice(from, to + 1)) between.checked = box.checked;
  }
  last = box;
  count();
});
document.addEventListener("reset", () => setTimeout(count));
document.addEventListener("htmx:afterSwap", count);
document.addEventListener("htmx:responseError", () => toast("The server did not answer as expected. Try again.", "act"));
document.addEventListener("htmx:sendError", () => toast("The server cannot be reached now.", "act"));
addEventListener("pageshow", count);

function step(by) {
  const rows = [...document.querySelectorAll("#listing tbody tr")];
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement?.closest?.("tr"));
  const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))];
  next.tabIndex = -1;
  next.focus({ focusVisible: true });
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (typing(event)) return;
  const row = document.activeElement?.matches?.("#listing tbody tr") ? document.activeElement : null;
  if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else if (event.key === "Enter" && row) location.assign(row.dataset.href);
  else if (event.key === "x" && row) row.querySelector('input[name="ids"]')?.click();
});

// A click anywhere on a row opens it, unless it meant a link, a box or a selection of text.
on("click", "tbody tr[data-href]", (row, event) => {
  if (event.target.closest("a, button, input, label, summary") || String(getSelection())) return;
  if (event.ctrlKey || event.metaKey) window.open(row.dataset.href, "_blank", "noopener");
  else location.assign(row.dataset.href);
});

// Many filters are folded into one button; those that are on stand below as chips all the same.
on("click", "[data-more]", (button) => {
  const open = button.closest("form").classList.toggle("open");
  button.setAttribute("aria-expanded", String(open));
});

on("submit", "form[data-columns]", (form, event) => {
  event.preventDefault();
  const chosen = [...form.querySelectorAll("input:checked")].map((box) => box.value);
  const address = new URL(location.href);
  if (chosen.length) address.searchParams.set("columns", chosen.join(","));
  else address.searchParams.delete("columns");
  address.searchParams.delete("page");
  location.assign(address);
});

// A saved view keeps what is listed now, which HTMX may have changed since the page came.
on("submit", "form[data-query]", (form) => {
  const now = new URLSearchParams(location.search);
  now.delete("page");
  form.elements.query.value = now.toString();
});

// Empty fields stay out of the address.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.target.id !== "filters") return;
  const values = event.detail.parameters;
  for (const name of Object.keys(values)) if (values[name] === "") delete values[name];
});
