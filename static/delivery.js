// What a courier's tablet does besides being a live page. Each tap becomes an entry in the outbox,
// with a key by which the server knows it again: it is sent at once, and again until there is an
// answer, in the order of the taps. It is saved when the server has said so and never before. What
// waits is kept by the tablet through a reload, as ids, codes and keys; a name or a free text is
// never kept.
//
// Without a line only what the bedside needs can be tapped, and only what can be checked there: the
// bed is compared with what the tablet saw last. The server checks everything again when it
// arrives.
(() => {
  "use strict";

  const TIMEOUT = 15000; // after so long without an answer it is sent again
  const AGAIN = [1000, 2000, 4000, 8000, 15000]; // the waits between tries
  const TRIES = 6; // so often a server that fails is asked; then the courier has to look
  const TOO_OLD = 24 * 3600 * 1000; // the server forgets keys after twice as long
  const SHOWN = 8000; // how long "saved" stands
  const FIX = 10000; // at most this often the tablet tells where it is
  const clock = clockIn(document.getElementById("hospital").dataset.timeZone);

  // clockIn writes times as the page has them. A browser that does not know the zone has its own.
  function clockIn(timeZone) {
    const form = { hour: "2-digit", minute: "2-digit" };
    try {
      return new Intl.DateTimeFormat("en-GB", { ...form, timeZone });
    } catch {
      return new Intl.DateTimeFormat("en-GB", form);
    }
  }

  const json = { // the headers of all that is sent
    "Content-Type": "application/json", Accept: "application/json",
    "Dusangire-Person": document.body.dataset.person,
  };

  const byId = (id) => document.getElementById(id);
  const box = byId("outbox");
  if (!box || "tooOld" in document.body.dataset) return;
  const words = box.dataset;
  const dialog = byId("alarm");
  const stops = () => [...document.querySelectorAll(".stop")];
  const stopOf = (id) => byId("delivery-" + id);
  const opened = () => document.querySelector(".stop:target");
  const noLine = () => document.body.dataset.live === "no" && "begun" in document.body.dataset;
  const failed = () => "failed" in document.body.dataset; // then forms work as plain ones
  // touched reports whether somebody has tapped: before that browsers forbid noise.
  const touched = () => navigator.userActivation?.hasBeenActive ?? true;

  // storage is where a browser keeps things, or where it forbids that, a place that keeps nothing.
  function storage(kind) {
    try {
      return Object.keys(window[kind]) && window[kind];
    } catch {
      const setItem = () => { throw new Error("nothing can be kept"); };
      return { getItem: () => null, setItem, removeItem: () => {} };
    }
  }

  const disk = storage("localStorage");
  const tab = storage("sessionStorage");

  // ---- the outbox

  // An entry is {key, at, noun, id, act, place, fields, loose, doubt, tries, stored, failing, state,
  // code, why}: act is done to the noun with that id, a delivery or a cart.

  const prefix = "dusangire.outbox." + words.courier + ".";
  const waits = (entry) => entry.state === "waiting" || entry.state === "sending";
  let entries = kept();
  let lastTap = 0;
  let flushing = false;
  let halted = false; // nobody is signed in any more; whoever signs in next may be someone else
  let again = 0; // the timer of the next try

  // kept reads what an earlier page of this courier left. What had a name or a free text in it lost
  // that, and is not sent.
  function kept() {
    const found = [];
    for (const name of Object.keys(disk).filter((name) => name.startsWith(prefix))) {
      const entry = parse(disk.getItem(name));
      if (!entry) {
        disk.removeItem(name);
        continue;
      }
      const isLost = entry.loose || Date.now() - entry.at > TOO_OLD;
      if (entry.state !== "refused") entry.state = isLost ? "unknown" : "waiting";
      found.push(Object.assign(entry, { stored: true }));
    }
    return found.sort((a, b) => a.at - b.at);
  }

  // parse reads an entry; null where it was cut off when the tablet went out.
  function parse(text) {
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  }

  // keep writes an entry down, if the tablet can, without what may tell of a patient.
  function keep(entry) {
    const { key, at, noun, id, act, place, loose, tries, state, code } = entry;
    const fields = loose ? {} : entry.fields;
    const written = { key, at, noun, id, act, place, fields, loose, tries, state, code };
    try {
      disk.setItem(prefix + key, JSON.stringify(written));
      entry.stored = true;
    } catch {
      entry.stored = false;
    }
  }

  function forget(entry) {
    disk.removeItem(prefix + entry.key);
    entries = entries.filter((other) => other !== entry);
    draw();
  }

  // newKey makes a key nobody else has; crypto.randomUUID is missing where the page came without
  // TLS.
  function newKey() {
    const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
    return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // dataOf is what a browser would send of a form: with the button that was pressed.
  function dataOf(form, submitter) {
    const data = new FormData(form);
    if (submitter?.name) data.append(submitter.name, submitter.value);
    return data;
  }

  function fieldsOf(data) {
    const fields = {};
    for (const name of ["bed_code", "reason", "username"]) {
      if (data.has(name)) fields[name] = data.get(name);
    }
    if (data.has("received_by")) {
      fields.received_by = data.getAll("received_by").filter(Boolean).join(" ");
    }
    return fields;
  }

  // tap makes an entry for each delivery of a form, unless it has to be refused without a line.
  function tap(form, submitter) {
    const data = dataOf(form, submitter);
    const fields = fieldsOf(data);
    const { bed } = form.dataset;
    const ids = data.getAll("delivery_ids[]");
    const [, noun, one] = form.getAttribute("action").split("/");
    if (ids.length === 0) ids.push(one);
    const loose = [...form.querySelectorAll("[data-words]")].some((field) => field.value.trim());
    const doubt = bed && bare(fields.bed_code) !== bare(bed) ? suspect(fields.bed_code) : null;
    const refusal = noLine() && offline(form.dataset, loose, doubt);
    if (refusal) {
      if (doubt) form.elements.bed_code.value = "";
      return sound(refusal.kind, refusal.sentence, ids[0]);
    }
    const { tap: act, place } = form.dataset;
    for (const id of ids) {
      take({ noun, id, act, place: place || placeOf(id), fields: { ...fields }, loose, doubt });
    }
    if (noLine()) leave(ids[0]);
    draw();
    flush();
  }

  // Entries that an older page has kept are all of deliveries.
  const nounOf = (entry) => entry.noun || "deliveries";
  const isSame = (a, b) => a.id === b.id && nounOf(a) === nounOf(b);

  // take puts an entry into the outbox, unless one of the same delivery waits there that it does
  // not follow.
  function take(tapped) {
    const { id, act, fields } = tapped;
    const isBefore = (entry) => entry.act === "claim" && act === "depart"; // which may follow at once
    const others = entries.filter((entry) => isSame(entry, tapped) && waits(entry));
    if (!others.every(isBefore)) return;
    entries = entries.filter((entry) => !(isSame(entry, tapped) && entry.state === "saved"));
    lastTap = Math.max(Date.now(), lastTap + 1);
    if (act === "deliver" || act === "fail") fields.tapped_at = new Date(lastTap).toISOString();
    const entry = Object.assign(tapped, { key: newKey(), at: lastTap, tries: 0, state: "waiting" });
    entries.push(entry);
    keep(entry);
    if (!entry.stored && noLine()) sound("refused", words.noRoom, id);
  }

  // offline is why something can't be tapped without a line.
  function offline({ tap: act, bed, door }, loose, doubt) {
    if (act === "deliver" && door !== undefined) return { kind: "refused", sentence: words.noCode };
    const atBedside = act === "fail" || (act === "deliver" && bed);
    if (!atBedside) return { kind: "refused", sentence: words.noLine };
    if (doubt) return { kind: kindOf(doubt.code), sentence: doubt.sentence };
    return loose && { kind: "refused", sentence: words.noWords };
  }

  // ---- codes: hospital/code.go says how they are read, and why

  // plain is a code with digits of any script as 0 to 9, in capitals, without a scanner's prefix.
  function plain(code) {
    const inside = code.normalize("NFKC").replace(/^[\s\p{Cc}\ufeff]+/u, "");
    return inside.replace(/^\][A-Z][0-9A-Z]/i, "").replace(/\p{Nd}/gu, digit).toUpperCase();
  }

  // digit finds a digit's value by its place among the ten of its script, which stand in a row.
  function digit(sign) {
    const isDigit = (point) => /\p{Nd}/u.test(String.fromCodePoint(point));
    const point = sign.codePointAt(0);
    let value = 0;
    while (value < 9 && isDigit(point - value - 1)) value++;
    return value;
  }

  const bare = (code) => plain(code).replace(/[^\p{L}\p{Nd}]/gu, "");

  // suspect is what to say of a code that is not the patient's bed. Without a line the tablet knows
  // few beds: what may be one is taken for one, and what can't be, for what a scanner garbled.
  function suspect(code) {
    const legible = /^[A-Z0-9]+$/.test(plain(code).replace(/[\s\p{Pd}\p{Cf}\p{Cc}\u2212]/gu, ""));
    if (!legible) return { code: "unreadable_code", sentence: words.unreadable };
    return { code: "wrong_bed", sentence: words.wrongBed.replace("%[1]s", () => code.trim()) };
  }

  // placeOf is where a delivery goes, as its list says.
  function placeOf(id) {
    return (stopOf(id) || byId("tray-" + id))?.querySelector("b")?.textContent || id;
  }

  // flush sends what waits, one after the other: what comes later may rest on what was tapped
  // before it.
  async function flush() {
    if (flushing || halted) return;
    flushing = true;
    clearTimeout(again);
    let entry = entries.find(waits);
    try {
      while (entry && await send(entry)) entry = entries.find(waits);
    } catch (error) {
      entry.state = "unknown"; // for this page, which has failed: the next one asks again
      throw error;
    } finally {
      flushing = false;
    }
    entry = entries.find(waits);
    if (entry) again = setTimeout(flush, AGAIN[Math.min(entry.tries, AGAIN.length - 1)]);
  }

  // send reports whether there was an answer. Two windows of one courier take turns, and the second
  // finds that it was sent.
  async function send(entry) {
    if (!navigator.locks) return post(entry);
    return navigator.locks.request(prefix, () => {
      if (!entry.stored || disk.getItem(prefix + entry.key)) return post(entry);
      forget(entry);
      return true;
    });
  }

  async function post(entry) {
    entry.tries++;
    entry.state = "sending";
    draw();
    const path = `/${nounOf(entry)}/${entry.id}/${entry.act}`;
    const answer = await answerTo(path, entry.fields, TIMEOUT, { "Idempotency-Key": entry.key });
    if (!answer) return unanswered(entry, false);
    halted = answer.status === 401 || another(answer);
    if (halted) return unanswered(entry, false, words.signedOut);
    if (answer.status === 204 || answer.status === 201) saved(entry);
    else if (answer.problem) refused(entry, answer.problem);
    else return unanswered(entry, true);
    return true;
  }

  // another reports whether somebody else is signed in by now, and then ends the page. What waits
  // is sent when its courier is back.
  function another({ close }) {
    if (close) document.dispatchEvent(new CustomEvent("closed", { detail: close }));
    return close > 0;
  }

  const askAgain = [408, 429]; // of what is no refusal

  // answerTo sends a command, and returns the status, with the problem where the hospital's server
  // refused, and the code with which it ends the page where it does; null where nothing came. Only
  // that fetch was rejected, or that the body did not come whole, means that there is no line:
  // whatever else is thrown is a fault of this page.
  async function answerTo(path, fields, limit, headers) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), limit);
    const request = {
      method: "POST", body: JSON.stringify(fields), signal: stop.signal,
      headers: { ...json, ...headers },
    };
    const { unanswered: nothing } = page;
    const answer = await fetch(path, request).catch(nothing);
    const text = answer && await answer.text().catch(nothing);
    clearTimeout(timer);
    if (text === null) return null;
    const { status } = answer;
    const close = Number(answer.headers.get("Dusangire-Close"));
    const refusal = status >= 400 && status < 500 && !askAgain.includes(status);
    return { status, close, problem: refusal ? problemIn(text) : null };
  }

  // problemIn reads a refusal; null where something on the way has answered instead of the
  // hospital's server.
  function problemIn(text) {
    const problem = parse(text);
    return problem && typeof problem.type === "string" ? problem : null;
  }

  // unanswered keeps an entry for the next try. A bed that was not the patient's as far as the
  // tablet knows is not kept: the courier stands there, and must know now.
  function unanswered(entry, failing, why) {
    if (entry.doubt) {
      refused(entry, { type: ":" + entry.doubt.code, detail: entry.doubt.sentence });
      return false;
    }
    if (entry.act === "deliver" || entry.act === "fail") leave(entry.id);
    entry.failing = failing;
    entry.state = failing && entry.tries >= TRIES ? "unknown" : "waiting";
    entry.why = why;
    keep(entry);
    draw();
    return false;
  }

  function saved(entry) {
    entry.state = "saved";
    disk.removeItem(prefix + entry.key);
    if (touched()) navigator.vibrate?.(40);
    leave(entry.id);
    draw();
    setTimeout(() => forget(entry), SHOWN);
  }

  function refused(entry, problem) {
    entry.state = "refused";
    entry.code = problem.type.split(":").pop();
    entry.why = Object.values(problem.errors || {}).join(" ") || problem.detail;
    keep(entry);
    draw();
    const field = stopOf(entry.id)?.querySelector("[name=bed_code]");
    if (field) field.value = "";
    const kind = kindOf(entry.code);
    // With its token the frame that follows need not say it again.
    sound(kind, entry.why, entry.id, kind === "stopped" && entry.id + ":stopped", entry);
  }

  function draw() {
    const waiting = entries.filter(waits).length;
    box.hidden = entries.length === 0;
    box.querySelector("p").textContent = waiting ? words.count.replace("%d", waiting) : "";
    // Of what is done the last is enough.
    const last = entries.filter((entry) => entry.state === "saved").pop();
    const shown = entries.filter((entry) => entry.state !== "saved" || entry === last);
    box.querySelector("ol").replaceChildren(...shown.map(line));
    mark();
  }

  function line(entry) {
    const item = document.createElement("li");
    item.dataset.state = entry.state;
    const part = (name, text) => {
      const element = document.createElement(name);
      element.textContent = text;
      item.append(element);
      return element;
    };
    part("time", clock.format(entry.at));
    part("b", wordOf(entry.act) + " " + entry.place);
    part("span", say(entry));
    if (entry.state === "refused" || entry.state === "unknown") {
      const button = part("button", words.dismiss);
      button.type = "button";
      button.addEventListener("click", () => forget(entry));
    }
    return item;
  }

  // wordOf is what an act is called, such as "hand-over", which the page has as data-hand-over.
  const wordOf = (act) => words[act.replace(/-./g, (part) => part[1].toUpperCase())];

  function say(entry) {
    const state = entry.state === "waiting" ? entry.why || words.waiting : words[entry.state];
    return state.replace("%s", entry.why || titleOf(kindOf(entry.code)));
  }

  // mark shows on each stop what the outbox holds of it, and leads on to the next one that is not
  // dealt with. Frames draw both anew, so this is done again after each.
  function mark() {
    const done = ({ state, act }) => state === "saved" && (act === "deliver" || act === "fail");
    const held = entries.filter((entry) => nounOf(entry) === "deliveries" &&
      (waits(entry) || done(entry)));
    for (const stop of stops()) {
      const entry = held.filter(({ id }) => id === stop.dataset.delivery).pop();
      if (!entry) {
        delete stop.dataset.outbox;
        continue;
      }
      stop.dataset.outbox = entry.state;
      stop.dataset.says = wordOf(entry.act) + ": " + say(entry);
    }
    const link = document.querySelector("#carry a");
    const next = document.querySelector(".stop.in_transit:not([data-outbox])");
    if (!link) return;
    link.hidden = !next;
    if (!next) return;
    link.href = "#" + next.id;
    link.textContent = link.dataset.says.replace("%s", placeOf(next.dataset.delivery));
  }

  // ---- what must be acknowledged

  const seenStore = "dusangire.seen." + words.courier;
  const seen = new Set((tab.getItem(seenStore) || "").split(" ").filter(Boolean));
  const alarms = [];
  const served = dialog.open; // drawn by the server, as the answer to a plain form
  const dangers = JSON.parse(dialog.dataset.dangers);
  let audio = null;

  const kindOf = (code) => dangers[code] || "refused";
  const titleOf = (kind) => dialog.getAttribute("data-" + kind);

  // sound raises an alarm; the one before it must be acknowledged first. A danger shakes and beeps
  // where the tablet lets it. token names what is raised once only, entry whose refusal it is.
  function sound(kind, sentence, id, token, entry) {
    if (token && alarms.some((alarm) => alarm.token === token)) return;
    alarms.push({ kind, sentence, id, token, entry });
    if (!dialog.open) show();
  }

  function show() {
    const alarm = alarms[0];
    if (!alarm) return;
    dialog.className = alarm.kind === "refused" ? "alarm" : "alarm danger";
    byId("alarm-title").textContent = titleOf(alarm.kind);
    byId("alarm-place").textContent = placeOf(alarm.id);
    byId("alarm-text").textContent = alarm.sentence;
    dialog.showModal();
    if (alarm.kind !== "refused") shake();
  }

  function shake() {
    if (!touched()) return;
    navigator.vibrate?.([400, 150, 400, 150, 400]);
    audio ||= new AudioContext();
    for (let beep = 0; beep < 3; beep++) {
      const tone = audio.createOscillator();
      tone.type = "square";
      tone.frequency.value = 740;
      tone.connect(audio.destination);
      tone.start(audio.currentTime + beep * 0.5);
      tone.stop(audio.currentTime + beep * 0.5 + 0.3);
    }
  }

  function acknowledge() {
    const { token, entry } = alarms.shift();
    if (entry) forget(entry);
    if (token) seen.add(token);
    try {
      tab.setItem(seenStore, [...seen].join(" "));
    } catch {
      // then it is said again after a reload
    }
    dialog.close();
    show();
    if (!dialog.open) ready(opened());
  }

  // look raises the alarm of every stop whose patient was moved or whose tray was stopped, until it
  // is acknowledged.
  function look() {
    const now = new Map();
    for (const stop of stops()) {
      const { delivery, news } = stop.dataset;
      if (!news) continue;
      const what = news === "moved" ? stop.querySelector("form.handover").dataset.bed : news;
      now.set(delivery + ":" + what, stop.dataset);
    }
    for (const token of seen) if (!now.has(token)) seen.delete(token);
    for (const [token, { news, alarm, delivery }] of now) {
      if (!seen.has(token)) sound(news, alarm, delivery, token);
    }
  }

  // ---- the open stop

  // ready puts the cursor where a scanner types, over what stands there. Where a dialog has just
  // given back the focus, select alone gives back the cursor too.
  function ready(stop) {
    const field = stop?.querySelector("[name=bed_code]");
    field?.focus({ preventScroll: true });
    field?.select();
  }

  // leave closes a stop that is dealt with.
  function leave(id) {
    if (opened()?.dataset.delivery !== id) return;
    location.replace("#mine");
    document.querySelector("#carry a, #carry button")?.focus({ preventScroll: true });
  }

  // stay keeps a stop open that a frame has put elsewhere: the browser finds a target only when it
  // is navigated to.
  function stay() {
    const target = byId(location.hash.slice(1));
    if (target?.matches(".stop") && !opened()) location.replace(location.hash);
  }

  // tellStyle says whether a stop is open, for the style sheet of a browser that can't ask that
  // itself.
  const tellStyle = () => document.body.toggleAttribute("data-stop", Boolean(opened()));

  function arrive() {
    tellStyle();
    ready(opened());
  }

  addEventListener("hashchange", arrive);

  // Only when the page is loaded has the browser found the target. It scrolls there in the next
  // frame, and takes the focus away from whatever has it.
  addEventListener("load", () => {
    arrive();
    requestAnimationFrame(() => setTimeout(() => {
      if (document.activeElement === document.body) arrive();
    }));
  });
  document.addEventListener("keydown", (event) => {
    const typed = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    const elsewhere = dialog.open || document.activeElement.matches("input, button, summary");
    if (typed && !elsewhere) ready(opened());
  });

  // expire takes away what can't be taken back any more, by the server's time.
  function expire() {
    const now = Date.parse(byId("live").dateTime);
    for (const offer of document.querySelectorAll("[data-until]")) {
      offer.hidden = Date.parse(offer.dataset.until) < now;
    }
  }

  // ---- where the courier is, while they want it

  const share = byId("sharing");
  const toggle = share.querySelector("button");
  let place = null; // the watch of the tablet's place
  let toldAt = -FIX;
  const onTheWay = () => stops()
    .filter((stop) => stop.matches(".in_transit")).map((stop) => stop.dataset.delivery);

  function startSharing() {
    share.querySelector(".problem").textContent = "";
    place = navigator.geolocation.watchPosition(tell, () => {
      stopSharing();
      share.querySelector(".problem").textContent = share.dataset.denied;
    }, { enableHighAccuracy: true, maximumAge: FIX, timeout: 60000 });
    press(true);
  }

  function stopSharing() {
    if (place !== null) navigator.geolocation.clearWatch(place);
    place = null;
    toldAt = -FIX;
    press(false);
  }

  function press(on) {
    toggle.setAttribute("aria-pressed", on);
    share.toggleAttribute("data-shown", on);
    toggle.textContent = on ? toggle.dataset.on : toggle.dataset.off;
  }

  // tell is not kept for later: a place is worth something now or never.
  async function tell({ coords: { latitude, longitude } }) {
    if (performance.now() - toldAt < FIX) return;
    toldAt = performance.now();
    for (const id of onTheWay()) {
      await answerTo(`/deliveries/${id}/location`, { latitude, longitude }, FIX);
    }
  }

  share.hidden = !("geolocation" in navigator && isSecureContext);
  toggle.addEventListener("click", () => (place === null ? startSharing() : stopSharing()));
  addEventListener("pagehide", stopSharing);

  // ---- when something happens

  // What can't be tapped for a fault of this page is not lost: the browser sends the form, as it
  // does without a script.
  document.addEventListener("submit", (event) => {
    if (failed() || !event.target.matches("form[data-tap]")) return;
    const before = [...entries];
    try {
      tap(event.target, event.submitter);
    } catch (error) {
      undo(before);
      throw error;
    }
    event.preventDefault();
  });

  // undo forgets what a tap has begun that the browser sends instead.
  function undo(before) {
    for (const entry of entries) if (!before.includes(entry)) disk.removeItem(prefix + entry.key);
    entries = before;
  }

  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.querySelector("a").addEventListener("click", (event) => {
    if (served) return; // its link leads to the round as it is now
    event.preventDefault();
    acknowledge();
  });

  document.addEventListener("htmx:ws:after:message:incoming", () => {
    mark();
    look();
    stay();
    expire();
    tellStyle();
    if (place !== null && onTheWay().length === 0) stopSharing();
    if (entries.some((entry) => waits(entry) && !entry.failing)) flush(); // the line is back
  });
  addEventListener("online", flush);

  if (served) {
    dialog.close();
    dialog.showModal();
  }
  draw();
  look();
  flush();
})();
document.currentScript.dataset.ran = "yes";
