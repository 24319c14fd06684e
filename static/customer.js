// Adds up what an order to an address costs, while it is chosen. Without it the order's own page
// says so.
(() => {
  "use strict";

  const form = document.querySelector(".menu-form");
  const total = form?.querySelector("[data-total]");
  if (!total) return;

  // money writes an amount of the smallest unit as the server does: digits in groups of three.
  function money(amount) {
    const { currency, decimals } = document.getElementById("hospital").dataset;
    const sign = document.documentElement.lang === "en" ? "." : ",";
    const [whole, part] = (amount / 10 ** decimals).toFixed(decimals).split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, "\u00a0");
    return grouped + (part ? sign + part : "") + "\u00a0" + currency;
  }

  function add() {
    const chosen = [...form.querySelectorAll("[data-price]:checked")];
    const charge = Number(form.dataset.charge);
    const sum = chosen.reduce((sum, box) => sum + Number(box.dataset.price), charge);
    total.hidden = chosen.length === 0;
    total.textContent = chosen.length === 0 ? "" : total.dataset.total + ": " + money(sum);
  }

  form.addEventListener("change", add);
  addEventListener("pageshow", add); // a browser that goes back ticks what was ticked
  add();
})();
document.currentScript.dataset.ran = "yes";
