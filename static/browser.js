// Stands before every script of a live page that uses the browser, written so that any can read it.
// It finds out whether this one can follow the hospital at all, and adds the two things that the
// oldest ones meant lack and the pages need: Safari 15.0 (iPadOS 15.0) both, Firefox 91 one,
// Chromium 90 none. oldest_test.go knows what else they lack, and that nothing here uses it.
(function () {
  "use strict";

  // A listener that a signal ends is the newest thing that htmx and its extension can't do without.
  function listensBySignal() {
    var asked = false;
    addEventListener("nothing", null, { get signal() { asked = true; return undefined; } });
    return asked;
  }

  function able() {
    return window.fetch && window.AbortController && window.Map && window.Promise &&
      window.FormData && window.CSS && CSS.escape && Element.prototype.closest &&
      Element.prototype.replaceChildren && Element.prototype.toggleAttribute &&
      Array.prototype.flatMap && Object.fromEntries && String.prototype.matchAll &&
      String.prototype.replaceAll && listensBySignal();
  }

  // In a browser that is too old links and forms work as plain ones, and the page stays as it was
  // born: not live.
  function giveUp() {
    var banner = document.getElementById("banner");
    document.body.setAttribute("data-too-old", "yes");
    banner.firstElementChild.textContent = banner.getAttribute("data-too-old");
    document.body.setAttribute("hx-ignore", "");
  }

  // nameSubmitters lets the event of a form that is sent name the button that was pressed, as
  // Safari does since 15.4.
  function nameSubmitters() {
    var pressed = null;
    document.addEventListener("click", function (event) {
      var button = event.target.closest("button, input[type=submit]");
      pressed = button && button.type === "submit" ? button : null;
    }, true);
    Object.defineProperty(Event.prototype, "submitter", {
      get: function () {
        return this.type === "submit" && pressed && pressed.form === this.target ? pressed : null;
      },
    });
  }

  // raiseDialogs lets a <dialog> be opened over the page, as Safari does since 15.4 and Firefox
  // since 98. What it looks like stands in the style sheet.
  function raiseDialogs() {
    var dialog = HTMLUnknownElement.prototype; // what a <dialog> is where it is not known
    function raised() { return document.querySelector("dialog[open].raised"); }
    function enter(it) { (it.querySelector("input:not([type=hidden]), button, a") || it).focus(); }
    function isOpen() { return this.hasAttribute("open"); }
    Object.defineProperty(dialog, "open", { get: isOpen });
    dialog.showModal = function () {
      this.setAttribute("open", "");
      this.classList.add("raised");
      enter(this);
    };
    dialog.close = function () {
      this.removeAttribute("open");
      this.classList.remove("raised");
    };
    document.addEventListener("focusin", function (event) {
      var it = raised();
      if (it && !it.contains(event.target)) enter(it);
    });
  }

  if (!able()) return giveUp();
  if (!window.SubmitEvent || !("submitter" in SubmitEvent.prototype)) nameSubmitters();
  if (!window.HTMLDialogElement) raiseDialogs();
})();
document.currentScript.setAttribute("data-ran", "yes");
