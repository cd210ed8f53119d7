// Shows only the variables and tables that hold the words typed. Without this script all are shown.
(function () {
  "use strict";
  const form = document.querySelector(".filter");
  const input = document.getElementById("filter");
  const count = document.getElementById("filter-count");
  const tables = Array.from(document.querySelectorAll(".table"), (element) => {
    const variables = Array.from(element.querySelectorAll(".variable"), (variable) => ({
      element: variable,
      text: variable.textContent.toLowerCase(),
    }));
    return { element, variables, title: element.querySelector("h3").textContent.toLowerCase() };
  });
  const layers = Array.from(document.querySelectorAll(".layer"));
  const total = tables.reduce((sum, table) => sum + table.variables.length, 0);

  function apply() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const holds = (text) => words.every((word) => text.includes(word));
    let shown = 0;
    for (const table of tables) {
      const whole = holds(table.title);
      let here = 0;
      for (const variable of table.variables) {
        const keep = whole || holds(variable.text);
        variable.element.hidden = !keep;
        here += keep ? 1 : 0;
      }
      table.element.hidden = here === 0;
      shown += here;
    }
    for (const layer of layers) {
      layer.hidden = !layer.querySelector(".table:not([hidden])");
    }
    count.textContent = words.length ? shown + " of " + total + " variables" : total + " variables";
  }

  // A link to what the filter hides takes the filter away first.
  window.addEventListener("hashchange", () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.closest("[hidden]")) {
      input.value = "";
      apply();
      target.scrollIntoView();
    }
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  input.addEventListener("input", apply);
  document.documentElement.classList.add("filtering");
  form.hidden = false;
  apply();
})();
