// Keeps a live page to what freshness.js judges. htmx and its socket extension bring the frames and
// morph the regions; this script tells the judgement of them, shows what it says, brings a dead
// socket back, and where something on the way refuses sockets, asks for the frames over plain HTTP.
//
// It comes before htmx and the extension, so that it sees every socket.
(() => {
  "use strict";
  if (!page) return;

  const { byId, body, banner, words, unanswered, closeCode } = page;
  const socket = byId("socket");

  // The socket says whose page it is for, as all that the page asks: somebody else may have signed
  // in by the time it opens again.
  if (body.dataset.person) {
    const path = socket.getAttribute("hx-ws:connect");
    const sign = path.includes("?") ? "&" : "?";
    socket.setAttribute("hx-ws:connect", path + sign + "person=" + body.dataset.person);
  }

  let connection = null; // the extension's, with its current socket
  let tried; // the socket that the judgement knows
  let number = 0; // by which it knows it
  let again = 0; // the timer of the next socket

  const clocks = () => ({ now: performance.now(), wall: Date.now() });
  // the beds or wards that the page has a place for, and the settings that it was drawn by
  const partsNow = () => `${byId("parts")?.value} ${byId("hospital").dataset.settings}`;

  let state = freshness.begin({
    ...clocks(), epoch: body.dataset.epoch, shown: body.dataset.shown, limits: body.dataset.limits,
    parts: partsNow(), time: byId("live").textContent,
  });

  // tell lets an event be judged, does what follows from it, and reports whether what the event is
  // about must not happen.
  function tell(type, more) {
    const event = { type, ...clocks(), hidden: document.hidden, ...socketNow(), ...more };
    const judged = freshness.judge(state, event);
    state = judged.state;
    for (const action of judged.actions) perform[action.do](action);
    return judged.actions.some((action) => action.do === "refuse");
  }

  function socketNow() {
    const now = connection?.socket;
    if (now !== tried) number++;
    tried = now;
    return { socket: number, ready: now?.readyState };
  }

  const perform = {
    refuse() {}, // whoever told the event does it
    reload() { location.reload(); },
    fail: page.fail,

    // The style sheet takes "live" back by itself when the time is over. The beat restarts it.
    live({ by, anew, left, doubt }) {
      if (anew) page.say(by === "yes" ? words.live : words.polled);
      body.dataset.live = by;
      body.dataset.begun = "yes";
      body.style.setProperty("--left", `${left}ms`);
      perform.doubt({ doubt });
      body.dataset.beat = body.dataset.beat === "a" ? "b" : "a";
    },
    "not-live"({ time, doubt }) {
      perform.doubt({ doubt });
      body.dataset.live = "no";
      banner.firstElementChild.textContent = banner.dataset.text.replace("%s", time);
    },
    begun() { body.dataset.begun = "yes"; },
    doubt({ doubt }) { body.style.setProperty("--doubt", `${doubt}ms`); },

    restart() { htmx.process(socket, true); },
    drop() { connection = null; },
    again({ after }) {
      clearTimeout(again);
      again = setTimeout(() => tell("again"), after);
    },

    ask,
    poll({ after }) { next = setTimeout(() => tell("poll"), after); },
    hush() {
      clearTimeout(next);
      asking?.abort();
      asking = null;
    },
    stop() {
      perform.hush();
      mark = "";
    },

    // It takes every patient's data off the screen of someone who may not see it any more.
    leave({ notice }) {
      clearInterval(supervisor);
      body.dataset.gone = "yes";
      socket.remove();
      byId("news")?.remove();
      page.main.replaceChildren(byId(notice).content.cloneNode(true));
      page.main.focus();
    },
  };

  const supervisor = setInterval(() => tell("tick"), state.limits.tickInterval);

  page.onFail(() => tell("failed"));

  // ended ends the page for a code that says that the person may not be here, and reports whether
  // it did.
  page.ended = (code) => {
    tell("ended", { code });
    return state.gone;
  };

  // A page's own script ends the page by this event.
  document.addEventListener("closed", (event) => page.ended(event.detail));

  // ---- the socket

  document.addEventListener("htmx:ws:before:connection", (event) => {
    const before = connection;
    connection = event.detail.connection;
    if (!tell("connecting", { again: connection.attempt > 0 })) return;
    connection = before;
    event.preventDefault();
  });
  document.addEventListener("htmx:ws:after:connection", () => tell("opened"));
  document.addEventListener("htmx:ws:before:message:incoming", ({ detail }) => {
    const { epoch, shown, targets } = freshness.read(detail.message.data);
    const ours = detail.connection === connection; // and not one that was thrown away
    detail.cancelled = tell("frame", { ours, epoch, shown, fits: targets.every(byId) });
    if (!detail.cancelled) detail.waitUntil(drawing);
  });
  document.addEventListener("htmx:ws:after:message:incoming", ({ detail }) => {
    const { polledAt: askedAt } = detail;
    const { dataset: marker, textContent: time } = byId("live");
    tell("marker", { by: askedAt ? "polled" : "yes", askedAt, marker, time, parts: partsNow() });
  });
  document.addEventListener("htmx:ws:error", ({ detail: { connection: at, error } }) => {
    if (!at?.socket) tell("impossible");
    else if (error instanceof Error) tell("undrawn", { by: "yes" });
  });
  document.addEventListener("htmx:ws:close", ({ detail: { code } }) => tell("closed", { code }));
  document.addEventListener("visibilitychange", () => tell("visibility"));
  addEventListener("online", () => tell("online"));
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  // ---- polls

  const frames = socket.getAttribute("hx-ws:connect").replace("/ws/", "/frames/");
  let asking = null; // the poll under way
  let next = 0; // the timer of the next one
  let mark = ""; // of what the page shows, in the server's words; "" where no poll has drawn it
  let drawing = Promise.resolve(); // the last poll's frame; nothing else is drawn meanwhile

  async function ask() {
    const request = asking = new AbortController();
    const limit = setTimeout(() => request.abort(), state.limits.pollTimeout);
    const came = await bring(request);
    clearTimeout(limit);
    if (asking !== request) return; // another poll or a socket has taken over
    asking = null;
    tell("answered", { came, chance: Math.random() });
  }

  // bring fetches a frame, draws it as one from the socket, and reports whether it came.
  async function bring(request) {
    const askedAt = performance.now();
    const headers = { "HX-Request": "true", "Dusangire-Frame": mark };
    const answer = await fetch(frames, { headers, signal: request.signal }).catch(unanswered);
    if (!answer || page.ended(closeCode(answer))) return false;
    // It tells a frame from what something on the way may answer.
    const brought = answer.headers.get("Dusangire-Frame");
    if (!answer.ok || !brought) return false;
    const text = await answer.text().catch(unanswered);
    if (text === null) return false;
    await drawing;
    if (asking !== request || freshness.isOlder(state, freshness.read(text))) return true;
    mark = "";
    if (!await drawn(text)) return false;
    if (asking !== request) return true;
    mark = brought;
    const detail = { message: { data: text }, polledAt: askedAt };
    htmx.trigger(socket, "htmx:ws:after:message:incoming", detail);
    return true;
  }

  // drawn shows a poll's frame, and reports whether that could be done.
  function drawn(text) {
    const how = { target: socket, swap: "innerHTML swapEmpty:false", transition: false };
    const swap = htmx.swap({ sourceElement: socket, text, ...how });
    drawing = swap.catch(() => { tell("undrawn", { by: "polled" }); });
    return swap.then(() => true, () => false);
  }

  document.addEventListener("htmx:after:request", (event) => {
    const { request, response } = event.detail.ctx;
    if (request.method === "POST") tell("posted");
    if (page.ended(response.status === 401 ? 4401 : closeCode(response))) event.preventDefault();
  });

  // The page may have been read before the extension was there. When all scripts are, it has opened
  // a socket, or is told to.
  body.dataset.link = "connecting";
  document.addEventListener("DOMContentLoaded", () => setTimeout(() => {
    if (!connection) tell("again");
  }));
})();
document.currentScript.dataset.ran = "yes";
