// Forms that somebody has begun to fill in on a live page.
//
// A form is about somebody, and about what stood there when it was begun. What the server says
// later may be about someone else, or about another state: so nothing renews a form once it is
// touched. Where it has no place any more, what was typed is put aside, and filled in nowhere. A
// courier's forms are renewed: they carry nothing but which tray it is.
(() => {
  "use strict";
  if (!page) return;

  const { byId, main, words } = page;
  const forms = new Set(); // those that are begun
  const touchedAt = new WeakMap(); // when each was last

  const isBegun = (form) =>
    form.isConnected && (forms.has(form) || [...form.elements].some(isChanged));

  const isTick = (control) => control.type === "checkbox" || control.type === "radio";

  // isChanged reports whether a control holds something else than the server put there.
  function isChanged(control) {
    if (isTick(control)) return control.checked !== control.defaultChecked;
    if (control.type === "hidden") return false;
    if (control.matches("select")) {
      const options = [...control.options];
      const first = Math.max(0, options.findIndex((option) => option.defaultSelected));
      return control.selectedIndex !== first;
    }
    return control.matches("input, textarea") && control.value !== control.defaultValue;
  }

  function begin(form) {
    if (!form) return;
    touchedAt.set(form, performance.now());
    keep(form);
  }

  // keep lets no update renew a form.
  function keep(form) {
    if (form.matches("[data-tap], [role=search]") || !main.contains(form)) return;
    forms.add(form);
    form.setAttribute("hx-morph-skip", "");
  }

  function release(form) {
    if (!form) return;
    forms.delete(form);
    form.removeAttribute("hx-morph-skip");
    delete form.dataset.begun;
  }

  const formsOf = (part) => [...part.querySelectorAll("form")];

  // hold keeps the forms that are begun in a part of the page as they are, whatever is drawn there
  // next.
  function hold(part) {
    for (const form of formsOf(part)) {
      if (form.hasAttribute("data-begun") || isBegun(form)) keep(form);
    }
  }

  // leaveForms drops what was typed in a part of the page before somebody asked for another, and
  // reports whether anything was typed there since.
  function leaveForms(part, askedAt) {
    let since = false;
    for (const form of formsOf(part)) {
      if (touchedAt.get(form) > askedAt) {
        since = true;
        continue;
      }
      release(form);
      form.reset();
    }
    return since;
  }

  // sweep puts aside what was typed in forms that an update has taken away, and reports whether
  // there was any.
  function sweep() {
    let swept = false;
    for (const form of forms) {
      if (form.isConnected) continue;
      forms.delete(form);
      swept = putAside(form) || swept;
    }
    return swept;
  }

  // typedIn are the controls of a form in which somebody has put something.
  function typedIn(form) {
    const filled = form.hasAttribute("data-begun"); // by the server, with what was sent
    return [...form.elements]
      .filter((control) => control.name && (isChanged(control) || filled && isFilled(control)));
  }

  // isTyped reports whether something would be lost with a form.
  const isTyped = (form) => !form.matches("[data-tap], [role=search]") && typedIn(form).length > 0;

  // putAside shows what was typed in a form, to be copied, and reports whether there was anything.
  function putAside(form) {
    const typed = typedIn(form).map(inWords);
    const place = byId("aside");
    if (!typed.length || !place) return false;
    const alert = make("div", "");
    alert.className = "alert";
    alert.tabIndex = -1;
    alert.setAttribute("role", "alert");
    if (place.dataset.was) alert.append(whereNow(place.dataset));
    alert.append(make("p", words.aside.replace("%s", () => form.dataset.about)));
    const list = make("dl", "");
    for (const [label, value] of typed) list.append(make("dt", label), make("dd", value));
    const button = make("button", words.dismiss);
    button.type = "button";
    button.addEventListener("click", () => alert.remove());
    alert.append(list);
    if (form.id === "form-admit") alert.append(otherBeds(form, alert));
    alert.append(button);
    place.prepend(alert);
    alert.focus();
    alert.scrollIntoView({ block: "nearest" });
    return true;
  }

  // whereNow says where the one is now about whom somebody wrote, and leads there.
  function whereNow({ was, wasPath }) {
    const link = make("a", was);
    link.className = "there";
    link.href = wasPath;
    const line = make("p", "");
    line.append(link);
    return line;
  }

  const MOST_BEDS = 6; // that are offered

  // otherBeds offers free beds of the board for somebody who was to come into one that is taken
  // now. They are not there yet, so what was typed can't reach another patient.
  function otherBeds(form, alert) {
    const buttons = make("div", "");
    buttons.className = "buttons";
    const free = [...document.querySelectorAll(".bed.available > a")].slice(0, MOST_BEDS);
    for (const card of free) {
      const number = card.querySelector("b").textContent.trim();
      const button = make("button", words.admitIn.replace("%s", () => number));
      const detail = { form, alert, path: card.getAttribute("href") };
      button.type = "button";
      button.addEventListener("click", () => {
        document.dispatchEvent(new CustomEvent("elsewhere", { detail }));
      });
      buttons.append(button);
    }
    return buttons;
  }

  // typedValues are what was typed in a form, to be carried into another one like it.
  const typedValues = (form) => typedIn(form).filter((control) => control.id)
    .map(({ id, type, value, checked }) => ({ id, type, value, checked }));

  // carry fills in a form with what was typed in another one like it.
  function carry(typed, to) {
    for (const one of typed) {
      const control = to.querySelector("#" + one.id);
      if (!control) continue;
      if (isTick(one)) control.checked = one.checked;
      else control.value = one.value;
      control.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  // isFilled reports whether a control holds anything that a person may have put there.
  function isFilled(control) {
    if (isTick(control)) return control.checked;
    if (control.type === "hidden") return false;
    return control.matches("input, select, textarea") && control.value !== "";
  }

  function make(name, text) {
    const element = document.createElement(name);
    element.textContent = text;
    return element;
  }

  // inWords is a control that somebody changed as they would say it: what it is called, and what
  // they put there. A tick is called as its group is.
  function inWords(control) {
    const label = labelOf(control);
    if (!isTick(control)) return [label, valueInWords(control)];
    const group = control.closest("fieldset")?.querySelector("legend")?.textContent.trim();
    return [group || label, (control.checked ? "✓ " : "– ") + label];
  }

  // labelOf is what a control is called. A browser knows no labels of a control in a form that an
  // update has taken away, so they are looked for here.
  function labelOf(control) {
    const { form, id, name } = control;
    const label = control.closest("label") ||
      id && form.querySelector(`label[for="${CSS.escape(id)}"]`);
    return (control.getAttribute("aria-label") || label?.textContent || name).trim();
  }

  function valueInWords(control) {
    if (control.matches("select")) return control.selectedOptions[0]?.textContent.trim();
    return control.value;
  }

  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, ({ target }) => begin(target.form), true);
  }
  document.addEventListener("focusin", ({ target }) => {
    if (target.matches("select")) begin(target.form);
  });
  document.addEventListener("htmx:ws:after:message:incoming", sweep);
  hold(main);

  page.begun = { isBegun, isTyped, release, formsOf, hold, leaveForms, sweep, typedValues, carry };
})();
document.currentScript.dataset.ran = "yes";
