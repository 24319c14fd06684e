// A file is sent without leaving the page, which tells how far a long one is, and keeps the file
// chosen: whoever has looked what would become of it has one button left to press. Where no script
// runs, the browser sends the form and shows the page of the answer.
(() => {
  "use strict";
  const form = document.querySelector("form.import");
  const result = document.getElementById("import-result");
  if (!form || !window.fetch || !window.TextDecoder) return;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = event.submitter;
    send(button?.getAttribute("formaction") || form.getAttribute("action"));
  });

  async function send(action) {
    say(form.dataset.wait);
    lock(true);
    try {
      const answer = await fetch(action, {
        method: "POST", body: new FormData(form), headers: { "HX-Request": "true" },
      });
      await show(answer);
    } catch {
      say(form.dataset.lost);
    }
    lock(false);
    result.querySelector("[tabindex]")?.focus();
    result.scrollIntoView({ block: "nearest" });
  }

  // show puts each part of the answer in the place of the one before. A form feed ends a part.
  async function show(answer) {
    const leave = answer.headers.get("HX-Redirect");
    if (leave) location.assign(leave);
    const reader = answer.body.getReader();
    const decoder = new TextDecoder();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      text += decoder.decode(value || new Uint8Array(), { stream: !done });
      const parts = text.split("\f");
      text = parts.pop();
      if (parts.length > 0) put(parts.pop());
      if (done) break;
    }
    put(text);
  }

  // put shows a part; of a whole page, which tells of a problem, what it says.
  function put(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const main = page.querySelector("main");
    replace(...(main || page.body).childNodes);
    for (const button of result.querySelectorAll("[data-print]")) button.hidden = false;
  }

  function say(sentence) {
    const said = document.createElement("p");
    said.className = "note";
    said.textContent = sentence;
    replace(said);
  }

  // replace shows something else. Links to passwords stay: nobody is shown them again.
  function replace(...nodes) {
    const slips = result.querySelectorAll(".slips");
    result.replaceChildren(...nodes, ...slips);
  }

  result.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) print();
  });

  function lock(busy) {
    for (const button of form.querySelectorAll("button")) button.disabled = busy;
  }
})();
