// The tray line: Space, a pedal or a scan of a tray's ticket checks the next tray. What most do not
// get is checked by a second touch. Without it each row is a button of a form.
(() => {
  "use strict";

  const list = document.getElementById("line");
  if (!list || !screens) return;

  const TWICE = 500; // milliseconds: two touches within them are one
  const TYPED = 3000; // a code is forgotten that is not ended within them

  const byId = (id) => document.getElementById(id);
  const says = byId("line-says");
  const words = says.parentElement.dataset;
  const general = byId("words").dataset;
  const taken = []; // ids of the rows that this screen has checked, the last one last
  const sent = new Map(); // by id: the version with which a step was sent
  let current = ""; // id of the row that is next
  let sure = ""; // id of the row that was touched once and asks for a second touch
  let last = { at: -TWICE, id: "" };

  const rows = () => [...list.querySelectorAll(".item")];
  const buttonOf = (row) => row?.querySelector("button");
  const waits = (row) => buttonOf(row) && !row.matches(".ready");

  function say(sentence, kind = "") {
    says.textContent = sentence;
    says.className = kind;
  }

  // mark outlines the row that is next: the one that somebody has come to, else the first that
  // waits.
  function mark() {
    const all = rows();
    let next = all.find((row) => row.id === current && waits(row));
    next ||= all.find(waits);
    current = next?.id || "";
    for (const row of all) {
      row.toggleAttribute("data-current", row === next);
      row.toggleAttribute("data-sure", row.id === sure && waits(row));
      const busy = sent.has(row.id) && sent.get(row.id) === buttonOf(row)?.value;
      row.setAttribute("aria-busy", String(busy));
    }
    if (!byId(sure)?.hasAttribute("data-sure")) sure = "";
  }

  // asks reports whether a row's step is one for which two touches are needed: the check of what
  // is not as usual.
  const asks = (row) => row.matches(".careful.preparing") && sure !== row.id;

  const cautions = (row) =>
    [...row.querySelectorAll(".place, .texture.other, .allergens strong")]
      .map((part) => part.textContent.trim()).filter(Boolean).join(", ");

  list.addEventListener("click", (event) => {
    const button = event.target.closest("button[form]");
    if (!button) return;
    const row = button.closest(".item");
    const again = row.id === last.id && event.timeStamp - last.at < TWICE;
    last = { at: event.timeStamp, id: row.id };
    const hold = again || sent.get(row.id) === button.value || asks(row);
    if (hold) {
      event.preventDefault();
      event.stopImmediatePropagation();
      if (again || !asks(row)) return;
      sure = current = row.id;
      say(words.again.replace("%s", () => cautions(row)), "again");
      return mark();
    }
    sure = "";
    sent.set(row.id, button.value);
    say("");
    mark();
  }, true);

  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    const [, order, command] = ctx.request.action.match(/^\/orders\/(\d+)\/([a-z]+)$/) || [];
    if (!command || ctx.response.status === 401 || "gone" in document.body.dataset) return;
    const id = "tray-" + order;
    if (ctx.response.status === 204) return done(id, command);
    refuse(id, refusalIn(ctx.text) ||
      (ctx.response.status < 500 ? general.refused : general.unknown));
  });

  document.addEventListener("htmx:error", (event) => {
    const order = event.detail.ctx?.request.action.match(/^\/orders\/(\d+)\//)?.[1];
    if (order) refuse("tray-" + order, general.unknown);
  });

  function refusalIn(html) {
    const answer = new DOMParser().parseFromString(html, "text/html");
    return answer.querySelector("body > .refusal")?.textContent;
  }

  function done(id, command) {
    const at = taken.indexOf(id);
    if (at >= 0) taken.splice(at, 1);
    if (command === "ready") taken.push(id);
  }

  function refuse(id, sentence) {
    sent.delete(id);
    const bed = byId(id)?.querySelector(".place")?.textContent.trim();
    say(bed ? `${bed}: ${sentence}` : sentence, "refusal");
    mark();
  }

  function next() {
    const row = byId(current);
    if (!row) return;
    screens.reveal(row);
    buttonOf(row)?.click();
  }

  function undo() {
    const row = byId(taken[taken.length - 1]);
    if (!row?.matches(".ready")) return say(words.nothingBack);
    current = row.id;
    screens.reveal(row);
    buttonOf(row).click();
  }

  // scan goes to the tray whose ticket has this number, and checks it.
  function scan(code) {
    const row = byId("tray-" + code);
    if (!waits(row)) return say(words.unknown, "refusal");
    current = row.id;
    screens.reveal(row);
    mark();
    buttonOf(row).click();
  }

  let typed = "";
  let typedAt = 0;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, dialog, summary")) return;
    if (event.timeStamp - typedAt > TYPED) typed = "";
    if (event.key === " ") {
      event.preventDefault(); // wherever the focus is: the next tray, never the last one again
      if (!event.repeat) next();
    } else if (event.key === "Enter" && typed) {
      event.preventDefault();
      scan(typed);
      typed = "";
    } else if (/^[\w-]$/.test(event.key)) {
      typed += event.key;
      typedAt = event.timeStamp;
    }
  });
  // A button takes the release of Space for a press.
  document.addEventListener("keyup", (event) => {
    if (event.key === " " && event.target.closest(".trays")) event.preventDefault();
  });

  byId("line-next").addEventListener("click", next);
  byId("line-undo").addEventListener("click", undo);
  document.addEventListener("htmx:ws:after:message:incoming", mark);
  byId("line-next").hidden = byId("line-undo").hidden = false;
  mark();
})();
document.currentScript.dataset.ran = "yes";
