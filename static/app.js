// The supervisor of a live page. htmx and its socket extension bring the frames and morph the regions; this script alone
// decides whether the page may call itself live, brings a dead socket back, and opens beds beside the board. Where something on
// the way refuses sockets, it asks for the frames over plain HTTP, and the page says so.
//
// A page is born not live. Only a stamp that came over the socket can change that, and the style sheet takes it back
// when none renews it for six seconds, whether this script still runs or not. A page that polls is never called live: what it
// says instead hangs on its polls' stamps and on the same six seconds.
(() => {
  "use strict";

  const SILENCE = 6000; // without a stamp for so long, the page is not live and its socket is replaced
  const HANGING = 8000; // a connection that takes longer to open is replaced
  const RESTING = 10000; // a closed socket that the extension has not replaced by then is replaced here
  const OLD = 4000; // the server last looked at its database longer ago than this: not live
  const BEHIND = 2000; // so long may a live page be told that something newer is on its way
  const LATE = 6000; // a socket whose stamps are too long on their way for so long is replaced: a new one has no queue
  const ASLEEP = 1500; // the clock on the wall went on for so much longer than the page's own: the machine slept
  const DOUBTED = 60000; // so old, a diet or an allergy is not to be relied on
  const ANOTHER = 30000; // how long a page whose polls succeed waits before it tries a socket again
  const SLOW = 5000; // a poll that takes longer has failed
  const DOOR = 4000; // so long a server that is met by many at once may let a socket wait, and no poll need press it
  const SAYING = 8000; // how long a short message stands
  const UNDRAWN = 3; // so many frames in a row that can't be shown are no accident
  const CONNECTING = 0, OPEN = 1; // of a socket's readyState

  const byId = (id) => document.getElementById(id);
  const body = document.body;
  if ("tooOld" in body.dataset) return; // says browser.js
  const socket = byId("socket");
  const banner = byId("banner");
  const main = byId("main");
  const panel = byId("panel");
  const words = byId("words").dataset;

  // ---- what has failed: first of all, so that nothing of what follows fails unseen

  let failed = false; // a script of this page has, and nobody knows what the page misses

  // fail takes "live" away until the page is loaded anew: a page whose script has failed may miss what
  // happens, or send nothing of what is tapped. Its links and a courier's forms work as plain ones.
  function fail() {
    if (failed || gone) return;
    failed = true;
    notLive();
    body.dataset.begun = body.dataset.failed = "yes";
    banner.firstElementChild.textContent = banner.dataset.failed;
  }

  // ours reports whether a file or a stack is of this page's scripts. A browser's extension may fail as
  // it likes, and what a browser itself complains of comes without an error.
  const ours = (place) => place.includes(location.origin + "/");

  addEventListener("error", ({ filename, error }) => { if (error && ours(filename + " " + error.stack)) fail(); });
  addEventListener("unhandledrejection", ({ reason }) => {
    if (reason instanceof Error && (!reason.stack || ours(reason.stack))) fail();
  });

  // A command that was answered and then fails is no lost line, nor is one that fails before it is sent.
  document.addEventListener("htmx:error", ({ detail: { ctx, error } }) => {
    const answered = ctx?.text !== undefined;
    if (answered || !(error instanceof TypeError || error?.name === "AbortError")) fail();
  });

  // The socket says whose page it is for, as all that the page asks: somebody else may have signed
  // in by the time it opens again.
  if (body.dataset.person) {
    const path = socket.getAttribute("hx-ws:connect");
    const mark = path.includes("?") ? "&" : "?";
    socket.setAttribute("hx-ws:connect", path + mark + "person=" + body.dataset.person);
  }

  // ---- live or not

  let connection = null; // the extension's, with its current socket
  let heardAt = performance.now(); // the last frame, or the last attempt to connect
  let tried = null; // the socket that is connecting, or was last
  let triedAt = 0; // when it began to
  let openedAt = 0; // the socket that is heard
  let ahead = Infinity; // of the node's clock, by which this page's is, as the quickest stamp of this socket tells
  let lateSince = 0; // 0: stamps come in time
  let trueAt = 0; // what the last good stamp said was so then
  let trueOn = performance.timeOrigin; // the same by the clock on the wall, which goes on while the machine sleeps
  let behindSince = 0; // 0: shown is current
  let wall = Date.now() - performance.now(); // by which the clock on the wall is before the page's own
  let state = byId("live").textContent; // the time of the state on screen
  let shown = revisions(body.dataset.shown);
  let gone = false;
  let again = 0; // the timer of the next socket
  let undrawn = 0; // frames in a row that could not be shown
  const parts = byId("parts")?.value; // the beds or wards that the page has a place for

  function revisions(label) {
    return new Map((label || "").split(",").filter(Boolean).map((part) => {
      const at = part.lastIndexOf("=");
      return [part.slice(0, at), Number(part.slice(at + 1))];
    }));
  }

  // doubt tells the style sheet in how long what is shown will be too old to be relied on.
  function doubt() {
    const old = Math.max(performance.now() - trueAt, Date.now() - trueOn);
    body.style.setProperty("--doubt", `${DOUBTED - old}ms`);
  }

  function notLive() {
    behindSince = 0;
    if (body.dataset.live === "no") return;
    doubt();
    body.dataset.live = "no";
    banner.firstElementChild.textContent = banner.dataset.text.replace("%s", state);
  }

  // live says by what the page follows the hospital: "yes" is by its socket, "polled" by asking again and again.
  function live(by) {
    if (body.dataset.live !== by && body.dataset.begun) say(by === "yes" ? words.live : words.polled);
    body.dataset.live = by;
    body.dataset.begun = "yes";
    body.style.setProperty("--left", `${trueAt + SILENCE - performance.now()}ms`);
    body.dataset.beat = body.dataset.beat === "a" ? "b" : "a"; // restarts the style sheet's six seconds
  }

  // lateness is how long ago a stamp that has just come was made. On a slow line frames queue for many seconds, and each would else
  // pass for new. The quickest stamp of a socket tells how the two clocks lie; the first was made after the socket opened.
  function lateness(stamp, now) {
    const sent = Number(stamp.dataset.sent);
    ahead = Math.min(ahead, (ahead === Infinity ? openedAt : now) - sent);
    return now - sent - ahead;
  }

  // accept judges the stamp that ended a frame whose regions are on the screen by now: by what the frame came, and how late.
  function accept(stamp, by, late) {
    const now = performance.now();
    const { epoch, shown: label, current = label, age, database } = stamp.dataset;
    if (epoch !== body.dataset.epoch || byId("parts")?.value !== parts) return location.reload();
    if (failed) return;
    undrawn = 0;
    shown = revisions(label);
    if (late < OLD) lateSince = 0;
    else lateSince ||= now;
    const old = Number(age) + late;
    if (!(old < OLD) || database !== "ok" || document.hidden) return notLive();
    if (label === current) behindSince = 0;
    else if (body.dataset.live === "no") return;
    else if (now - (behindSince ||= now) > BEHIND) return notLive();
    trueAt = now - old;
    trueOn = Date.now() - old;
    state = stamp.textContent;
    live(by);
  }

  // older reports whether a frame shows less than the screen does, as one from a node that lags behind may.
  function older(frame) {
    const stamps = [...frame.matchAll(/ data-epoch="([^"]*)" data-shown="([^"]*)"/g)];
    const [, epoch, label] = stamps.pop() || [];
    if (epoch !== body.dataset.epoch) return false;
    return [...revisions(label)].some(([topic, revision]) => revision < shown.get(topic));
  }

  // fits reports whether a frame's steps through the page's lists begin from what the page has. Htmx passes over a step whose target is not
  // there, and the page would be behind without knowing. A region as a whole it may lack, as the page of a single bed lacks the others.
  function fits(frame) {
    const steps = [...frame.matchAll(/<hx-partial hx-target="#([^"]+)" hx-swap="(?:delete|after)/g)];
    return steps.every(([, target]) => byId(target));
  }

  // distrust takes nothing more from a socket of which the page has missed something: only a new one, which begins with everything, makes
  // that good.
  function distrust() {
    connection = null;
    notLive();
    clearTimeout(again);
    again = setTimeout(restart, 1000);
  }

  // missed notes that a frame could not be shown.
  function missed() {
    if (++undrawn >= UNDRAWN) fail();
  }

  // restart throws the connection away, in whatever state it is, and opens a new one.
  function restart() {
    heardAt = performance.now();
    lateSince = 0;
    if (!gone) htmx.process(socket, true);
  }

  function supervise() {
    const now = performance.now();
    const slept = Date.now() - now - wall > ASLEEP;
    wall = Date.now() - now;
    if (slept) doubt();
    if (document.hidden) return;
    if (slept || now - trueAt > SILENCE || (behindSince && now - behindSince > BEHIND)) {
      notLive();
      body.dataset.begun = "yes";
    }
    const late = lateSince && now - lateSince > LATE;
    const quiet = now - heardAt > (body.dataset.live === "polled" ? ANOTHER : connection?.socket?.readyState === OPEN ? SILENCE : RESTING);
    if (slept || late || (connectingFor(now) ? connectingFor(now) > HANGING : quiet)) restart();
  }

  // connectingFor is for how long a socket has been trying to open; 0: none is.
  function connectingFor(now) {
    if (connection?.socket !== tried) {
      tried = connection?.socket;
      triedAt = now;
    }
    return tried?.readyState === CONNECTING ? now - triedAt + 1 : 0;
  }

  // ---- polls

  const every = Number(document.querySelector(".pill .polled").dataset.every);
  const frames = socket.getAttribute("hx-ws:connect").replace("/ws/", "/frames/");
  let unheard = 0; // sockets in a row that were tried and brought nothing yet
  let polling = false; // until a socket brings something
  let asking = null; // the poll under way
  let next = 0; // the timer of the next one
  let mark = ""; // of what the page shows, in the server's words; "" where no poll has drawn it
  let drawing = Promise.resolve(); // the last poll's frame; nothing else is drawn meanwhile

  // poll asks for the page's state now, and then again and again. The first answer after a time without any is also a reason to
  // try a socket at once: the server may only have been away.
  async function poll() {
    polling = true;
    clearTimeout(next);
    asking?.abort();
    if (gone || document.hidden) return;
    const connecting = connectingFor(performance.now());
    if (body.dataset.live === "no" && connecting && connecting < DOOR) {
      next = setTimeout(poll, DOOR - connecting);
      return;
    }
    const request = asking = new AbortController();
    const limit = setTimeout(() => request.abort(), SLOW);
    const before = body.dataset.live;
    const came = await ask(request);
    clearTimeout(limit);
    if (asking !== request) return; // another poll or a socket has taken over
    asking = null;
    next = setTimeout(poll, every * (0.8 + 0.4 * Math.random()));
    if (!came) notLive();
    else if (before === "no" && body.dataset.live === "polled") restart();
  }

  // unanswered is for a promise of fetch alone: that it is rejected so means that there is no line.
  // Whatever else fails is a fault of the page.
  function unanswered(error) {
    if (error instanceof TypeError || error.name === "AbortError") return null;
    throw error;
  }

  // ask fetches a frame, draws it as one from the socket, and reports whether it came.
  async function ask(request) {
    const askedAt = performance.now();
    const headers = { "HX-Request": "true", "Dusangire-Frame": mark };
    const answer = await fetch(frames, { headers, signal: request.signal }).catch(unanswered);
    if (!answer || closed(Number(answer.headers.get("Dusangire-Close")))) return false;
    const brought = answer.headers.get("Dusangire-Frame"); // which tells a frame from what something on the way may answer
    if (!answer.ok || !brought) return false;
    const text = await answer.text().catch(unanswered);
    if (text === null) return false;
    await drawing;
    if (asking !== request || older(text)) return true;
    mark = "";
    if (!await drawn(text)) return false;
    if (asking !== request) return true;
    mark = brought;
    htmx.trigger(socket, "htmx:ws:after:message:incoming", { message: { data: text }, polledAt: askedAt });
    return true;
  }

  // drawn shows a poll's frame, and reports whether that could be done.
  function drawn(text) {
    const swap = htmx.swap({
      sourceElement: socket, target: socket, swap: "innerHTML swapEmpty:false", text, transition: false,
    });
    drawing = swap.catch(missed);
    return swap.then(() => true, () => false);
  }

  function stopPolling() {
    polling = false;
    mark = "";
    clearTimeout(next);
    asking?.abort();
    asking = null;
  }

  // closed ends the page for a code that says that the person may not be here, and reports whether it did.
  function closed(code) {
    if (code === 4401) leave("signed-out");
    if (code === 4403 || code === 4404) leave("not-permitted");
    return gone;
  }

  // A page's own script ends the page by this event.
  document.addEventListener("closed", (event) => closed(event.detail));

  // leave takes every patient's data off the screen of someone who may not see it any more.
  function leave(notice) {
    gone = true;
    clearInterval(supervisor);
    stopPolling();
    notLive();
    body.dataset.gone = "yes";
    socket.remove();
    byId("news")?.remove();
    main.replaceChildren(byId(notice).content.cloneNode(true));
    main.focus();
  }

  const supervisor = setInterval(supervise, 500);

  document.addEventListener("htmx:ws:before:connection", (event) => {
    const again = event.detail.connection.attempt > 0; // by the extension itself, which knows nothing of polls
    if (again && body.dataset.live === "polled") return event.preventDefault();
    connection = event.detail.connection;
    heardAt = performance.now();
    if (++unheard > 1 && !polling) poll();
  });
  document.addEventListener("htmx:ws:after:connection", () => {
    openedAt = heardAt = performance.now();
    ahead = Infinity;
  });
  document.addEventListener("htmx:ws:before:message:incoming", (event) => {
    event.detail.cancelled = event.detail.connection !== connection; // one that was thrown away
    if (event.detail.cancelled) return;
    heardAt = performance.now();
    unheard = 0;
    if (older(event.detail.message.data) || !fits(event.detail.message.data)) {
      event.detail.cancelled = true;
      distrust();
    } else {
      stopPolling();
      event.detail.waitUntil(drawing);
    }
  });
  document.addEventListener("htmx:ws:after:message:incoming", (event) => {
    const { polledAt } = event.detail;
    const stamp = byId("live");
    const now = performance.now();
    if (polledAt) accept(stamp, "polled", now - polledAt);
    else accept(stamp, "yes", lateness(stamp, now));
    markCard();
    sweep();
    followCard();
  });
  document.addEventListener("htmx:ws:error", ({ detail: { connection: at, error } }) => {
    if (!at?.socket) { // the browser lets none be opened, and another try at once would end as this one
      if (!polling) poll();
    } else if (error instanceof Error) { // a frame that could not be shown
      missed();
      distrust();
    }
  });
  document.addEventListener("htmx:ws:close", (event) => {
    heardAt = performance.now();
    if (body.dataset.live !== "polled") notLive();
    closed(event.detail.code);
  });
  document.addEventListener("visibilitychange", () => {
    heardAt = performance.now();
    if (document.hidden) notLive();
    else if (polling) poll();
  });
  addEventListener("online", () => {
    restart();
    if (polling) poll();
  });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  // ---- short messages

  let silencer = 0;

  function say(sentence) {
    const line = byId("said");
    clearTimeout(silencer);
    line.textContent = sentence;
    silencer = setTimeout(() => { line.textContent = ""; }, SAYING);
  }

  // A page's own script says something by this event.
  document.addEventListener("say", (event) => say(event.detail));

  // ---- forms that somebody has begun
  //
  // A form is about somebody, and about what stood there when it was begun. What the server says
  // later may be about someone else, or about another state: so nothing renews a form once it is
  // touched. Where it has no place any more, what was typed is put aside, and filled in nowhere. A
  // courier's forms are renewed: they carry nothing but which tray it is.

  const forms = new Set(); // those that are begun
  const touchedAt = new WeakMap(); // when each was last

  const isBegun = (form) => form.isConnected && (forms.has(form) || [...form.elements].some(isChanged));

  // isChanged reports whether a control holds something else than the server put there.
  function isChanged(control) {
    if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
    if (control.type === "hidden") return false;
    if (control.matches("select")) {
      const options = [...control.options];
      const first = Math.max(0, options.findIndex((option) => option.defaultSelected));
      return control.selectedIndex !== first;
    }
    return control.matches("input, textarea") && control.value !== control.defaultValue;
  }

  function begin(form) {
    if (!form) return;
    touchedAt.set(form, performance.now());
    keep(form);
  }

  // keep lets no update renew a form.
  function keep(form) {
    if (form.matches("[data-tap], [role=search]") || !main.contains(form)) return;
    forms.add(form);
    form.setAttribute("hx-morph-skip", "");
  }

  function release(form) {
    if (!form) return;
    forms.delete(form);
    form.removeAttribute("hx-morph-skip");
    delete form.dataset.begun;
  }

  const formsOf = (part) => [...part.querySelectorAll("form")];

  // hold keeps the forms that are begun in a part of the page as they are, whatever is drawn there
  // next.
  function hold(part) {
    for (const form of formsOf(part)) {
      if (form.hasAttribute("data-begun") || isBegun(form)) keep(form);
    }
  }

  // leaveForms drops what was typed in a part of the page before somebody asked for another, and
  // reports whether anything was typed there since.
  function leaveForms(part, askedAt) {
    let since = false;
    for (const form of formsOf(part)) {
      if (touchedAt.get(form) > askedAt) {
        since = true;
        continue;
      }
      release(form);
      form.reset();
    }
    return since;
  }

  // sweep puts aside what was typed in forms that an update has taken away, and reports whether
  // there was any.
  function sweep() {
    let swept = false;
    for (const form of forms) {
      if (form.isConnected) continue;
      forms.delete(form);
      swept = putAside(form) || swept;
    }
    return swept;
  }

  // putAside shows what was typed in a form, to be copied, and reports whether there was anything.
  function putAside(form) {
    const filled = form.hasAttribute("data-begun"); // by the server, with what was sent
    const typed = [...form.elements]
      .filter((control) => control.name && (isChanged(control) || filled && isFilled(control)))
      .map(inWords);
    const place = byId("aside");
    if (!typed.length || !place) return false;
    const alert = make("div", "");
    alert.className = "alert";
    alert.tabIndex = -1;
    alert.setAttribute("role", "alert");
    if (place.dataset.was) alert.append(make("p", place.dataset.was));
    alert.append(make("p", words.aside.replace("%s", () => form.dataset.about)));
    const list = make("dl", "");
    for (const [label, value] of typed) list.append(make("dt", label), make("dd", value));
    const button = make("button", words.dismiss);
    button.type = "button";
    button.addEventListener("click", () => alert.remove());
    alert.append(list, button);
    place.prepend(alert);
    alert.focus();
    alert.scrollIntoView({ block: "nearest" });
    return true;
  }

  // isFilled reports whether a control holds anything that a person may have put there.
  function isFilled(control) {
    if (control.type === "checkbox" || control.type === "radio") return control.checked;
    return control.type !== "hidden" && control.matches("input, select, textarea") && control.value !== "";
  }

  function make(name, text) {
    const element = document.createElement(name);
    element.textContent = text;
    return element;
  }

  // inWords is a control that somebody changed as they would say it: what it is called, and what
  // they put there.
  function inWords(control) {
    const label = (control.getAttribute("aria-label") || control.labels?.[0]?.textContent || control.name).trim();
    if (control.type === "checkbox") return [label, control.checked ? "✓" : "–"];
    if (control.type === "radio") return [label, control.checked ? "✓" : "–"];
    return [label, control.matches("select") ? control.selectedOptions[0]?.textContent.trim() : control.value];
  }

  for (const kind of ["input", "change"]) document.addEventListener(kind, ({ target }) => begin(target.form), true);
  document.addEventListener("focusin", ({ target }) => { if (target.matches("select")) begin(target.form); });
  hold(main);

  // The bed that a patient is moved to goes along in the version in which it was chosen.
  document.addEventListener("change", ({ target }) => {
    const version = target.form?.elements.bed_version;
    if (version && target.name === "bed_id") version.value = target.selectedOptions[0].dataset.version || "";
  });

  // ---- the open bed

  let opening = null; // the request under way for a panel
  let sending = null; // the panel's command that waits for its answer; until then nothing takes its form away
  let followed = ""; // the version of the card for which the panel was last fetched anew

  const opened = () => panel?.querySelector(".panel");
  const cardOf = (section) => section && byId("bed-" + section.dataset.bed);

  // load fetches a bed's panel and tells what came of it: "shown", "held" where somebody types in it
  // meanwhile, "refused" by the server, "unreachable", or "replaced" by a later request. how: "open"
  // it for somebody who has just asked for it, "follow" what has changed in it, or draw it "anew"
  // after a command. Forms that somebody has begun stay as they are if it is still about the same;
  // who opens a bed leaves those that they began before.
  async function load(path, how) {
    const opens = how === "open";
    const askedAt = performance.now();
    opening?.abort();
    const request = opening = new AbortController();
    const { person } = body.dataset;
    const headers = { "HX-Request": "true", Accept: "text/html", "Dusangire-Person": person };
    const lost = () => (request.signal.aborted ? "replaced" : "unreachable");
    try {
      const asked = opens ? path : whereIs(path);
      const answer = await fetch(asked, { headers, signal: request.signal }).catch(unanswered);
      if (!answer) return lost();
      if (closed(Number(answer.headers.get("Dusangire-Close")))) return "replaced";
      if (answer.status === 401 || new URL(answer.url).pathname === "/login") {
        leave("signed-out");
        return "replaced";
      }
      const text = await answer.text().catch(unanswered);
      if (text === null) return lost();
      if (!answer.ok || !text.includes('class="panel"')) return "refused";
      if (!opens) hold(panel);
      const held = opens ? leaveForms(panel, askedAt) : touched();
      const same = subjectOf(text) === opened()?.dataset.subject;
      const swap = same && (how === "follow" || held) ? "innerMorph" : "innerHTML";
      const aside = opens ? [] : [...(byId("aside")?.children || [])];
      const focused = panel.contains(document.activeElement) && document.activeElement;
      await htmx.swap({ sourceElement: panel, target: panel, swap, text });
      if (swap === "innerHTML") byId("aside").append(...aside);
      markCard();
      if (!sweep() && focused && document.activeElement === body) {
        (focused.isConnected ? focused : byId("panel-title")).focus(); // it may be what was put aside
      }
      return held ? "held" : "shown";
    } finally {
      if (opening === request) opening = null;
    }
  }

  // whereIs adds to a panel's path whom the panel is about, so that the answer says where they are
  // if they are no longer there.
  function whereIs(path) {
    const { admission } = opened()?.dataset || {};
    return admission ? path + (path.includes("?") ? "&" : "?") + "was=" + admission : path;
  }

  // subjectOf is whom or what a panel that has just come is about.
  const subjectOf = (text) => / data-subject="([^"]*)"/.exec(text)?.[1];

  // touched reports whether somebody has begun to fill in a form of the panel.
  const touched = () => formsOf(panel).some(isBegun);

  // markCard shows on the board which bed is open. A frame draws the card without the mark.
  function markCard() {
    const link = cardOf(opened())?.firstElementChild || null;
    const marked = document.querySelector(".bed > [aria-current]");
    if (marked === link) return;
    marked?.removeAttribute("aria-current");
    link?.setAttribute("aria-current", "true");
  }

  async function open(path) {
    panel.setAttribute("aria-busy", "true");
    const came = await load(path, "open");
    if (came === "replaced") return;
    panel.removeAttribute("aria-busy");
    if (came === "shown") byId("panel-title").focus();
    if (came === "refused") location.assign(path);
    if (came === "unreachable") say(words.unreachable);
  }

  function close() {
    const card = cardOf(opened());
    opening?.abort();
    panel.removeAttribute("aria-busy");
    for (const form of formsOf(panel)) release(form);
    panel.replaceChildren();
    markCard();
    card?.firstElementChild.focus();
  }

  // followCard brings the panel up to date when its bed's card says that the bed has changed.
  async function followCard() {
    const section = opened();
    const card = cardOf(section);
    if (!card || opening || sending || card.dataset.version === section.dataset.version || card.dataset.version === followed) return;
    followed = card.dataset.version;
    const came = await load(section.dataset.path, "follow");
    if (came === "shown" || came === "held") say(words.changed);
    if (came === "refused" || came === "unreachable") complain(words.outdated);
  }

  // complain puts a sentence at the head of the panel, where the server puts its own.
  function complain(sentence) {
    const section = opened();
    if (!section) return say(sentence);
    section.querySelector(":scope > .alert")?.remove();
    const alert = document.createElement("div");
    alert.className = "alert";
    alert.setAttribute("role", "alert");
    alert.textContent = sentence;
    section.querySelector("header").after(alert);
    alert.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("click", (event) => {
    const menu = document.querySelector("details.menu[open]");
    if (menu && !menu.contains(event.target)) menu.open = false;
    if (!panel || failed || event.defaultPrevented || event.button) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest(".bed > a, #panel .close");
    if (!link) return;
    event.preventDefault();
    if (link.matches(".close")) close();
    else open(link.getAttribute("href"));
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.firstElementChild.focus();
    } else if (opened() && main.querySelector(".split") && !touched()) {
      close();
    }
  });

  // ---- commands

  document.addEventListener("htmx:before:request", (event) => {
    if (!panel?.contains(event.detail.ctx.sourceElement)) return;
    opening?.abort();
    sending = event.detail.ctx;
    say("");
  });

  document.addEventListener("htmx:finally:request", (event) => {
    if (event.detail.ctx !== sending) return;
    sending = null;
    followCard();
  });

  document.addEventListener("htmx:after:request", (event) => {
    const { sourceElement, request, response, text } = event.detail.ctx;
    if (polling && request.method === "POST") poll(); // for one's own change one does not wait
    const left = !panel?.contains(sourceElement); // for another bed, before the answer came
    if (closed(Number(response.headers.get("Dusangire-Close")))) {
      event.preventDefault();
    } else if (response.status === 401) {
      event.preventDefault();
      leave("signed-out");
    } else if (!panel) { // a page without a panel has a script of its own for its commands
      return;
    } else if (request.method === "POST" && response.status === 204) {
      const form = formOf(sourceElement);
      form?.reset();
      release(form);
      saved(left);
    } else if (left || !text.includes('class="panel"')) {
      event.preventDefault();
      const sentence = response.status < 500 ? words.refused : words.unknown;
      if (left) say(sentence);
      else complain(sentence);
    } else {
      renew(event.detail.ctx);
    }
  });

  const formOf = (element) => element.closest("form");

  // renew prepares the panel for the answer to what the person has sent or asked for. The answer
  // has the form that they sent, with what they typed in it. The other forms that are begun stay as
  // they are, if the answer is about the same.
  function renew(ctx) {
    const form = formOf(ctx.sourceElement);
    const search = form?.id === "form-find";
    hold(panel);
    if (form && !search) form.reset();
    release(form);
    if (search || ctx.request.method === "GET") release(byId(search ? "form-admit" : "form-order"));
    if (subjectOf(ctx.text) !== opened()?.dataset.subject) ctx.swap = "innerHTML";
  }

  async function saved(left) {
    if (!left) {
      await load(cardOf(opened()).firstElementChild.getAttribute("href"), "anew");
      byId("panel-title")?.focus();
    }
    say(words.saved);
  }

  document.addEventListener("htmx:after:swap", (event) => {
    const { request, response } = event.detail.ctx;
    if (panel && response) hold(panel);
    const told = panel && response && sweep();
    if (response?.status >= 400) refusalShown()?.focus();
    else if (told) return;
    else if (response && request.method === "GET") (byId("sheet-order")?.firstElementChild || byId("panel-title"))?.focus();
  });

  // refusalShown is where a refusal leads to the field that is wrong, or else stands.
  function refusalShown() {
    const alert = opened()?.querySelector(":scope > .alert");
    return alert?.querySelector("a") || alert;
  }

  // Every form says whose page it is on. A frame's forms can't, for it is drawn once for all who
  // watch.
  document.addEventListener("formdata", ({ target, formData }) => {
    const { person } = body.dataset;
    if (person && target.method === "post") formData.set("person", person);
  });

  // Who was here before is admitted under their number alone, whatever stands in the fields for someone new.
  document.addEventListener("formdata", ({ formData }) => {
    if (formData.get("patient_id")) for (const name of ["patient_name", "birth_date", "sex"]) formData.delete(name);
  });

  // Who has no known allergy has none that is named, and none that is severe. What is no longer
  // named is no longer severe. Nothing else touches what is severe.
  document.addEventListener("change", ({ target }) => {
    if (target.name !== "allergies[]") return;
    const boxes = [...target.form.querySelectorAll('[type="checkbox"]')];
    const clear = (name, which) => {
      for (const box of boxes) if (box.name === name && box.checked && which(box.value)) box.checked = false;
    };
    const none = target.value === "none";
    if (target.checked) clear("allergies[]", (value) => (value === "none") !== none);
    if (target.checked && none) clear("severe[]", () => true);
    if (!target.checked) clear("severe[]", (value) => value === target.value);
  });

  document.addEventListener("htmx:error", (event) => {
    if (panel?.contains(event.detail.ctx?.sourceElement)) complain(words.unknown);
  });

  // The page may have been read before the extension was there. When all scripts are, it has opened a socket, or is told to; this script comes
  // before both others, so that it sees every socket.
  body.dataset.link = "connecting";
  document.addEventListener("DOMContentLoaded", () => setTimeout(() => {
    if (document.querySelector("script[data-own]:not([data-ran])")) fail(); // it did not come, or threw
    if (!connection) restart();
  }));
})();
