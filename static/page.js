// What the scripts of a live page share, and what becomes of the page where one of them fails. It
// stands before all that could fail unseen.
const page = "tooOld" in document.body.dataset ? null : (() => { // says browser.js
  "use strict";

  const byId = (id) => document.getElementById(id);
  const body = document.body;
  const banner = byId("banner");
  const listeners = []; // to be told when a script fails

  // fail takes "live" away until the page is loaded anew: a page whose script has failed may miss
  // what happens, or send nothing of what is tapped. Its links and a courier's forms work as plain
  // ones.
  function fail() {
    if (hasFailed() || "gone" in body.dataset) return;
    body.dataset.live = "no";
    body.dataset.begun = body.dataset.failed = "yes";
    for (const tell of listeners) tell();
    banner.firstElementChild.textContent = banner.dataset.failed;
  }

  const hasFailed = () => "failed" in body.dataset;

  // ours reports whether a file or a stack is of this page's scripts. A browser's extension may
  // fail as it likes, and what a browser itself complains of comes without an error.
  const ours = (place) => place.includes(location.origin + "/");

  addEventListener("error", ({ filename, error }) => {
    if (error && ours(filename + " " + error.stack)) fail();
  });
  addEventListener("unhandledrejection", ({ reason }) => {
    if (reason instanceof Error && (!reason.stack || ours(reason.stack))) fail();
  });

  // A command that was answered and then fails is no lost line, nor is one that fails before it is
  // sent.
  document.addEventListener("htmx:error", ({ detail: { ctx, error } }) => {
    const answered = ctx?.text !== undefined;
    if (answered || !(error instanceof TypeError || error?.name === "AbortError")) fail();
  });

  document.addEventListener("DOMContentLoaded", () => setTimeout(() => {
    const missing = "script[data-own]:not([data-ran])"; // it did not come, or threw
    if (document.querySelector(missing)) fail();
  }));

  // unanswered is for a promise of fetch alone: that it is rejected so means that there is no line.
  // Whatever else fails is a fault of the page.
  function unanswered(error) {
    if (error instanceof TypeError || error.name === "AbortError") return null;
    throw error;
  }

  // closeCode is what an answer says of the person's right to be here.
  const closeCode = (answer) => Number(answer.headers.get("Dusangire-Close"));

  return {
    byId, body, banner, main: byId("main"), panel: byId("panel"), words: byId("words").dataset,
    fail, hasFailed, onFail: (tell) => listeners.push(tell), unanswered, closeCode,
  };
})();
document.currentScript.dataset.ran = "yes";
