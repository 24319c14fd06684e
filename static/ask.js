// Questions of a live page: before something is done that can't be taken back, and before what
// somebody has typed is dropped.
(() => {
  "use strict";
  if (!page) return;

  const { body, words } = page;
  const looked = new WeakSet(); // forms whose question was answered with yes
  let answer = null; // gives the answer to the question that stands; null: none does

  // ask puts a question and promises whether it was answered with yes. Of two answers the one that
  // changes nothing has the focus.
  page.ask = (lines, yes, no) => {
    answer?.(false);
    const before = document.activeElement;
    const dialog = make("dialog", "question", "");
    dialog.setAttribute("role", "alertdialog");
    dialog.setAttribute("aria-labelledby", "question");
    const text = make("div", "", "");
    text.id = "question";
    text.append(...lines.map((line) => make("p", "", line)));
    const buttons = make("div", "buttons", "");
    const [doIt, leaveIt] = [make("button", "primary", yes), make("button", "", no)];
    buttons.append(doIt, leaveIt);
    dialog.append(text, buttons);
    body.append(dialog);
    dialog.showModal();
    leaveIt.focus();
    return new Promise((resolve) => {
      answer = (is) => {
        answer = null;
        dialog.close();
        dialog.remove();
        if (before?.isConnected) before.focus();
        resolve(is);
      };
      doIt.addEventListener("click", () => answer?.(true));
      leaveIt.addEventListener("click", () => answer?.(false));
      dialog.addEventListener("cancel", (event) => { event.preventDefault(); answer?.(false); });
    });
  };

  // isAsking reports whether a question stands.
  page.isAsking = () => answer !== null;

  function make(name, className, text) {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (name === "button") element.type = "button";
    element.textContent = text;
    return element;
  }

  // A browser without dialogs of its own lets Escape do nothing.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !answer || window.HTMLDialogElement) return;
    event.stopImmediatePropagation();
    answer(false);
  }, true);

  // chosenIn is the choice in a form that is asked about by itself, as a death is.
  const chosenIn = (form) =>
    [...form.querySelectorAll("option[data-confirm]")].find((one) => one.selected);

  // questionOf is what is asked before a form is sent, in lines; none where nothing is.
  function questionOf(form) {
    const confirm = chosenIn(form)?.dataset.confirm || form.dataset.confirm;
    const severe = severeChanges(form);
    if (severe.length) return [form.querySelector("[data-severe]").dataset.ask, ...severe];
    return confirm ? [confirm] : [];
  }

  // severeChanges says which allergies the form makes severe, or no longer so.
  function severeChanges(form) {
    const field = form.querySelector("[data-severe]");
    if (!field) return [];
    const stood = field.dataset.severe.split(" ");
    const boxes = [...field.querySelectorAll('[name="severe[]"]')];
    return boxes.filter((box) => box.checked !== stood.includes(box.value)).map((box) => {
      const allergen = box.getAttribute("data-allergen");
      return (box.checked ? words.nowSevere : words.notSevere).replace("%s", () => allergen);
    });
  }

  document.addEventListener("submit", (event) => {
    const { target: form } = event;
    if (page.hasFailed() || looked.delete(form)) return;
    const lines = questionOf(form);
    if (!lines.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const button = event.submitter || form.querySelector("button");
    const act = chosenIn(form)?.dataset.act || button.textContent.trim();
    page.ask(lines, act, words.lookAgain).then((yes) => {
      // It may have been put aside meanwhile, since somebody else lies in the bed.
      if (!yes || !form.isConnected) return;
      looked.add(form);
      button.click();
    });
  }, true);
})();
document.currentScript.dataset.ran = "yes";
