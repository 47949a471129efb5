/* Names each cell after its column, so that a narrow screen can show a row as a card (extra.css). */
document.querySelectorAll(".md-typeset table:not(.highlighttable)").forEach((table) => {
  const names = [...table.querySelectorAll("thead th")].map((one) => one.textContent.trim());
  table.querySelectorAll("tbody tr").forEach((row) =>
    [...row.cells].forEach((cell, at) => { cell.dataset.label = names[at] || ""; }));
});
