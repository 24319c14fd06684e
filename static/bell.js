// Keeps the number on the bell true. A live page shows what many people see alike, and this is of
// one person, so no frame brings it. But each freshness marker names the topics of the page, and
// where those of its readers' notifications have moved, the page asks for the number. Whoever reads
// them elsewhere comes back to this page, and what moves unseen is found by asking now and then.
(() => {
  "use strict";
  const bell = document.getElementById("bell");
  if (!bell) return;

  const { body } = document;
  const { label, unread, path, most } = bell.dataset;
  const number = bell.firstElementChild;
  const SPREAD = 2000; // what a whole role is told they do not all ask about at once
  const REST = 30000;

  let { tag } = bell.dataset; // of the number that is shown
  let soon = 0; // the timer of the next question
  let asking = false;

  function show(count) {
    number.textContent = count > most ? most + "+" : String(count);
    number.hidden = count === 0;
    const more = count > 0 ? ". " + unread.replace("%d", count) : "";
    bell.setAttribute("aria-label", label + more);
  }

  async function ask() {
    clearTimeout(soon);
    soon = 0;
    if ("gone" in body.dataset) show(0);
    const { live } = body.dataset; // of pages that are
    if (asking || document.hidden || live === "no" || "gone" in body.dataset) return;
    asking = true;
    const headers = { "If-None-Match": tag, "Dusangire-Person": body.dataset.person };
    const answer = await fetch(path, { headers }).catch(() => null);
    const told = answer?.status === 200 ? await answer.json().catch(() => null) : null;
    asking = false;
    if (!told) return; // it stands, or nobody says
    tag = answer.headers.get("ETag");
    show(told.unread);
  }

  // revisions are those of a tag or of a marker's label: "inbox:7=12" is the person's own topic,
  // "inbox:kitchen=5" that of a role.
  const revisions = (text) => new Map([...text.matchAll(/(inbox:\w+)=(\d+)/g)]
    .map(([, topic, revision]) => [topic, Number(revision)]));

  function look() {
    const counted = revisions(tag);
    const moved = [...revisions(document.getElementById("live").dataset.shown)]
      .filter(([topic, revision]) => revision > counted.get(topic))
      .map(([topic]) => topic);
    if (moved.length === 0 || soon) return;
    const own = moved.some((topic) => /\d/.test(topic));
    soon = setTimeout(ask, own ? 0 : SPREAD * Math.random());
  }

  document.addEventListener("htmx:ws:after:message:incoming", look);
  document.addEventListener("visibilitychange", ask);
  addEventListener("focus", ask);
  setInterval(ask, REST * (0.9 + 0.2 * Math.random()));
})();
