// Switch from the drawn charts to the interactive ones where plotly is there; fold tables on a screen only.
"use strict";
if (window.Plotly) document.documentElement.classList.add("interactive");
const tables = (open) => document.querySelectorAll("figure details").forEach((one) => { one.open = open; });
document.addEventListener("DOMContentLoaded", () => tables(false));
window.addEventListener("beforeprint", () => tables(true));
window.addEventListener("afterprint", () => tables(false));
