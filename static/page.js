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

  // A command has no line where fetch itself is rejected, or its answer does not come whole. What
  // fails before that or after it is a fault of the page, whatever kind of error it is.
  const unsent = new WeakSet(); // commands that fetch was rejected for
  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    const { fetch } = ctx;
    ctx.fetch = (...asked) => fetch(...asked).catch((error) => {
      unsent.add(ctx);
      throw error;
    });
  });
  document.addEventListener("htmx:error", ({ detail: { ctx, error } }) => {
    const cut = ctx?.response && ctx.text === undefined;
    if (!(cut || ctx && unsent.has(ctx)) || !saysNoLine(error)) fail();
  });

  document.addEventListener("DOMContentLoaded", () => setTimeout(() => {
    const missing = "script[data-own]:not([data-ran])"; // it did not come, or threw
    if (document.querySelector(missing)) fail();
  }));

  // saysNoLine is about what a promise of fetch was rejected with.
  const saysNoLine = (error) => error instanceof TypeError || error?.name === "AbortError";

  // unanswered is for a promise of fetch alone. What does not mean that there is no line is a fault
  // of the page, also where it is no error, of which nobody can tell whose it is later.
  function unanswered(error) {
    if (saysNoLine(error)) return null;
    fail();
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
