// The words of the page that cannot be read as they are meant: broken within, sticking out of their
// box, cut off where no scrolling brings them back, or under something else. What is not meant to be
// seen is left out.
(() => {
  const found = new Set();
  const tell = (what, word, e) => found.add(`${what}: ${word.trim()} in ${e.outerHTML.slice(0, 120)}`);
  const once = (f, known = new Map()) => (e) => known.get(e) ?? known.set(e, f(e)).get(e);
  const style = once((e) => getComputedStyle(e));
  const edge = once((e) => e.getBoundingClientRect());
  // line leads from an element up to the page.
  const line = once((e) => (e === document.body ? [] : [e, ...line(e.parentElement)]));
  const meant = once((e) => e.checkVisibility({visibilityProperty: true, opacityProperty: true}) &&
    !e.closest("option, script, style") &&
    !line(e).some((a) => a.matches(".skip") || style(a).clipPath !== "none"));
  const box = once((e) => line(e).find((a) => !style(a).display.startsWith("inline")) || document.body);
  const stays = once((e) => line(e).some((a) => ["fixed", "sticky"].includes(style(a).position)));
  const scrolls = (a) => /auto|scroll/.test(style(a).overflowX + style(a).overflowY);
  const clips = once((e) => {
    const up = line(e), end = up.findIndex(scrolls), within = end < 0 ? up : up.slice(0, end);
    return {reachable: end >= 0, by: within.filter((a) => style(a).overflowX !== "visible").map(edge)};
  });
  const drawn = (range) => [...range.getClientRects()].filter((r) => r.width > .5);

  const wordsOf = function* (node, range) {
    for (const {0: word, index} of node.data.matchAll(/[^\s\-–/·]+/g)) {
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      yield [word, drawn(range)];
    }
  };
  // What is clear, such as a button that is all of a ticket, hides nothing.
  const clear = (e) => style(e).backgroundColor === "rgba(0, 0, 0, 0)" &&
    style(e).backgroundImage === "none";
  const cover = (r, e) => {
    const over = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);
    // Somebody opened a menu and closes it again; what stays while the page scrolls lets go of it.
    const passing = !over || over.closest(".menu[open], dialog") || stays(over) || stays(e);
    return passing || clear(over) || over.contains(e) || e.contains(over) ? null : over;
  };
  const look = (word, r, e) => {
    const own = edge(box(e)), slack = r.height / 4, {reachable, by} = clips(e);
    const out = Math.max(own.left - r.left, r.right - own.right);
    if (out > 1) return tell(`sticks out by ${Math.ceil(out)} px`, word, e);
    const within = (c) => r.left >= c.left - 1 && r.right <= c.right + 1 &&
      r.top >= c.top - slack && r.bottom <= c.bottom + slack;
    if (!by.every(within)) return tell("cut", word, e);
    const over = reachable ? null : cover(r, e);
    if (over) tell("under " + over.outerHTML.slice(0, 60), word, e);
  };

  const range = document.createRange();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = texts.nextNode());) {
    const e = n.parentElement;
    if (!n.data.trim() || !meant(e)) continue;
    range.selectNodeContents(n);
    const lines = drawn(range);
    for (const r of lines) look(n.data, r, e);
    if (lines.length < 2 || style(e).writingMode !== "horizontal-tb") continue;
    for (const [word, [first, second]] of wordsOf(n, range)) {
      if (second?.top > first.bottom - 4 && word.length < 21) tell("broken", word, e);
    }
  }

  const pen = document.createElement("canvas").getContext("2d"), arrow = 16;
  for (const e of document.querySelectorAll("select")) {
    if (!meant(e)) continue;
    const {font, paddingLeft, paddingRight} = style(e);
    const room = e.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight) - arrow;
    pen.font = font;
    for (const {text} of e.options) {
      if (pen.measureText(text).width > room) tell("cut in its list", text, e);
    }
  }
  return [...found].slice(0, 12);
})();
