// The bed that is open beside the board of a live page: fetches it, keeps it up to date, and sends
// its commands.
(() => {
  "use strict";
  if (!page) return;

  const { byId, body, panel, words, unanswered, closeCode } = page;
  const { isBegun, isTyped, release, formsOf, hold, leaveForms, sweep } = page.begun;
  const { typedValues, carry } = page.begun;

  let opening = null; // the request under way for a panel
  let sending = null; // the panel's command that waits for its answer: nothing takes its form away
  let followed = ""; // the version of the card for which the panel was last fetched anew

  const opened = () => panel?.querySelector(".panel");
  const cardOf = (section) => section && byId("bed-" + section.dataset.bed);

  // load fetches a bed's panel and tells what came of it: "shown", "held" where somebody types in
  // it meanwhile, "refused" by the server, "unreachable", "replaced" by a later request, or the
  // "same" lists. how: "open" it for somebody who has just asked for it, "follow" what has changed
  // in it or in its "lists", or draw it "anew" after a command. Forms that somebody has begun
  // stay as they are if it is still about the same; who opens a bed leaves those that they
  // began before.
  async function load(path, how) {
    const opens = how === "open";
    const askedAt = performance.now();
    opening?.abort();
    const request = opening = new AbortController();
    const { person } = body.dataset;
    const headers = { "HX-Request": "true", Accept: "text/html", "Dusangire-Person": person };
    if (how === "lists") headers["If-None-Match"] = `"${opened().dataset.lists}"`;
    const lost = () => (request.signal.aborted ? "replaced" : "unreachable");
    try {
      const asked = opens ? path : whereIs(path);
      const answer = await fetch(asked, { headers, signal: request.signal }).catch(unanswered);
      if (!answer) return lost();
      const isSignedOut = answer.status === 401 || new URL(answer.url).pathname === "/login";
      if (page.ended(isSignedOut ? 4401 : closeCode(answer))) return "replaced";
      if (answer.status === 304) return "same";
      const text = await answer.text().catch(unanswered);
      if (text === null) return lost();
      if (how === "lists" && listsSame(text)) return "same";
      if (!answer.ok || !text.includes('class="panel"')) return "refused";
      if (!opens) hold(panel);
      const held = opens ? leaveForms(panel, askedAt) : touched();
      const same = subjectOf(text) === opened()?.dataset.subject;
      const follows = how === "follow" || how === "lists";
      const swap = same && (follows || held) ? "innerMorph" : "innerHTML";
      const aside = [...(byId("aside")?.children || [])];
      const focused = panel.contains(document.activeElement) && document.activeElement;
      await htmx.swap({ sourceElement: panel, target: panel, swap, text });
      if (swap === "innerHTML") {
        byId("aside").append(...aside);
        panel.scrollTop = 0;
      }
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

  // saidOf is what a panel that has just come says of itself under a name.
  const saidOf = (text, name) => new RegExp(` data-${name}="([^"]*)"`).exec(text)?.[1];

  // subjectOf is whom or what a panel that has just come is about.
  const subjectOf = (text) => saidOf(text, "subject");

  // listsSame reports whether a panel that has just come has nothing new in its lists, or is to be
  // followed by its card first.
  function listsSame(text) {
    const data = opened()?.dataset;
    if (!data || saidOf(text, "version") !== data.version) return true;
    if (saidOf(text, "listed") !== data.listed) return false;
    data.lists = saidOf(text, "lists");
    return true;
  }

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

  // typedNow are the forms of the panel in which something was typed that is not saved.
  const typedNow = () => formsOf(panel).filter(isTyped);

  // leaving does what takes the panel's forms away. Where something was typed in them, or, as all
  // says, put aside, the person is asked first.
  function leaving(all, go) {
    const [typed] = typedNow();
    if (!typed && !(all && atRisk())) return go();
    const about = typed?.dataset.about;
    const question = typed ? words.leave.replace("%s", () => about) : words.leaveAside;
    page.ask([question], words.drop, words.keep).then((yes) => { if (yes) go(); });
  }

  async function open(path) {
    panel.setAttribute("aria-busy", "true");
    const came = await load(path, "open");
    if (came === "replaced") return;
    panel.removeAttribute("aria-busy");
    if (came === "shown" || came === "held") address(path);
    if (came === "shown") byId("panel-title").focus();
    if (came === "refused") location.assign(path);
    if (came === "unreachable") page.say(words.unreachable);
  }

  // close closes the panel. The page is the ward's again.
  function close() {
    const { href } = panel.querySelector(".close");
    shut();
    history.replaceState(history.state, "", href);
  }

  // Somebody is to be admitted into another bed than the one that was taken under their form.
  document.addEventListener("elsewhere", ({ detail: { form, alert, path } }) => {
    leaving(false, async () => {
      await open(path);
      const into = byId("form-admit");
      if (!into || pathOf(opened()) !== path) return; // taken too: what was put aside stays
      byId("sheet-admit").open = true;
      const known = form.querySelector(".known"); // those whom a search has found
      if (known) into.querySelector(".new-patient").before(known);
      carry(typedValues(form), into);
      alert.remove();
      into.scrollIntoView({ block: "start" });
    });
  });

  function shut() {
    const card = cardOf(opened());
    opening?.abort();
    panel.removeAttribute("aria-busy");
    for (const form of formsOf(panel)) release(form);
    panel.replaceChildren();
    markCard();
    card?.firstElementChild.focus();
  }

  // ---- the open bed in the browser's history: Back closes it, and its address is its own

  let entry = history.state?.panel; // whether the entry is that of a bed, be it closed again

  // pathOf is the address of an open bed.
  const pathOf = (section) => section.dataset.path.split("?")[0];

  // address shows where the panel is. All beds that are opened one after the other have one entry
  // of the history, after that of the ward.
  function address(path) {
    if (location.pathname === path) return;
    const isBed = history.state?.panel || !location.pathname.startsWith("/wards/");
    if (isBed) history.replaceState(history.state, "", path);
    else enter(path);
  }

  addEventListener("popstate", () => {
    if (!panel?.isConnected) return; // the person may not be here any more
    const section = opened();
    const left = entry;
    entry = history.state?.panel;
    const { pathname, hash } = location;
    if (entry && !section && pathname.startsWith("/beds/")) open(pathname);
    if (entry || !left || hash) return;
    if (!section) return history.back(); // it is closed already
    goBack(section, pathname.startsWith("/wards/") ? 0 : 1);
  });

  // goBack closes the bed from whose entry somebody has gone back, and goes further entries back,
  // since a page that was opened at a bed has no ward before it. Until the person has answered, the
  // entry is there again.
  function goBack(section, further) {
    if (atRisk()) enter(pathOf(section));
    leaving(true, () => {
      shut();
      const back = further + (entry ? 1 : 0);
      entry = undefined;
      if (back) history.go(-back);
    });
  }

  const atRisk = () => typedNow().length > 0 || byId("aside")?.children.length > 0;

  function enter(path) {
    history.pushState({ panel: true }, "", path);
    entry = true;
  }

  // Back from a page that was opened at a bed would leave it unasked.
  document.addEventListener("input", () => {
    const section = opened();
    if (section && !history.state?.panel && atRisk()) enter(pathOf(section));
  });

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

  const LOOK = 2000; // at the lists, so often

  // followLists brings up to date who waits anywhere and which beds are free elsewhere: of that the
  // frames of a ward say nothing. Only a page with an open panel asks, and where nothing has moved
  // the answer costs one revision.
  async function followLists() {
    const { lists } = opened()?.dataset || {};
    if (!lists || opening || sending || document.hidden || "gone" in body.dataset) return;
    if (body.dataset.live === "no" || refusals().length) return; // what it says stays
    await load(opened().dataset.path, "lists");
    followCard(); // of which a frame may have told meanwhile
  }
  if (panel) setInterval(followLists, LOOK);

  // complain tells at the button of a form that something failed, or at the head of the panel.
  function complain(sentence, form) {
    const section = opened();
    if (!section) return page.say(sentence);
    for (const old of refusals()) old.remove();
    const alert = document.createElement("div");
    alert.className = "alert refusal";
    alert.tabIndex = -1;
    alert.setAttribute("role", "alert");
    alert.textContent = sentence;
    section.querySelector("header").after(alert);
    show(alert, form);
    if (form) alert.focus();
  }

  const refusals = () => panel.querySelectorAll(".refusal");

  // show puts a refusal where the person looks who has pressed the button of a form.
  function show(alert, form) {
    const button = form?.isConnected && form.querySelector(".buttons, button");
    if (button) button.before(alert);
    alert.scrollIntoView({ block: "nearest" });
    if (button) button.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    if (!panel || page.hasFailed() || event.defaultPrevented || event.button) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest("a[href^='/']");
    if (!link || link.hasAttribute("hx-get")) return;
    const path = link.getAttribute("href");
    if (link.matches(".there")) return goThere(event, link, path);
    if (!link.matches(".bed > a, #panel .close")) return leaves(event, path);
    event.preventDefault();
    if (link.matches(".close")) leaving(true, close);
    else leaving(false, () => open(path));
  });

  // goThere leads to the one about whom somebody wrote what was put aside, which stays: a bed of this
  // board opens beside it, all else in a window of its own.
  function goThere(event, link, path) {
    const onBoard = document.querySelector(`.bed > a[href="${CSS.escape(path)}"]`);
    if (!onBoard) {
      link.target = "_blank";
      return;
    }
    event.preventDefault();
    leaving(false, () => open(path));
  }

  // leaves asks before a link to another page takes away what was typed.
  function leaves(event, path) {
    if (!opened() || !atRisk()) return;
    event.preventDefault();
    leaving(true, () => location.assign(path));
  }

  // Who has chosen dishes of a meal is asked before they go for those of another.
  const dropped = new WeakSet(); // links of which that was done
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".admission-meals [hx-get]");
    const form = byId("form-order");
    if (!link || !form || !isTyped(form) || page.hasFailed() || dropped.delete(link)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    page.ask([words.leave.replace("%s", () => form.dataset.about)], words.drop, words.keep)
      .then((yes) => {
        if (!yes) return;
        dropped.add(link);
        link.click();
      });
  }, true);

  // A sentence of a refusal leads to its field, and leaves no entry in the history.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#panel .refusal a");
    if (!link || page.hasFailed()) return;
    event.preventDefault();
    const field = byId(link.getAttribute("href").slice(1));
    field?.focus();
    field?.scrollIntoView({ block: "center" });
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || page.isAsking()) return;
    const menu = document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.firstElementChild.focus();
    } else if (opened()) {
      event.preventDefault(); // else the same press closes the question that it asks for
      leaving(true, close);
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
    for (const old of refusals()) old.remove();
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
      else complain(sentence, formOf(sourceElement));
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

  let sent = ""; // the id of the form to which the last answer belongs
  let aside = []; // what was put aside under the answer
  let kept = []; // what was typed about somebody new when a search was made for who was here before

  // renew prepares the panel for the answer to what the person has sent or asked for. The answer
  // has the form that they sent, with what they typed in it. The other forms that are begun stay as
  // they are, if the answer is about the same.
  function renew(ctx) {
    const form = formOf(ctx.sourceElement);
    sent = form?.id;
    const search = form?.id === "form-find";
    kept = search && byId("form-admit") ? typedValues(byId("form-admit")) : [];
    hold(panel);
    if (form && !search) form.reset();
    release(form);
    if (search || ctx.request.method === "GET") release(byId(search ? "form-admit" : "form-order"));
    if (subjectOf(ctx.text) === opened()?.dataset.subject) return;
    ctx.swap = "innerHTML";
    aside = [...byId("aside").children];
  }

  // saved shows what a command has done. The panel goes along with who was moved.
  async function saved(left, done) {
    if (!left) {
      const path = done?.path || cardOf(opened()).firstElementChild.getAttribute("href");
      const came = await load(path, "anew");
      if (came === "shown" || came === "held") address(path);
      byId("panel-title")?.focus();
    }
    page.say(done?.sentence || words.saved);
  }

  document.addEventListener("htmx:after:swap", (event) => {
    const { request, response } = event.detail.ctx;
    if (kept.length && byId("form-admit")) carry(kept, byId("form-admit"));
    if (aside.length) byId("aside")?.append(...aside);
    kept = aside = [];
    if (panel && response) hold(panel);
    const told = panel && response && sweep();
    if (response?.status >= 400) return showRefusal();
    if (told || !response || request.method !== "GET") return;
    (byId("sheet-order")?.firstElementChild || byId("panel-title"))?.focus();
  });

  // showRefusal brings a refusal to the button that was pressed, and the focus to where it leads to
  // the field that is wrong.
  function showRefusal() {
    const alert = opened()?.querySelector(":scope > .refusal");
    if (!alert) return;
    show(alert, byId(sent));
    (alert.querySelector("a") || alert).focus();
  }

  document.addEventListener("htmx:error", (event) => {
    const { sourceElement } = event.detail.ctx || {};
    if (panel?.contains(sourceElement)) complain(words.unknown, formOf(sourceElement));
  });
})();
document.currentScript.dataset.ran = "yes";
