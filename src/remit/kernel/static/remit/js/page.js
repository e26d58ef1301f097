// Small helps that several modules share.

/** Call `act(element, event)` when an event of `type` happens inside an element that matches `selector`, now or later. */
export function on(type, selector, act, options) {
  document.addEventListener(type, (event) => {
    const element = event.target instanceof Element ? event.target.closest(selector) : null;
    if (element) act(element, event);
  }, options);
}

/** Whether somebody is typing, so that single keys are letters and not commands. */
export function typing(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null || document.querySelector("dialog[open]") !== null;
}

/** Make an element with text in it; text is never markup. */
export function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

/** Say something in passing; it leaves by itself. */
export function toast(text, tone = "") {
  const box = document.getElementById("toasts");
  if (!box) return;
  const note = element("p", `notice ${tone}`, text);
  box.append(note);
  setTimeout(() => note.remove(), 6000);
}

/** Return `act` put off until calls have paused for `pause` milliseconds. */
export function later(act, pause = 150) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...values), pause);
  };
}
