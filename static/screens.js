// What the kitchen's screens share: pages in place of a scroll bar, a size that a screen keeps, and
// a screen that stays on. Without it a list that is too long scrolls.
const screens = (() => {
  "use strict";

  if ("tooOld" in document.body.dataset) return null;

  const CELL = 7.2; // rem: a cell of a grid is at least so high
  const setting = "dusangire.kitchen.zoom";
  const byId = (id) => document.getElementById(id);

  // ---- pages

  const shown = new Map(); // by list: which page of it is shown, from 0
  const pages = new Map(); // by list: its items, page by page
  document.documentElement.dataset.paged = "";
  const lists = [...document.querySelectorAll(".paged")];

  const stands = (list) => getComputedStyle(list).overflowY === "hidden";
  const isGrid = (list) => list.matches(".grid");
  const itemsOf = (list) =>
    [...list.querySelectorAll(isGrid(list) ? ":scope > :not([data-out])" : ".item")];
  const headOf = (item) => item.closest(".making")?.querySelector("h2");

  // cut puts as many items on each page as have room, with the heads of their stations.
  function cut(items, room) {
    const all = [];
    let left = 0;
    let head = null;
    for (const item of items) {
      let height = item.offsetHeight;
      const own = headOf(item);
      if (own && own !== head) height += own.offsetHeight;
      if (!all.length || height > left) {
        all.push([]);
        left = room;
        height = item.offsetHeight + (own ? own.offsetHeight : 0);
      }
      all[all.length - 1].push(item);
      left -= height;
      head = own;
    }
    return all;
  }

  // ---- a grid of cells: what is longer than one takes more, one below the other

  const sizes = new Map(); // by id: how many cells an item once needed, and keeps

  // below are the cells that an item takes from one on.
  const below = (at, size, columns) => Array.from({ length: size }, (_, n) => at + n * columns);

  // free is the first cell of a grid, from one on, in which an item has room; -1 for none.
  function free(taken, from, size, columns, cells) {
    for (let at = from; at < cells; at++) {
      const needs = below(at, size, columns);
      if (needs.every((cell) => cell < cells && !taken.has(cell))) return at;
    }
    return -1;
  }

  // cutGrid puts as many items on each page as the grid has cells for.
  function cutGrid(items, columns, rows) {
    const all = [];
    let taken = null;
    let last = -1;
    for (const item of items) {
      const size = Math.min(sizes.get(item.id) || 1, rows);
      let at = taken ? free(taken, last + 1, size, columns, columns * rows) : -1;
      if (at < 0) {
        all.push([]);
        taken = new Set();
        at = 0;
      }
      last = at;
      for (const cell of below(at, size, columns)) taken.add(cell);
      all[all.length - 1].push(item);
    }
    return all.length ? all : [[]];
  }

  function layGrid(list) {
    const items = itemsOf(list);
    const { gridTemplateColumns, rowGap } = getComputedStyle(list);
    const columns = gridTemplateColumns.split(" ").length;
    const gap = parseFloat(rowGap) || 0;
    const least = CELL * parseFloat(getComputedStyle(document.documentElement).fontSize);
    const rows = Math.max(1, Math.floor((list.clientHeight + gap) / (least + gap)));
    list.style.setProperty("--rows", rows);
    for (let again = true; again;) {
      pages.set(list, stands(list) ? cutGrid(items, columns, rows) : [items]);
      turn(list, shown.get(list) || 0);
      again = stands(list) && measure(pages.get(list)[shown.get(list)], rows);
    }
  }

  // measure gives one cell more to the items that need it, and reports whether there are any.
  function measure(items, rows) {
    const found = items.filter((item) => (sizes.get(item.id) || 1) < rows &&
      item.scrollHeight > item.clientHeight + 1);
    for (const item of found) sizes.set(item.id, (sizes.get(item.id) || 1) + 1);
    return found.length > 0;
  }

  function lay(list) {
    if (isGrid(list)) return layGrid(list);
    const items = itemsOf(list);
    for (const part of [...items, ...list.querySelectorAll(".making")]) part.hidden = false;
    const room = list.clientHeight;
    const fits = !stands(list) || list.scrollHeight <= room + 1;
    pages.set(list, fits ? [items] : cut(items, room));
    turn(list, shown.get(list) || 0);
  }

  // turn shows a page of a list.
  function turn(list, to) {
    const all = pages.get(list);
    const at = Math.max(0, Math.min(to, all.length - 1));
    shown.set(list, at);
    all.forEach((items, n) => {
      for (const item of items) {
        if (item.hidden !== (n !== at)) item.hidden = n !== at;
        if (sizes.has(item.id)) item.dataset.cells = sizes.get(item.id);
      }
    });
    for (const station of list.querySelectorAll(".making")) {
      station.hidden = !station.querySelector(".item:not([hidden])");
    }
    chips(list, all.length, at);
    list.dispatchEvent(new Event("page"));
  }

  // chips draws a button for each page, in the place that the list's section has for them.
  function chips(list, count, at) {
    const place = list.closest("section").querySelector(".chips");
    const wanted = count > 1 ? count : 0;
    while (place.children.length > wanted) place.lastChild.remove();
    while (place.children.length < wanted) {
      const n = place.children.length;
      const chip = document.createElement("button");
      chip.type = "button";
      chip.textContent = n + 1;
      chip.setAttribute("aria-label", place.dataset.text.replace("%s", n + 1));
      chip.addEventListener("click", () => turn(list, n));
      place.append(chip);
    }
    [...place.children].forEach((chip, n) => chip.setAttribute("aria-pressed", String(n === at)));
  }

  // reveal turns to the page on which an item stands.
  function reveal(item) {
    const list = item.closest(".paged");
    const at = pages.get(list)?.findIndex((items) => items.includes(item));
    if (at >= 0 && at !== shown.get(list)) turn(list, at);
  }

  const layAll = () => lists.forEach(lay);

  // ---- size

  const zoom = byId("zoom");

  function kept() {
    try { return Number(localStorage.getItem(setting)) || 0; } catch { return 0; }
  }

  let size = kept(); // in tenths larger than usual

  function draw() {
    document.documentElement.style.setProperty("--zoom", 1 + size / 10);
    layAll();
  }

  zoom.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    size = Math.max(-5, Math.min(size + Number(button.value), 10));
    try { localStorage.setItem(setting, size); } catch { /* it is kept until it is loaded anew */ }
    draw();
  });

  // ---- a screen that stays on

  const stayOn = () => navigator.wakeLock?.request("screen").catch(() => {});

  document.addEventListener("visibilitychange", () => { if (!document.hidden) stayOn(); });

  // ---- commands

  const general = byId("words").dataset;
  const say = (sentence) => document.dispatchEvent(new CustomEvent("say", { detail: sentence }));

  // result is what an answer says has become of a command.
  function result(form, { started, trays = started, left_out: left = [], detail }) {
    if (trays === undefined) return detail || "";
    const reasons = left.map((one) => `${one.bed_number || one.order_id}: ${one.message}`);
    const sentence = form.dataset.told.replace("%d", trays);
    return left.length ? `${sentence} ${form.dataset.left.replace("%s", () => reasons.join(" "))}`
      : sentence;
  }

  // A form that is told what became of its command stays where it is.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!("told" in form.dataset)) return;
    event.preventDefault();
    if (form.getAttribute("aria-busy") === "true") return;
    form.setAttribute("aria-busy", "true");
    const answer = await fetch(form.action, {
      method: "POST", headers: { Accept: "application/json" },
      body: new URLSearchParams(new FormData(form)),
    }).catch(() => null);
    const said = await answer?.json().catch(() => null);
    form.removeAttribute("aria-busy");
    if (!answer) return say(general.unknown);
    if (answer.status === 401) return location.reload();
    if (answer.ok) {
      form.reset();
      form.closest("details")?.removeAttribute("open");
    }
    const sentence = said ? result(form, said) : "";
    if (sentence || !answer.ok) say(sentence || general.refused);
  });

  // ---- the beginning

  document.addEventListener("htmx:ws:after:message:incoming", layAll);
  addEventListener("resize", layAll);
  document.fonts?.ready.then(layAll);
  // One sheet at a time, and none when somebody touches elsewhere.
  document.addEventListener("click", (event) => {
    for (const sheet of document.querySelectorAll(":is(.exceptions, .made) details[open]")) {
      if (!sheet.contains(event.target)) sheet.open = false;
    }
  });
  zoom.hidden = false;
  draw();
  stayOn();
  return { reveal, layAll };
})();
document.currentScript.dataset.ran = "yes";
