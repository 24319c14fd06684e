// Keeps the number on the bell true, by a small socket of its own: a page's own socket shows what
// many people see alike, and this is of one person. It opens no sooner than the page is live, so
// that it takes no turn from what matters more, and ends with that.
(() => {
  "use strict";
  const bell = document.getElementById("bell");
  if (!bell) return;

  const { body } = document;
  const { label, unread, socket: path, most } = bell.dataset;
  const number = bell.firstElementChild;
  const REST = 5000; // between two sockets, and as much again by chance
  const POLL = 15000; // where no socket gets through

  let socket = null;
  let resting = false;
  let ended = false; // the person may not be here any more, or the browser opens no sockets

  function show(count) {
    number.textContent = count > most ? most + "+" : String(count);
    number.hidden = count === 0;
    const more = count > 0 ? ". " + unread.replace("%d", count) : "";
    bell.setAttribute("aria-label", label + more);
  }

  // A page that is not of the live ones has nothing that says whether sockets get through. It tries
  // until one does not.
  const isLive = "live" in body.dataset;
  const reachable = () => !isLive || body.dataset.live === "yes";

  function rest() {
    resting = true;
    setTimeout(() => {
      resting = false;
      follow();
    }, REST * (1 + Math.random()));
  }

  function open() {
    try {
      const origin = location.origin.replace("http", "ws");
      socket = new WebSocket(`${origin}${path}?person=${body.dataset.person}`);
    } catch (error) {
      ended = true; // polls go on
      return;
    }
    let opened = false;
    socket.onopen = () => { opened = true; };
    socket.onmessage = ({ data }) => {
      const told = JSON.parse(data);
      if (told.type === "unread") show(told.unread);
    };
    socket.onclose = ({ code }) => {
      socket = null;
      ended = (code >= 4400 && code < 4500) || !(opened || isLive);
      rest();
    };
  }

  // follow opens the socket where it may, and ends one that may be dead without a word.
  function follow() {
    if ("gone" in body.dataset) number.hidden = true;
    const wanted = reachable() && !ended && !("gone" in body.dataset);
    if (wanted && !socket && !resting) open();
    if (!wanted && socket && socket.readyState === WebSocket.OPEN) socket.close();
  }

  async function ask() {
    const headers = { "Accept": "application/json", "Dusangire-Person": body.dataset.person };
    const answer = await fetch(bell.href, { headers }).catch(() => null);
    const told = answer && answer.ok ? await answer.json().catch(() => null) : null;
    if (told) show(told.unread);
  }

  new MutationObserver(follow).observe(body, { attributeFilter: ["data-live", "data-gone"] });
  setInterval(() => { if (body.dataset.live === "polled") ask(); }, POLL);
  follow();
})();
