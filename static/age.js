// Counts on a live page for how long what it shows has lasted: the server says since when. It goes
// on between frames, by the time of the last freshness marker and not by a clock of the browser.
(() => {
  "use strict";
  if (!page) return;

  const { words } = page;
  const ages = document.getElementsByClassName("age"); // those of every later frame too
  let clock = 0; // the server's time of the last freshness marker
  let clockAt = 0; // when it came

  function setClock() {
    clock = Date.parse(page.byId("live").dateTime);
    clockAt = performance.now();
  }

  const fill = (text, ...numbers) => numbers.reduce((t, n) => t.replace("%s", n), text);

  function worded(minutes) {
    const hours = Math.floor(minutes / 60);
    if (hours < 1) return fill(words.minutes, minutes);
    if (hours < 24) return fill(words.hours, hours, minutes % 60);
    return fill(words.days, Math.floor(hours / 24), hours % 24);
  }

  function tell() {
    const now = clock + performance.now() - clockAt;
    for (const age of ages) {
      const minutes = Math.floor((now - Date.parse(age.dateTime)) / 60000);
      const text = worded(Math.max(0, minutes));
      if (age.textContent !== text) age.textContent = text;
    }
  }

  document.addEventListener("htmx:ws:after:message:incoming", () => {
    setClock();
    tell();
  });
  document.addEventListener("htmx:after:swap", tell); // a panel has come
  setInterval(tell, 1000);

  setClock();
  tell();
})();
document.currentScript.dataset.ran = "yes";
