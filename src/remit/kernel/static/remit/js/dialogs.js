// Dialogues: `data-open` names the one to show; `data-close` and a click beside it close it.
import { on } from "./page.js";

on("click", "[data-open]", (button) => document.getElementById(button.dataset.open)?.showModal());
on("click", "[data-close]", (button) => button.closest("dialog").close());
document.addEventListener("click", (event) => {
  if (!(event.target instanceof HTMLDialogElement)) return;
  const box = event.target.getBoundingClientRect();
  const beside = event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
  if (beside) event.target.close();
});
on("click", "[aria-disabled=true]", (_, event) => event.preventDefault());
