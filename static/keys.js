// Keys: arrows go from bed to bed on a board, and "/" to the search.
(() => {
  "use strict";
  if (!page) return;

  const cardsOf = (board) => [...board.querySelectorAll(".bed > a")];

  // below lists the cards of the nearest row in a direction, the nearest one first.
  function below(cards, card, direction) {
    const at = card.getBoundingClientRect();
    const away = (one) => direction * (one.getBoundingClientRect().top - at.top);
    const aside = (one) => Math.abs(one.getBoundingClientRect().left - at.left);
    return cards.filter((one) => away(one) > 1)
      .sort((a, b) => away(a) - away(b) || aside(a) - aside(b));
  }

  // nearest is where an arrow leads from a card; undefined where there is nothing.
  function nearest(card, key) {
    const cards = cardsOf(card.closest(".board"));
    const place = cards.indexOf(card);
    switch (key) {
      case "ArrowLeft": return cards[place - 1];
      case "ArrowRight": return cards[place + 1];
      case "ArrowUp": return below(cards, card, -1)[0];
      case "ArrowDown": return below(cards, card, 1)[0];
      case "Home": return cards[0];
      case "End": return cards[cards.length - 1];
    }
    return undefined;
  }

  // search is the field in which people are looked for: that of every page, else of an open bed.
  function search() {
    const field = document.querySelector('.top [type="search"]') || page.byId("find-q");
    const sheet = field?.closest("details");
    if (sheet) sheet.open = true;
    return field;
  }

  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (page.isAsking()) return;
    const writes = target.matches("input, select, textarea");
    const card = target.closest(".board .bed > a");
    const to = card ? nearest(card, key) : undefined;
    const next = to || (key === "/" && !writes ? search() : null);
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
})();
document.currentScript.dataset.ran = "yes";
