// The bed that is open beside the board of a live page: fetches it, keeps it up to date, and sends
// its commands.
(() => {
  "use strict";
  if (!page) return;

  const { byId, body, main, panel, words, unanswered, closeCode } = page;
  const { isBegun, release, formsOf, hold, leaveForms, sweep } = page.begun;

  let opening = null; // the request under way for a panel
  let sending = null; // the panel's command that waits for its answer: nothing takes its form away
  let followed = ""; // the version of the card for which the panel was last fetched anew

  const opened = () => panel?.querySelector(".panel");
  const cardOf = (section) => section && byId("bed-" + section.dataset.bed);

  // load fetches a bed's panel and tells what came of it: "shown", "held" where somebody types in
  // it meanwhile, "refused" by the server, "unreachable", or "replaced" by a later request. how:
  // "open" it for somebody who has just asked for it, "follow" what has changed in it, or draw it
  // "anew" after a command. Forms that somebody has begun stay as they are if it is still about the
  // same; who opens a bed leaves those that they began before.
  async function load(path, how) {
    const opens = how === "open";
    const askedAt = performance.now();
    opening?.abort();
    const request = opening = new AbortController();
    const { person } = body.dataset;
    const headers = { "HX-Request": "true", Accept: "text/html", "Dusangire-Person": person };
    const lost = () => (request.signal.aborted ? "replaced" : "unreachable");
    try {
      const asked = opens ? path : whereIs(path);
      const answer = await fetch(asked, { headers, signal: request.signal }).catch(unanswered);
      if (!answer) return lost();
      const isSignedOut = answer.status === 401 || new URL(answer.url).pathname === "/login";
      if (page.ended(isSignedOut ? 4401 : closeCode(answer))) return "replaced";
      const text = await answer.text().catch(unanswered);
      if (text === null) return lost();
      if (!answer.ok || !text.includes('class="panel"')) return "refused";
      if (!opens) hold(panel);
      const held = opens ? leaveForms(panel, askedAt) : touched();
      const same = subjectOf(text) === opened()?.dataset.subject;
      const swap = same && (how === "follow" || held) ? "innerMorph" : "innerHTML";
      const aside = opens ? [] : [...(byId("aside")?.children || [])];
      const focused = panel.contains(document.activeElement) && document.activeElement;
      await htmx.swap({ sourceElement: panel, target: panel, swap, text });
      if (swap === "innerHTML") byId("aside").append(...aside);
      markCard();
      if (!sweep() && focused && document.activeElement === body) {
        const isThere = focused.isConnected; // as what was put aside is
        (isThere ? focused : byId("panel-title")).focus();
      }
      return held ? "held" : "shown";
    } finally {
      if (opening === request) opening = null;
    }
  }

  // whereIs adds to a panel's path whom the panel is about, so that the answer says where they are
  // if they are no longer there.
  function whereIs(path) {
    const { admission } = opened()?.dataset || {};
    return admission ? path + (path.includes("?") ? "&" : "?") + "was=" + admission : path;
  }

  // subjectOf is whom or what a panel that has just come is about.
  const subjectOf = (text) => / data-subject="([^"]*)"/.exec(text)?.[1];

  // touched reports whether somebody has begun to fill in a form of the panel.
  const touched = () => formsOf(panel).some(isBegun);

  // markCard shows on the board which bed is open. A frame draws the card without the mark.
  function markCard() {
    const link = cardOf(opened())?.firstElementChild || null;
    const marked = document.querySelector(".bed > [aria-current]");
    if (marked === link) return;
    marked?.removeAttribute("aria-current");
    link?.setAttribute("aria-current", "true");
  }

  async function open(path) {
    panel.setAttribute("aria-busy", "true");
    const came = await load(path, "open");
    if (came === "replaced") return;
    panel.removeAttribute("aria-busy");
    if (came === "shown") byId("panel-title").focus();
    if (came === "refused") location.assign(path);
    if (came === "unreachable") page.say(words.unreachable);
  }

  function close() {
    const card = cardOf(opened());
    opening?.abort();
    panel.removeAttribute("aria-busy");
    for (const form of formsOf(panel)) release(form);
    panel.replaceChildren();
    markCard();
    card?.firstElementChild.focus();
  }

  // followCard brings the panel up to date when its bed's card says that the bed has changed.
  async function followCard() {
    const section = opened();
    const card = cardOf(section);
    if (!card || opening || sending) return;
    const { version } = card.dataset;
    if (version === section.dataset.version || version === followed) return;
    followed = version;
    const came = await load(section.dataset.path, "follow");
    if (came === "shown" || came === "held") page.say(words.changed);
    if (came === "refused" || came === "unreachable") complain(words.outdated);
  }

  // complain puts a sentence at the head of the panel, where the server puts its own.
  function complain(sentence) {
    const section = opened();
    if (!section) return page.say(sentence);
    section.querySelector(":scope > .alert")?.remove();
    const alert = document.createElement("div");
    alert.className = "alert";
    alert.setAttribute("role", "alert");
    alert.textContent = sentence;
    section.querySelector("header").after(alert);
    alert.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("click", (event) => {
    const menu = document.querySelector("details.menu[open]");
    if (menu && !menu.contains(event.target)) menu.open = false;
    if (!panel || page.hasFailed() || event.defaultPrevented || event.button) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest(".bed > a, #panel .close");
    if (!link) return;
    event.preventDefault();
    if (link.matches(".close")) close();
    else open(link.getAttribute("href"));
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.firstElementChild.focus();
    } else if (opened() && main.querySelector(".split") && !touched()) {
      close();
    }
  });

  document.addEventListener("htmx:ws:after:message:incoming", () => {
    markCard();
    followCard();
  });

  // ---- commands

  document.addEventListener("htmx:before:request", (event) => {
    if (!panel?.contains(event.detail.ctx.sourceElement)) return;
    opening?.abort();
    sending = event.detail.ctx;
    page.say("");
  });

  document.addEventListener("htmx:finally:request", (event) => {
    if (event.detail.ctx !== sending) return;
    sending = null;
    followCard();
  });

  document.addEventListener("htmx:after:request", (event) => {
    const { sourceElement, request, response, text } = event.detail.ctx;
    if (event.defaultPrevented) return; // by app.js: the person may not be here any more
    if (!panel) return; // a page without a panel has a script of its own for its commands
    const left = !panel.contains(sourceElement); // for another bed, before the answer came
    if (request.method === "POST" && response.status === 204) {
      const form = formOf(sourceElement);
      const done = form && { sentence: doneBy(form), path: whereTo(form) };
      form?.reset();
      release(form);
      saved(left, done);
    } else if (left || !text.includes('class="panel"')) {
      event.preventDefault();
      const sentence = response.status < 500 ? words.refused : words.unknown;
      if (left) page.say(sentence);
      else complain(sentence);
    } else {
      renew(event.detail.ctx);
    }
  });

  // doneBy says what a form has done, and to whom.
  function doneBy(form) {
    const { done, about } = form.dataset;
    if (!done) return about ? words.savedFor.replace("%s", () => about) : words.saved;
    const bed = form.elements.bed_id?.selectedOptions?.[0].dataset.number;
    return done.replace("%s", () => bed || page.namedIn(form));
  }

  // whereTo is the path of the bed to which a form moves somebody, if it stands on this board.
  function whereTo(form) {
    const chosen = form.elements.bed_id?.selectedOptions?.[0];
    return chosen && byId("bed-" + chosen.value)?.firstElementChild.getAttribute("href");
  }

  const formOf = (element) => element.closest("form");

  // renew prepares the panel for the answer to what the person has sent or asked for. The answer
  // has the form that they sent, with what they typed in it. The other forms that are begun stay as
  // they are, if the answer is about the same.
  function renew(ctx) {
    const form = formOf(ctx.sourceElement);
    const search = form?.id === "form-find";
    hold(panel);
    if (form && !search) form.reset();
    release(form);
    if (search || ctx.request.method === "GET") release(byId(search ? "form-admit" : "form-order"));
    if (subjectOf(ctx.text) !== opened()?.dataset.subject) ctx.swap = "innerHTML";
  }

  // saved shows what a command has done. The panel goes along with who was moved.
  async function saved(left, done) {
    if (!left) {
      const path = done?.path || cardOf(opened()).firstElementChild.getAttribute("href");
      await load(path, "anew");
      byId("panel-title")?.focus();
    }
    page.say(done?.sentence || words.saved);
  }

  document.addEventListener("htmx:after:swap", (event) => {
    const { request, response } = event.detail.ctx;
    if (panel && response) hold(panel);
    const told = panel && response && sweep();
    if (response?.status >= 400) return refusalShown()?.focus();
    if (told || !response || request.method !== "GET") return;
    (byId("sheet-order")?.firstElementChild || byId("panel-title"))?.focus();
  });

  // refusalShown is where a refusal leads to the field that is wrong, or else stands.
  function refusalShown() {
    const alert = opened()?.querySelector(":scope > .alert");
    return alert?.querySelector("a") || alert;
  }

  document.addEventListener("htmx:error", (event) => {
    if (panel?.contains(event.detail.ctx?.sourceElement)) complain(words.unknown);
  });
})();
document.currentScript.dataset.ran = "yes";
