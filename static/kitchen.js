// The kitchen's wall. app.js keeps it live; this script adds what cooks need from afar and with
// full hands: minutes that count down, sound, a screen that stays on, a bump bar's keys, and a
// refusal's words on the ticket that it is about. Without it the wall works by links and forms.
//
// What the script adds to a ticket is lost when a frame brings the ticket anew. So it keeps
// everything it knows by the ticket's id and dresses the tickets again after each frame.
(() => {
  "use strict";

  const lanes = document.querySelector(".kitchen .lanes");
  const list = document.getElementById("tickets");
  if (!document.getElementById("kitchen-words")) return; // a page that shows parts of the wall only
  if ("tooOld" in document.body.dataset) return;

  // Two taps within so many milliseconds are one: the second is not meant for what has moved under
  // the finger.
  const TWICE = 500;
  const NEAR = 48; // pixels between two such taps
  const ALARM = 6000; // an alarm sounds again until somebody has heard it
  const NAMED = 4; // tickets that an alarm names
  const LONG = 100; // minutes: who waits that long reads the clock

  const byId = (id) => document.getElementById(id);
  const words = byId("kitchen-words").dataset;
  const general = byId("words").dataset;
  const say = (sentence) => document.dispatchEvent(new CustomEvent("say", { detail: sentence }));
  const make = (name, className, textContent) =>
    Object.assign(document.createElement(name), { className, textContent });

  // ---- tickets

  const known = new Map(); // by id: what a ticket was when it was last looked at
  const changed = new Set(); // ids of those that say something else than before
  const alarms = new Set(); // ids of those whose alarm nobody has heard
  const seen = new Set(); // ids of ended ones that somebody has seen
  const mine = new Set(); // ids of those that this screen cancelled
  const refusals = new Map(); // by id: why the last step was refused
  const sent = new Map(); // by id: the version with which a step was sent and not refused
  const bumped = []; // ids in the order in which this screen took them on

  const laneOf = (ticket) => ticket.dataset.lane;
  const placeOf = (ticket) => ticket.querySelector("a b").textContent;
  const orderOf = (ticket) => ticket.id.slice("ticket-".length);
  const versionOf = (ticket) => ticket.querySelector("button[name='version']")?.value;
  // nameOf is the place of a ticket with its number, which stands on paper too.
  const nameOf = (ticket) => `${placeOf(ticket)} (${orderOf(ticket)})`;
  const ticketOf = (node) => node.closest(".tickets > li");

  function describe(ticket) {
    const parts = ticket.querySelectorAll("a, .whom :not(em), .what");
    const what = Array.from(parts, (part) => part.textContent).join();
    return { ticket, lane: laneOf(ticket), what };
  }

  // look finds out what has happened to the tickets since it last looked, and dresses those that
  // are new or were brought anew.
  function look(loud) {
    const gone = new Set(known.keys());
    const news = new Set();
    for (const ticket of lanes.querySelectorAll(".tickets > li")) {
      const now = describe(ticket);
      const before = known.get(ticket.id);
      gone.delete(ticket.id);
      known.set(ticket.id, now);
      judge(ticket.id, before, now, news);
      if (!ticket.hasAttribute("data-dressed")) dress(ticket); // a frame has brought it
    }
    for (const id of gone) forget(id);
    const loudest = ["held", "changed", "new"].find((kind) => news.has(kind));
    if (loud && loudest) play(loudest);
    showAlarm();
    number();
    keepChoice();
  }

  // judge notes what cooks must be told of one ticket.
  function judge(id, before, now, news) {
    const stopped = now.lane === "held" || now.ticket.matches(".in_transit"); // or called back
    if (!stopped) alarms.delete(id);
    if (before && before.what === now.what && before.lane === now.lane) return;
    if (stopped) {
      alarms.add(id);
      news.add("held");
    } else if (now.lane === "ended") {
      if (!seen.has(id) && !mine.has(id)) news.add("changed");
    } else if (!before) {
      news.add("new");
    } else if (before.what !== now.what && before.lane !== "held") {
      changed.add(id);
      news.add("changed");
    }
  }

  function forget(id) {
    for (const memory of [known, changed, alarms, seen, mine, refusals, sent]) memory.delete(id);
  }

  // dress puts on a ticket what this script knows of it.
  function dress(ticket) {
    const { id } = ticket;
    ticket.setAttribute("data-dressed", "");
    const ended = laneOf(ticket) === "ended";
    put(ticket, "refusal", refusals.get(id), (text) => {
      const alert = make("p", "refusal", text);
      alert.setAttribute("role", "alert");
      return alert;
    });
    put(ticket, "changed", changed.has(id) && words.changed, (text) => make("p", "changed", text));
    put(ticket, "seen", ended && words.seen, (text) => {
      return Object.assign(make("button", "seen", text), { type: "button" });
    });
    ticket.toggleAttribute("data-out", ended && seen.has(id) || !isWanted(ticket));
    for (const part of ticket.querySelectorAll("dt[data-part]")) offerTick(part);
    const isBusy = sent.has(id) && sent.get(id) === versionOf(ticket);
    if (isBusy) ticket.setAttribute("aria-busy", "true");
    else ticket.removeAttribute("aria-busy");
    tell(ticket);
  }

  const isDone = (part) => part.hasAttribute("data-done");

  // offerTick makes of the name of a station the button that ticks its part.
  function offerTick(part) {
    if (part.firstElementChild) return;
    const tick = Object.assign(make("button", "tick", part.textContent.trim()), { type: "button" });
    tick.setAttribute("aria-pressed", String(isDone(part)));
    part.replaceChildren(tick);
  }

  // setPart says that a station has done its part of a ticket, or has not after all.
  async function setPart(ticket, part) {
    const body = new URLSearchParams(new FormData(byId("step")));
    body.set("done", String(!isDone(part)));
    const path = `/orders/${orderOf(ticket)}/parts/${part.dataset.part}`;
    const answer = await fetch(path, {
      method: "POST", headers: { Accept: "application/json" }, body,
    }).catch(() => null);
    if (answer?.ok) return;
    if (answer?.status === 401) return location.reload();
    const said = await answer?.json().catch(() => null);
    refuse(ticket.id, "parts", said?.detail || (answer ? general.refused : general.unknown));
  }

  // put sees to it that a ticket has a part with this text, or has no such part.
  function put(ticket, className, text, draw) {
    const part = ticket.querySelector(":scope > ." + className);
    if (text && part?.textContent === text) return;
    part?.remove();
    if (text) ticket.querySelector(".what").after(draw(text));
  }

  const redress = (id) => { if (known.has(id)) dress(known.get(id).ticket); };

  // ---- minutes

  const live = byId("live");
  let clock = 0; // the server's time of the last freshness marker
  let clockAt = 0; // when it came
  let minute = 0;

  function setClock() {
    clock = Date.parse(live.dateTime);
    clockAt = performance.now();
  }

  const now = () => clock + performance.now() - clockAt;

  // tell says how many minutes are left to a ticket, or how many it is late.
  function tell(ticket) {
    const urgency = ticket.querySelector(".whom em");
    if (!urgency) return;
    const left = Date.parse(ticket.querySelector("time").dateTime) - now();
    const minutes = Math.floor(Math.abs(left) / 60000);
    const word = urgency.dataset.word ||= urgency.textContent;
    const text = minutes < LONG ? `${word} ${minutes}′` : word;
    if (urgency.textContent !== text) urgency.textContent = text;
  }

  function tick() {
    const current = Math.floor(now() / 60000);
    if (current === minute) return;
    minute = current;
    for (const { ticket } of known.values()) tell(ticket);
  }

  // ---- sound

  const sound = byId("sound");
  const tones = { // frequency in hertz, length in seconds
    new: { shape: "sine", loudness: 0.25, notes: [[660, 0.18], [880, 0.22]] },
    changed: { shape: "triangle", loudness: 0.4, notes: [[523, 0.15], [523, 0.15], [392, 0.25]] },
    held: {
      shape: "square", loudness: 0.9,
      notes: [[988, 0.2], [622, 0.2], [988, 0.2], [622, 0.2], [988, 0.35]],
    },
  };
  let audio = null;

  function play(kind) {
    if (audio?.state !== "running") return;
    const { shape, loudness, notes } = tones[kind];
    let at = audio.currentTime;
    for (const [frequency, length] of notes) {
      const oscillator = audio.createOscillator();
      const gain = audio.createGain();
      oscillator.type = shape;
      oscillator.frequency.value = frequency;
      gain.gain.setValueAtTime(loudness, at);
      gain.gain.exponentialRampToValueAtTime(0.001, at + length);
      oscillator.connect(gain).connect(audio.destination);
      oscillator.start(at);
      oscillator.stop(at + length);
      at += length;
    }
  }

  const showSound = () => sound.setAttribute("aria-pressed", String(audio?.state === "running"));

  // A browser lets a page sound only after somebody has touched it, so whoever wants sound taps
  // once.
  async function turnOn() {
    if (!audio) {
      audio = new AudioContext();
      audio.addEventListener("statechange", showSound);
    }
    await audio.resume().catch(() => {}); // the button says that there is none
    showSound();
    play(alarms.size ? "held" : "new");
  }

  sound.addEventListener("click", () => {
    const on = audio?.state !== "running";
    if (on) turnOn();
    else audio.suspend();
    remember("sound", on ? "on" : "off");
  });

  setInterval(() => { if (alarms.size) play("held"); }, ALARM);

  // ---- alarms

  const alarm = byId("kitchen-alarm");

  function showAlarm() {
    const names = [...alarms].map((id) => nameOf(known.get(id).ticket));
    const beyond = names.splice(NAMED).length;
    const places = [...names, ...(beyond ? [`+${beyond}`] : [])].join(", ");
    const sentence = places && alarm.dataset.text.replace("%s", () => places);
    const line = alarm.firstElementChild;
    if (line.textContent !== sentence) line.textContent = sentence;
    alarm.hidden = !sentence;
    for (const { ticket } of known.values()) {
      ticket.toggleAttribute("data-alarm", alarms.has(ticket.id));
    }
  }

  function hear(id) {
    alarms.delete(id);
    changed.delete(id);
    redress(id);
    showAlarm();
  }

  const hearAll = () => [...alarms, ...changed].forEach(hear);

  byId("heard").addEventListener("click", hearAll);

  // ---- steps

  let last = { at: -TWICE, x: 0, y: 0, id: "" }; // the last tap on a step

  // again reports whether a click is the rest of a double tap, which must not hit what has moved to
  // where the finger is.
  function again(event, ticket, button) {
    if (event.timeStamp - last.at > TWICE) return false;
    const distance = Math.hypot(event.clientX - last.x, event.clientY - last.y);
    const near = event.detail > 0 && distance < NEAR;
    return near || (ticket.id === last.id && button.matches(".bump"));
  }

  lanes.addEventListener("click", (event) => {
    const button = event.target.closest("button[form]");
    if (!button) return;
    const ticket = ticketOf(button);
    const step = button.name === "version";
    if (again(event, ticket, button) || step && sent.get(ticket.id) === button.value) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    last = { at: event.timeStamp, x: event.clientX, y: event.clientY, id: ticket.id };
    if (step) sent.set(ticket.id, button.value);
    refusals.delete(ticket.id);
    hear(ticket.id);
  }, true);

  lanes.addEventListener("click", (event) => {
    const ticket = ticketOf(event.target);
    if (!ticket) return;
    if (event.target.matches(".tick")) {
      refusals.delete(ticket.id);
      setPart(ticket, event.target.parentElement);
    } else if (event.target.matches(".seen")) {
      seen.add(ticket.id);
      hear(ticket.id);
    } else if (event.target.matches(".refusal")) {
      refusals.delete(ticket.id);
      redress(ticket.id);
    } else if (event.target.closest("a") && plain(event) && laneOf(ticket) !== "ended") {
      event.preventDefault();
      askToCancel(ticket);
    }
  });

  // plain reports whether a click is one that follows a link.
  function plain(event) {
    const held = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    return !(event.defaultPrevented || event.button || held);
  }

  // stepOf is which ticket a request is about, and what it commands.
  function stepOf(ctx) {
    const path = /^\/orders\/(\d+)\/([a-z]+)(\/[a-z]+)?$/;
    const [, order, command] = ctx.request.action.match(path) || [];
    return { id: "ticket-" + order, command };
  }

  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    const { id, command } = stepOf(ctx);
    if (!command || ctx.response.status === 401 || "gone" in document.body.dataset) return;
    if (ctx.response.status === 204) taken(id, command);
    else refuse(id, command, refusalIn(ctx.text) || usualRefusal(ctx.response.status));
  });

  const usualRefusal = (status) => (status < 500 ? general.refused : general.unknown);

  document.addEventListener("htmx:error", (event) => {
    const { id, command } = event.detail.ctx ? stepOf(event.detail.ctx) : {};
    if (command) refuse(id, command, general.unknown);
  });

  function refusalIn(html) {
    const answer = new DOMParser().parseFromString(html, "text/html");
    return answer.querySelector("body > .refusal")?.textContent;
  }

  function taken(id, command) {
    const at = bumped.indexOf(id);
    if (at >= 0) bumped.splice(at, 1);
    if (command === "cancel") {
      mine.add(id);
      cancel.close();
    } else if (command !== "recall" && command !== "parts") {
      bumped.push(id);
    }
  }

  function refuse(id, command, sentence) {
    sent.delete(id);
    if (command === "cancel") cancel.close();
    if (!known.has(id)) return say(sentence);
    refusals.set(id, sentence);
    redress(id);
  }

  // recallLast takes the ticket back that this screen took on last.
  function recallLast() {
    const id = bumped[bumped.length - 1];
    const ticket = id && known.get(id)?.ticket;
    if (ticket?.hasAttribute("aria-busy")) return; // its frame is on the way
    if (id && !ticket) {
      bumped.pop();
      return say(words.gone);
    }
    const back = ticket?.querySelector(".back");
    if (!back) return say(words.nothingBack);
    back.click();
  }

  // ---- cancelling

  const cancel = byId("cancel");
  const form = cancel.querySelector("form");

  function askToCancel(ticket) {
    const path = `/orders/${orderOf(ticket)}/`;
    byId("cancel-title").textContent = cancel.dataset.text.replace("%s", () => placeOf(ticket));
    form.setAttribute("action", path + "cancel");
    form.setAttribute("hx-post", path + "cancel");
    form.querySelector("a").setAttribute("href", path);
    form.elements.version.value = versionOf(ticket);
    form.elements.reason.value = "";
    if (!cancel.open) cancel.showModal();
    form.querySelector(".keep").focus(); // and no keyboard is raised
  }

  form.addEventListener("click", (event) => {
    if (event.target.matches(".reason")) form.elements.reason.value = event.target.textContent;
    if (event.target.matches(".keep")) cancel.close();
  });

  // ---- some of the tickets

  const find = byId("find");
  const states = lanes.querySelector(".states");
  let state = ""; // that is shown alone; empty: all

  // isWanted reports whether a ticket is one of those that somebody asked to see.
  function isWanted(ticket) {
    if (state && laneOf(ticket) !== state && !(state === "late" && ticket.matches(".late"))) {
      return false;
    }
    const wanted = find.value.trim().toLowerCase();
    if (!wanted) return true;
    const who = ticket.querySelector(".whom i")?.textContent || "";
    return `${placeOf(ticket)} ${orderOf(ticket)} ${who}`.toLowerCase().includes(wanted);
  }

  function narrow() {
    for (const button of states.querySelectorAll("button")) {
      if (button.value) button.setAttribute("aria-pressed", String(button.value === state));
    }
    for (const { ticket } of known.values()) dress(ticket);
    screens.layAll();
    number();
  }

  states.addEventListener("click", (event) => {
    const button = event.target.closest(".lane");
    if (!button) return;
    state = button.value === state ? "" : button.value;
    narrow();
  });
  find.addEventListener("input", narrow);
  find.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    find.value = "";
    narrow();
    find.blur();
  });
  list.addEventListener("page", number);

  // ---- keys

  const keys = byId("keys");
  let chosen = ""; // id of the ticket that somebody has come to by keys, and that they act on
  let onBump = false; // the focus was given to the next step of a ticket
  let numbered = [];

  const keysWork = () => keys.getAttribute("aria-pressed") === "true";
  const shown = () => [...lanes.querySelectorAll(".tickets > li:not([hidden], [data-out])")];

  // number gives the first ten tickets that are shown the keys of the row of digits.
  function number() {
    const next = keysWork() ? shown().slice(0, 10) : [];
    const others = numbered.filter((ticket) => !next.includes(ticket));
    for (const ticket of others) ticket.querySelector(":scope > kbd")?.remove();
    next.forEach((ticket, i) => {
      const key = String((i + 1) % 10);
      const cap = ticket.querySelector(":scope > kbd");
      if (cap?.textContent === key) return;
      cap?.remove();
      ticket.prepend(make("kbd", "", key));
    });
    numbered = next;
  }

  function choose(ticket) {
    if (!ticket) return;
    screens.reveal(ticket);
    (ticket.querySelector(".bump") || ticket.querySelector("a")).focus();
    ticket.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // keepChoice brings the focus back to the chosen ticket when a frame has brought that anew
  // elsewhere.
  // A frame may make of the button that has the focus another one: the next press of a key must
  // not take back what the last one did.
  function keepChoice() {
    if (!chosen) return;
    const at = document.activeElement;
    const { ticket } = known.get(chosen) || {};
    const turned = onBump && ticket?.contains(at) && !at.matches(".bump");
    if (at !== document.body && !turned) return;
    if (ticket && !ticket.hidden && !ticket.hasAttribute("data-out")) choose(ticket);
    else chosen = "";
  }

  document.addEventListener("focusin", (event) => {
    const ticket = ticketOf(event.target);
    chosen = ticket && event.target.matches(":focus-visible") ? ticket.id : "";
    onBump = event.target.matches(".bump");
  });
  document.addEventListener("pointerdown", () => { chosen = ""; });

  function move(step) {
    const { ticket } = known.get(chosen) || {};
    if (!ticket) return choose(numbered[0]);
    const tickets = shown();
    choose(tickets[tickets.indexOf(ticket) + step]);
  }

  // row is how many tickets stand side by side.
  const row = () => getComputedStyle(list).gridTemplateColumns.split(" ").length;

  function press(digit) {
    const ticket = numbered[(Number(digit) + 9) % 10];
    if (!ticket) return;
    if (chosen === ticket.id) ticket.querySelector(".bump")?.click();
    else choose(ticket);
  }

  function cancelChosen() {
    const { ticket, lane } = known.get(chosen) || {};
    if (ticket && lane !== "ended") askToCancel(ticket);
  }

  const commands = {
    ArrowUp: () => move(-row()), ArrowDown: () => move(row()),
    ArrowLeft: () => move(-1), ArrowRight: () => move(1),
    "/": () => find.focus(),
    r: recallLast, h: hearAll, c: cancelChosen,
    Escape: () => { chosen = ""; document.activeElement.blur(); },
  };

  document.addEventListener("keydown", (event) => {
    if (!keysWork() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, dialog, .menu, .cook")) return;
    const isHeldDown = event.repeat && event.key === "Enter" && lanes.contains(event.target);
    if (isHeldDown) return event.preventDefault();
    if (/^\d$/.test(event.key)) {
      event.preventDefault();
      if (!event.repeat) press(event.key);
      return;
    }
    const command = commands[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!command) return;
    event.preventDefault();
    command();
  });

  keys.addEventListener("click", () => {
    keys.setAttribute("aria-pressed", String(!keysWork()));
    remember("keys", keysWork() ? "on" : "off");
    showKeys();
  });

  function showKeys() {
    byId("legend").hidden = !keysWork();
    number();
  }

  // ---- a screen that stays on

  async function stayOn() {
    const wake = byId("wake");
    if (!navigator.wakeLock) return; // only secure pages have one
    try {
      const lock = await navigator.wakeLock.request("screen");
      wake.dataset.state = "on";
      lock.addEventListener("release", () => { wake.dataset.state = "off"; });
    } catch {
      wake.dataset.state = "off";
    }
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden) stayOn(); });

  // ---- what this screen was set to before

  const setting = "dusangire.kitchen.";

  function remember(name, value) {
    try {
      localStorage.setItem(setting + name, value);
    } catch {
      // a screen that may keep nothing starts anew each time
    }
  }

  function remembered(name) {
    try { return localStorage.getItem(setting + name); } catch { return null; }
  }

  const touches = ["pointerdown", "keydown"];

  // wakeSound turns the sound on at the first touch, where it was on before the page was loaded
  // anew.
  function wakeSound(event) {
    if (sound.contains(event.target)) return;
    for (const touch of touches) document.removeEventListener(touch, wakeSound, true);
    turnOn();
  }

  if (remembered("keys") === "off") keys.setAttribute("aria-pressed", "false");
  if (remembered("sound") === "on") {
    for (const touch of touches) document.addEventListener(touch, wakeSound, true);
  }

  // ---- the beginning

  document.addEventListener("htmx:ws:after:message:incoming", (event) => {
    setClock();
    const frame = event.detail.message?.data; // none where the page polls
    if (!frame || /"ticket(s|-)/.test(frame)) look(true);
    tick();
  });
  setInterval(tick, 1000);

  for (const alert of lanes.querySelectorAll(".refusal")) {
    refusals.set(ticketOf(alert).id, alert.textContent);
  }
  setClock();
  minute = Math.floor(now() / 60000);
  look(false);
  byId("signals").hidden = find.parentElement.hidden = false;
  showKeys();
  stayOn();
})();
document.currentScript.dataset.ran = "yes";
