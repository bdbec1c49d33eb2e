// Draws the charts that a page declares, in the colours of its appearance, and keeps the budget's two fields level.
"use strict";

(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const views = new Map();
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true");

  function readColours() {
    const style = getComputedStyle(document.documentElement);
    return (name) => style.getPropertyValue(`--${name}`).trim();
  }

  // Colours are written as "@main" in a chart; text of customers never stands where a colour does.
  function paint(node, colour) {
    if (Array.isArray(node)) return node.map((each) => paint(each, colour));
    if (node === null || typeof node !== "object") {
      return typeof node === "string" && /^@[a-z]+$/.test(node) ? colour(node.slice(1)) : node;
    }
    return Object.fromEntries(
      Object.entries(node).map(([name, value]) => [name, name === "data" || name === "datasets" ? value : paint(value, colour)])
    );
  }

  function buildConfig(colour) {
    const words = { labelColor: colour("faint"), titleColor: colour("faint"), labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" };
    return {
      background: "transparent",
      font: getComputedStyle(document.body).fontFamily,
      view: { stroke: null },
      axis: { ...words, gridColor: colour("grid"), domainColor: colour("line"), tickColor: colour("line"), titlePadding: 8 },
      axisY: { domain: false, ticks: false },
      legend: { ...words, labelColor: colour("ink") },
    };
  }

  function showTip(handler, event, item, value) {
    if (value === null || value === undefined || value === "") {
      tip.hidden = true;
      return;
    }
    const lines = typeof value === "object" ? Object.entries(value).map(([name, text]) => `${name}: ${text}`) : [String(value)];
    tip.textContent = lines.join("\n");
    tip.hidden = false;
    const left = Math.min(event.clientX + 14, window.innerWidth - tip.offsetWidth - 8);
    const above = event.clientY + 14 + tip.offsetHeight > window.innerHeight;
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${above ? event.clientY - tip.offsetHeight - 10 : event.clientY + 14}px`;
  }

  async function draw(plot) {
    const colour = readColours();
    const spec = paint(JSON.parse(plot.dataset.spec), colour);
    const old = views.get(plot);
    if (old) old.finalize();
    const options = { ast: true, actions: false, defaultStyle: false, renderer: "svg", config: buildConfig(colour), tooltip: showTip };
    const drawn = await vegaEmbed(plot, spec, options);
    views.set(plot, drawn);
    plot.dataset.drawn = "yes";
  }

  function drawAll(within) {
    for (const plot of within.querySelectorAll(".plot[data-spec]")) draw(plot);
  }

  function forgetGone() {
    for (const [plot, view] of views) {
      if (!plot.isConnected) {
        view.finalize();
        views.delete(plot);
      }
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.documentElement.classList.add("live");
    document.body.append(tip);
    drawAll(document);
  });
  dark.addEventListener("change", () => drawAll(document));
  document.addEventListener("htmx:afterSettle", (event) => {
    tip.hidden = true;
    forgetGone();
    drawAll(event.detail.target);
  });

  // The slider fills in the budget, and follows it.
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.dataset && field.dataset.mirrors) {
      const budget = document.getElementById(field.dataset.mirrors);
      budget.value = String(Math.round(field.value * 100) / 100);
      event.stopPropagation();
      budget.dispatchEvent(new Event("input", { bubbles: true }));
    } else if (field.id === "budget") {
      const slider = document.querySelector('[data-mirrors="budget"]');
      if (slider && document.activeElement !== slider) slider.value = field.value || 0;
    }
  }, true);
})();
