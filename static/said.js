// Short messages at the foot of a live page.
(() => {
  "use strict";
  if (!page) return;

  const SAYING = 8000; // how long a short message stands
  let silencer = 0;

  page.say = (sentence) => {
    const line = page.byId("said");
    clearTimeout(silencer);
    line.textContent = sentence;
    silencer = setTimeout(() => { line.textContent = ""; }, SAYING);
  };

  // A page's own script says something by this event.
  document.addEventListener("say", (event) => page.say(event.detail));
})();
document.currentScript.dataset.ran = "yes";
