// Prints the pages that are made for paper by a button. Without it the browser's own menu does.
(() => {
  "use strict";

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
})();
document.currentScript.dataset.ran = "yes";
