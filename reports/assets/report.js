// Switch from the drawn charts to the interactive ones where plotly is there; fold tables on a screen only.
"use strict";
if (window.Plotly) document.documentElement.classList.add("interactive");
const tables = (open) => document.querySelectorAll("details.fold").forEach((one) => { one.open = open; });
document.addEventListener("DOMContentLoaded", () => {
  tables(false);
  const menu = document.querySelector("details.menu");  // a dozen pages would fill a phone: asked for there
  if (menu && window.matchMedia("(max-width: 30rem)").matches) menu.open = false;
  // Plotly follows the window; a turned phone or a late style sheet changes the column alone.
  if (!window.Plotly || !window.ResizeObserver) return;
  const watch = new ResizeObserver((seen) => seen.forEach(({ target }) => {
    const chart = target.querySelector(".plotly-graph-div");
    if (chart && chart.offsetParent) window.Plotly.Plots.resize(chart);
  }));
  document.querySelectorAll(".on-screen").forEach((one) => watch.observe(one));
});
window.addEventListener("beforeprint", () => tables(true));
window.addEventListener("afterprint", () => tables(false));
