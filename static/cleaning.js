// The list of beds to clean. app.js keeps it live; this script keeps the second half of a double
// tap from being another step, and shows a refusal at the bed that it is about.
(() => {
  "use strict";
  if (!document.getElementById("words")) return; // a page that shows parts of the list only
  if (!page) return;

  // Two taps within so many milliseconds are one: the second is not meant for what has come under
  // the finger.
  const TWICE = 600;

  const list = page.byId("to-clean");
  let tapped = -TWICE; // when a step was tapped last

  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (event.timeStamp - tapped < TWICE) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    tapped = event.timeStamp;
    rowOf(button).querySelector(".refusal")?.remove();
  }, true);

  const rowOf = (element) => element.closest("#to-clean > li");

  function refuse(element, sentence) {
    const row = element && rowOf(element);
    if (!row) return page.say(sentence); // the bed has left the list meanwhile
    row.querySelector(".refusal")?.remove();
    const alert = document.createElement("p");
    alert.className = "alert refusal";
    alert.setAttribute("role", "alert");
    alert.append(Object.assign(document.createElement("span"), { textContent: sentence }));
    row.prepend(alert);
  }

  document.addEventListener("htmx:after:request", (event) => {
    const { sourceElement, response, text } = event.detail.ctx;
    if (event.defaultPrevented || response.status === 204) return;
    const answer = new DOMParser().parseFromString(text, "text/html");
    const said = answer.querySelector("body > .refusal")?.textContent;
    const usual = response.status < 500 ? page.words.refused : page.words.unknown;
    refuse(sourceElement, said || usual);
  });

  document.addEventListener("htmx:error", (event) => {
    const { ctx } = event.detail;
    if (ctx) refuse(ctx.sourceElement, page.words.unknown);
  });
})();
document.currentScript.dataset.ran = "yes";
