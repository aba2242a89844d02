
"use strict";
/* Sorts a table by the column whose head is pressed. Without this script the heads are plain text. The page is XML too, so there
   are no ampersands and no signs for "less than" in here. */
for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0];
  const height = Number(table.dataset.rowHeight || 1);
  if (2 * height > body.rows.length || table.className !== "") continue;
  const heads = table.tHead.rows[0].cells;
  for (const head of heads) {
    const numbers = head.classList.contains("n");
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", function () {
      const first = numbers ? "descending" : "ascending";
      const other = numbers ? "ascending" : "descending";
      const order = head.getAttribute("aria-sort") === first ? other : first;
      for (const one of heads) one.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      const rows = [...body.rows];
      const keyed = rows.filter(function (row, i) { return i % height === 0; }).map(function (row, i) {
        const cell = row.cells[head.cellIndex];
        const data = cell.querySelector("data");
        return { rows: rows.slice(i * height, (i + 1) * height), known: numbers ? data !== null : true, key: numbers ? Number(data === null ? 0 : data.value) : cell.textContent };
      });
      /* What is unknown stays at the end, whichever way. */
      keyed.sort(function (a, b) {
        if (a.known !== b.known) return a.known ? -1 : 1;
        return sign * (numbers ? a.key - b.key : a.key.localeCompare(b.key));
      });
      body.append(...keyed.flatMap(function (x) { return x.rows; }));
    });
  }
}
