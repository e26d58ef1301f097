// Menus (<details class="menu">), light and dark, single-key journeys.
import { on, typing } from "./page.js";

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except && !menu.contains(except)) menu.open = false;
}

document.addEventListener("click", (event) => closeMenus(event.target.closest?.("details.menu")));
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("details.menu[open]")) {
    closeMenus(event.target);
    event.target.querySelector(".menu-body input:not([type=checkbox], [type=radio], [type=hidden], [type=date])")?.focus();
  }
}, true);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.menu[open]");
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});
on("keydown", "details.menu[open]", (menu, event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const items = [...menu.querySelectorAll(".item:not([hidden]), label.item input")].filter((item) => item.matches("a, button, input"));
  if (!items.length || event.target.matches("input[type=text], input[role=combobox], input[type=number], input[type=date]")) return;
  event.preventDefault();
  const step = event.key === "ArrowDown" ? 1 : -1;
  items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
});

on("click", "[data-theme-toggle]", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${root.dataset.theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
});

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

let journey = 0;
document.addEventListener("keydown", (event) => {
  if (typing(event)) return;
  const going = Date.now() - journey < 1200;
  journey = event.key === "g" ? Date.now() : 0;
  if (going && event.key === "h") location.assign("/");
  if (going && event.key === "i") location.assign("/inbox/");
  if (event.key === "e") document.querySelector("[data-key=e]")?.click();
  if (event.key === "?") document.getElementById("keys")?.showModal();
});

// On a narrow screen the tab one is on may stand beyond the edge.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
