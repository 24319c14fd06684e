// The words of the page that cannot be read as they are meant: broken within, sticking out of their box, cut off where no
// scrolling brings them back, or under something else. What is not meant to be seen is left out.
(() => {
  const found = new Set();
  const once = (f, known = new Map()) => (e) => known.get(e) ?? known.set(e, f(e)).get(e);
  const style = once((e) => getComputedStyle(e));
  const edge = once((e) => e.getBoundingClientRect());
  const line = once((e) => (e === document.body ? [] : [e, ...line(e.parentElement)])); // from an element up to the page
  const meant = once((e) => e.checkVisibility({visibilityProperty: true, opacityProperty: true}) &&
    !e.closest("option, script, style") && !line(e).some((a) => a.matches(".skip") || style(a).clipPath !== "none"));
  const box = once((e) => line(e).find((a) => !style(a).display.startsWith("inline")) || document.body);
  const stays = once((e) => line(e).some((a) => ["fixed", "sticky"].includes(style(a).position)));
  const scrolls = (a) => [style(a).overflowX, style(a).overflowY].some((o) => o === "auto" || o === "scroll");
  const clips = once((e) => {
    const up = line(e), end = up.findIndex(scrolls);
    return {reachable: end >= 0, by: (end < 0 ? up : up.slice(0, end)).filter((a) => style(a).overflowX !== "visible")};
  });
  const tell = (what, word, e) => found.add(what + ": " + word.trim() + " in " + e.outerHTML.slice(0, 120));

  const wordsOf = function* (node, range) {
    for (const {0: word, index} of node.data.matchAll(/[^\s\-–/·]+/g)) {
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      yield [word, [...range.getClientRects()].filter((r) => r.width > .5)];
    }
  };
  const look = (word, r, e) => {
    const own = edge(box(e)), slack = r.height / 4, {reachable, by} = clips(e);
    const out = Math.max(own.left - r.left, r.right - own.right);
    if (out > 1) return tell("sticks out by " + Math.ceil(out) + " px", word, e);
    for (const a of by) {
      const c = edge(a);
      if (r.left < c.left - 1 || r.right > c.right + 1 || r.top < c.top - slack || r.bottom > c.bottom + slack) return tell("cut", word, e);
    }
    const over = reachable ? null : document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);
    const chosen = over?.closest(".menu[open], dialog"); // somebody opened it and closes it again
    if (over && !chosen && !over.contains(e) && !e.contains(over) && !stays(over) && !stays(e)) tell("under " + over.outerHTML.slice(0, 60), word, e);
  };

  const range = document.createRange(), text = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = text.nextNode());) {
    const e = n.parentElement;
    if (!n.data.trim() || !meant(e)) continue;
    range.selectNodeContents(n);
    const lines = [...range.getClientRects()].filter((r) => r.width > .5);
    for (const r of lines) look(n.data, r, e);
    if (lines.length < 2 || style(e).writingMode !== "horizontal-tb") continue;
    for (const [word, rects] of wordsOf(n, range)) if (rects.length > 1 && rects[1].top > rects[0].bottom - 4 && word.length < 21) tell("broken", word, e);
  }

  const pen = document.createElement("canvas").getContext("2d");
  for (const e of document.querySelectorAll("select")) {
    if (!meant(e)) continue;
    pen.font = style(e).font;
    const room = e.clientWidth - parseFloat(style(e).paddingLeft) - parseFloat(style(e).paddingRight) - 16; // the arrow
    for (const {text} of e.options) if (pen.measureText(text).width > room) tell("cut in its list", text, e);
  }
  return [...found].slice(0, 12);
})();
