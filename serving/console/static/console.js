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

  // Paper is light: what was drawn in the dark gets the light colours while it is printed. Drawing anew would come too late.
  const printed = [];

  function readLight() {
    const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
    const root = rules.find((rule) => rule.selectorText === ":root");
    return (name) => root.style.getPropertyValue(`--${name}`).trim();
  }

  function readParts(text) {
    const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
    if (hex) return hex.slice(1).map((part) => parseInt(part, 16));
    const rgb = /^rgb\((\d+), *(\d+), *(\d+)\)$/.exec(text);
    return rgb ? rgb.slice(1).map(Number) : null;
  }

  // A colour has a name, or lies on the way from the low to the high end of a heat map.
  function buildTranslator(from, to) {
    const names = ["card", "ink", "faint", "line", "grid", "main", "second", "mark"];
    const known = new Map(names.map((name) => [String(readParts(from(name))), to(name)]));
    const [low, high, lightLow, lightHigh] = [from("low"), from("high"), to("low"), to("high")].map(readParts);
    return (text) => {
      const parts = readParts(text);
      if (!parts) return null;
      if (known.has(String(parts))) return known.get(String(parts));
      const share = (parts[0] - low[0]) / (high[0] - low[0]);
      return `rgb(${lightLow.map((part, place) => Math.round(part + share * (lightHigh[place] - part))).join(", ")})`;
    };
  }

  window.addEventListener("beforeprint", () => {
    if (!dark.matches) return;
    const translate = buildTranslator(readColours(), readLight());
    for (const node of document.querySelectorAll(".plot svg *")) {
      for (const name of ["fill", "stroke", "stop-color"]) {
        const old = node.getAttribute(name);
        const light = old && translate(old);
        if (!light) continue;
        printed.push([node, name, old]);
        node.setAttribute(name, light);
      }
    }
  });
  window.addEventListener("afterprint", () => {
    for (const [node, name, old] of printed.splice(0)) node.setAttribute(name, old);
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
