// Tables whose cells are links: arrow keys go from one to the next in that direction.
import { on } from "./page.js";

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

on("keydown", "[data-grid] td a", (link, event) => {
  const step = STEPS[event.key];
  if (!step) return;
  event.preventDefault();
  const rows = [...link.closest("tbody").rows];
  const cell = link.closest("td");
  let [column, row] = [cell.cellIndex + step[0], rows.indexOf(cell.parentElement) + step[1]];
  while (rows[row]?.cells[column]) {
    const next = rows[row].cells[column].querySelector("a");
    if (next) return next.focus();
    [column, row] = [column + step[0], row + step[1]];
  }
});
