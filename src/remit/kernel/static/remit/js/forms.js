// Forms: filters that send themselves, files that are dropped, a word before unsaved text is lost, no double sending.
import { on, toast } from "./page.js";

on("change", "form[data-autosubmit]", (form) => form.requestSubmit());

let unsaved = false;
on("input", "form[data-guard]", () => { unsaved = true; });
on("submit", "form[data-guard]", () => { unsaved = false; });
addEventListener("beforeunload", (event) => {
  if (unsaved) event.preventDefault();
});

on("submit", "form[method=post]", (form, event) => {
  if (form.dataset.sent && !event.defaultPrevented) return event.preventDefault();
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 4000);
  return undefined;
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

function chosen(form, files) {
  const names = [...files].map((file) => file.name);
  form.classList.toggle("chosen", names.length > 0);
  if (names.length) form.querySelector("[data-chosen]").textContent = names.length > 3 ? `${names.length} files` : names.join(", ");
}

for (const form of document.querySelectorAll("form[data-drop]")) {
  const input = form.querySelector("input[type=file]");
  form.classList.add("script");
  input.addEventListener("change", () => chosen(form, input.files));
  form.addEventListener("submit", () => {
    const bar = form.querySelector("progress");
    bar.removeAttribute("value");
    bar.hidden = false;
  });
  for (const type of ["dragenter", "dragover"]) form.addEventListener(type, (event) => { event.preventDefault(); form.classList.add("over"); });
  for (const type of ["dragleave", "drop"]) form.addEventListener(type, (event) => { event.preventDefault(); form.classList.remove("over"); });
  form.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    chosen(form, input.files);
  });
}

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    await navigator.clipboard?.writeText(field.value);
    toast("Copied.", "good");
  });
}
