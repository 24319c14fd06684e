// The judgement of a live page: whether it may call itself live, and what it does about its line.
//
// A page is born not live. Only a freshness marker that came over the socket can make it live, and
// six seconds without another take that back. A page that polls is never called live: it says
// "polled" instead, under the same conditions.
//
// Nothing here knows a document, a clock or a socket. judge takes what has happened, with the time
// of it, and says what is to be done. app.js tells it what happens in a browser and does what it
// says. The tests do the same without a browser.
//
// Every event has a type, now (the page's own clock), wall (the clock on the wall, which goes on
// while the machine sleeps), hidden, and the page's socket: a number that is another for each, and
// its readyState. All times are milliseconds.
const freshness = (() => {
  "use strict";

  const UNDRAWN = 3; // so many frames in a row that can't be shown are no accident
  const CONNECTING = 0, OPEN = 1; // of a socket's readyState

  // numbers reads "metrics=7,ward:3=118".
  function numbers(label) {
    return Object.fromEntries((label || "").split(",").filter(Boolean).map((part) => {
      const at = part.lastIndexOf("=");
      return [part.slice(0, at), Number(part.slice(at + 1))];
    }));
  }

  // begin is the state of a page that has just been loaded. shown labels the revisions that it was
  // drawn from, parts the beds or wards that it has a place for, time is the time of what it shows.
  function begin({ now, wall, epoch, shown, parts, time, limits }) {
    return {
      limits: numbers(limits), epoch, shown, parts, time,
      live: "no", // or "yes", by the socket, or "polled"
      begun: false, // it has said of itself what it is
      failed: false, // a script of the page has
      gone: false, // the person may not be here any more
      heardAt: now, // the last frame, or the last attempt to connect
      socket: 0, // the number of the socket that is connecting, or was last
      triedAt: 0, // when it began to
      openedAt: 0, // the socket that is heard
      ahead: null, // by how much the page's clock is ahead of the node's, as markers tell
      lateSince: 0, // 0: markers come in time
      trueAt: 0, // what the last good marker said was so then; 0 is when the page was asked for
      trueOn: wall - now, // the same by the clock on the wall
      behindSince: 0, // 0: shown is current
      drift: wall - now, // of the clock on the wall before the page's own
      undrawn: 0, // frames in a row that could not be shown
      unheard: 0, // sockets in a row that were tried and brought nothing yet
      polling: false, // until a socket brings something
      before: "no", // live, when the poll under way was sent
    };
  }

  // judge returns the state after an event, and what the page must do, in this order.
  function judge(state, event) {
    const next = { ...state };
    const actions = [];
    const act = (what, more) => { actions.push({ do: what, ...more }); };
    if (!state.gone) on[event.type](next, event, act);
    else if (event.type === "connecting" || event.type === "frame") act("refuse");
    return { state: next, actions };
  }

  // until is the time up to which the page is live if nothing more happens; 0: it is not. The style
  // sheet keeps to it too, for the case that no script runs any more.
  function until({ live, trueAt, behindSince, limits }) {
    if (live === "no") return 0;
    const upTo = behindSince ? behindSince + limits.maxBehind : Infinity;
    return Math.min(trueAt + limits.heartbeatTimeout, upTo);
  }

  const on = {
    // A socket is about to be opened. again: by the extension itself, which knows nothing of polls.
    connecting(s, e, act) {
      if (e.again && s.live === "polled") return act("refuse");
      s.heardAt = e.now;
      s.unheard++;
      if (s.unheard > 1 && !s.polling) poll(s, e, act);
    },

    opened(s, e) {
      s.openedAt = s.heardAt = e.now;
      s.ahead = null;
    },

    // A frame has come and is not shown yet. ours: from the page's socket, not from one that it
    // threw away. fits: the page has all the items from which the frame's steps through its lists
    // begin. Htmx passes over a step whose target is not there, and the page would be behind
    // without knowing.
    frame(s, e, act) {
      if (!e.ours) return act("refuse");
      s.heardAt = e.now;
      s.unheard = 0;
      if (isOlder(s, e) || !e.fits) {
        act("refuse");
        distrust(s, e, act);
      } else if (s.polling) {
        stopPolling(s, act);
      }
    },

    // A frame is on the screen, and this marker ended it. by: "yes" is the socket, "polled" a poll
    // that was sent at askedAt. parts and time are those of the screen as it is now.
    marker(s, e, act) {
      const { epoch, shown, current = shown, age, sent, database } = e.marker;
      const late = e.by === "polled" ? e.now - e.askedAt : lateness(s, Number(sent), e.now);
      if (epoch !== s.epoch || e.parts !== s.parts) return act("reload");
      if (s.failed) return;
      s.undrawn = 0;
      s.shown = shown;
      if (late < s.limits.maxAge) s.lateSince = 0;
      else s.lateSince = s.lateSince || e.now;
      const old = Number(age) + late;
      if (!(old < s.limits.maxAge) || database !== "ok" || e.hidden) return notLive(s, e, act);
      if (shown !== current && s.live === "no") return;
      s.behindSince = shown === current ? 0 : s.behindSince || e.now;
      if (isBehind(s, e.now)) return notLive(s, e, act);
      s.trueAt = e.now - old;
      s.trueOn = e.wall - old;
      s.time = e.time;
      live(s, e, act);
    },

    // A frame could not be shown; by as above.
    undrawn(s, e, act) {
      s.undrawn++;
      if (s.undrawn >= UNDRAWN) on.failed(s, e, act);
      if (e.by === "yes") distrust(s, e, act);
    },

    // The browser lets no socket be opened. Another try at once would end as this one.
    impossible(s, e, act) {
      if (!s.polling) poll(s, e, act);
    },

    closed(s, e, act) {
      s.heardAt = e.now;
      if (s.live !== "polled") notLive(s, e, act);
      on.ended(s, e, act);
    },

    // A code has come, by a socket or in an answer, that may say that the person may not be here.
    ended(s, e, act) {
      const notice = { 4401: "signed-out", 4403: "not-permitted", 4404: "not-permitted" }[e.code];
      if (!notice) return;
      s.gone = true;
      stopPolling(s, act);
      notLive(s, e, act);
      act("leave", { notice });
    },

    visibility(s, e, act) {
      s.heardAt = e.now;
      if (e.hidden) notLive(s, e, act);
      else if (s.polling) poll(s, e, act);
    },

    online(s, e, act) {
      restart(s, e, act);
      if (s.polling) poll(s, e, act);
    },

    again(s, e, act) { restart(s, e, act); }, // it is time for a new socket
    poll(s, e, act) { poll(s, e, act); }, // it is time to ask for the page's state
    posted(s, e, act) { if (s.polling) poll(s, e, act); }, // for one's own change one does not wait

    // A poll has ended. came: it brought something that is on the screen. The first that does,
    // after a time without any, is also a reason to try a socket at once: the server may only have
    // been away. chance, 0 to 1, keeps the pages of a hospital from asking all at once.
    answered(s, e, act) {
      act("poll", { after: s.limits.pollInterval * (0.8 + 0.4 * e.chance) });
      if (!e.came) notLive(s, e, act);
      else if (s.before === "no" && s.live === "polled") restart(s, e, act);
    },

    // Nobody knows what a page misses whose script has failed: it is not live until it is loaded
    // anew.
    failed(s, e, act) {
      if (s.failed) return;
      s.failed = s.begun = true;
      notLive(s, e, act);
      act("fail");
    },

    tick(s, e, act) {
      const slept = e.wall - e.now - s.drift > s.limits.sleepGap;
      s.drift = e.wall - e.now;
      if (slept) act("doubt", { doubt: doubtIn(s, e) });
      if (e.hidden) return;
      if (slept || e.now - s.trueAt > s.limits.heartbeatTimeout || isBehind(s, e.now)) {
        notLive(s, e, act);
        if (!s.begun) act("begun");
        s.begun = true;
      }
      if (slept || isLate(s, e.now) || isSocketDead(s, e)) restart(s, e, act);
    },
  };

  // ---- live or not

  function live(s, e, act) {
    const anew = s.live !== e.by && s.begun;
    s.live = e.by;
    s.begun = true;
    const left = s.trueAt + s.limits.heartbeatTimeout - e.now;
    act("live", { by: e.by, anew, left, doubt: doubtIn(s, e) });
  }

  function notLive(s, e, act) {
    s.behindSince = 0;
    if (s.live === "no") return;
    s.live = "no";
    act("not-live", { time: s.time, doubt: doubtIn(s, e) });
  }

  // doubtIn is in how long what is shown will be too old to be relied on.
  const doubtIn = (s, e) => s.limits.doubtful - Math.max(e.now - s.trueAt, e.wall - s.trueOn);

  const isBehind = (s, now) => s.behindSince > 0 && now - s.behindSince > s.limits.maxBehind;
  const isLate = (s, now) => s.lateSince > 0 && now - s.lateSince > s.limits.maxLate;

  // lateness is how long ago a marker that has just come was made. On a slow line frames queue for
  // many seconds, and each would else pass for new. The quickest marker of a socket tells how the
  // two clocks lie; the first was made after the socket opened.
  function lateness(s, sent, now) {
    s.ahead = s.ahead === null ? s.openedAt - sent : Math.min(s.ahead, now - sent);
    return now - sent - s.ahead;
  }

  // isOlder reports whether a frame shows less than the screen does, as one from a node that lags
  // behind may.
  function isOlder(s, { epoch, shown }) {
    if (epoch !== s.epoch) return false;
    const has = numbers(s.shown);
    return Object.entries(numbers(shown)).some(([topic, revision]) => revision < has[topic]);
  }

  // ---- socket and polls

  // distrust takes nothing more from a socket of which the page has missed something. Only a new
  // one, which begins with everything, makes that good.
  function distrust(s, e, act) {
    act("drop");
    notLive(s, e, act);
    act("again", { after: s.limits.replaceDelay });
  }

  // restart throws the connection away, in whatever state it is, and opens a new one.
  function restart(s, e, act) {
    s.heardAt = e.now;
    s.lateSince = 0;
    act("restart");
  }

  // isSocketDead reports whether a socket has been trying to open, or has brought nothing, for so
  // long that it must be replaced.
  function isSocketDead(s, e) {
    const connecting = connectingFor(s, e);
    if (connecting) return connecting > s.limits.connectTimeout;
    const { heartbeatTimeout, reconnectTimeout, socketRetryInterval } = s.limits;
    const whileOpen = e.ready === OPEN ? heartbeatTimeout : reconnectTimeout;
    return e.now - s.heardAt > (s.live === "polled" ? socketRetryInterval : whileOpen);
  }

  // connectingFor is for how long a socket has been trying to open; 0: none is.
  function connectingFor(s, e) {
    if (e.socket !== s.socket) {
      s.socket = e.socket;
      s.triedAt = e.now;
    }
    return e.ready === CONNECTING ? e.now - s.triedAt + 1 : 0;
  }

  // poll asks for the page's state now, and then again and again. A server that is met by many at
  // once may let a socket wait for a while, and no poll need press it then.
  function poll(s, e, act) {
    s.polling = true;
    act("hush");
    if (e.hidden) return;
    const connecting = connectingFor(s, e);
    if (s.live === "no" && connecting && connecting < s.limits.gateTimeout) {
      return act("poll", { after: s.limits.gateTimeout - connecting });
    }
    s.before = s.live;
    act("ask");
  }

  function stopPolling(s, act) {
    s.polling = false;
    act("stop");
  }

  // read finds in a frame's text what must be known before it is shown: what its marker says that
  // it shows, and the items from which its steps through lists begin. A region as a whole the page
  // may lack, as the page of a single bed lacks the others.
  function read(frame) {
    const markers = [...frame.matchAll(/ data-epoch="([^"]*)" data-shown="([^"]*)"/g)];
    const [, epoch, shown] = markers.pop() || [];
    const steps = frame.matchAll(/<hx-partial hx-target="#([^"]+)" hx-swap="(?:delete|after)/g);
    return { epoch, shown, targets: Array.from(steps, ([, target]) => target) };
  }

  return { begin, judge, until, isOlder, read };
})();
