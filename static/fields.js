// What a form of a live page sends besides what somebody typed, and fields that hang on others.
(() => {
  "use strict";
  if (!page) return;

  // The bed that a patient is moved to, or whom they swap with, goes along in the version in which
  // it was chosen.
  const versions = { bed_id: "bed_version", with: "with_version" };
  document.addEventListener("change", ({ target }) => {
    const field = target.form?.elements[versions[target.name]];
    if (!field) return;
    field.value = target.selectedOptions[0].dataset.version || "";
  });

  // What has no room in a list, as for whom a bed is kept, stands below it once it is chosen.
  document.addEventListener("change", ({ target }) => {
    if (!target.querySelector("option[data-note]")) return;
    outputOf(target).textContent = target.selectedOptions[0]?.dataset.note || "";
  });

  // Every form says whose page it is on. A frame's forms can't, for it is drawn once for all who
  // watch.
  document.addEventListener("formdata", ({ target, formData }) => {
    const { person } = page.body.dataset;
    if (person && target.method === "post") formData.set("person", person);
  });

  // Who was here before is admitted under their number alone, whatever stands in the fields for
  // someone new.
  document.addEventListener("formdata", ({ formData }) => {
    if (!formData.get("patient_id")) return;
    for (const name of ["patient_name", "birth_date", "sex"]) formData.delete(name);
  });

  // The button that admits somebody names them, as they are typed or chosen.
  function nameAdmission(form) {
    const button = form?.querySelector("[data-named]");
    if (!button) return;
    const { verb, named } = button.dataset;
    const name = page.namedIn(form);
    button.textContent = name ? named.replace("%s", () => name) : verb;
  }

  // namedIn is who is to be admitted by a form; "" for nobody yet.
  page.namedIn = (form) => {
    const known = form.querySelector('[name="patient_id"]:checked');
    if (known?.value) return known.parentElement.querySelector("span").textContent.trim();
    return form.elements.patient_name?.value.trim() || "";
  };

  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, ({ target }) => nameAdmission(target.form));
  }

  // A browser shows a date in the order of its own country. What was chosen stands below in words,
  // and a date of birth with the age.
  const day = { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" };
  const minute = { ...day, weekday: "short", hour: "2-digit", minute: "2-digit", hour12: false };
  const languages = [document.documentElement.lang, "en-GB"];

  function inWords({ type, name, value }) {
    const time = new Date(value.includes("T") ? value + "Z" : value);
    if (Number.isNaN(time.getTime())) return "";
    const words = new Intl.DateTimeFormat(languages, type === "date" ? day : minute).format(time);
    const years = name === "birth_date" ? yearsSince(time) : -1;
    return years < 0 ? words : words + " · " + page.words.years.replace("%d", years);
  }

  function yearsSince(born) {
    const now = new Date();
    const early = now.getUTCMonth() - born.getUTCMonth() || now.getUTCDate() - born.getUTCDate();
    return now.getUTCFullYear() - born.getUTCFullYear() - (early < 0 ? 1 : 0);
  }

  function echo({ target }) {
    if (target.matches('[type="date"], [type="datetime-local"]')) {
      outputOf(target).textContent = inWords(target);
    }
  }

  // outputOf is the line below a field, made where there is none.
  function outputOf(field) {
    const next = field.nextElementSibling;
    if (next?.matches("output")) return next;
    const output = document.createElement("output");
    output.className = "hint";
    field.after(output);
    return output;
  }

  for (const kind of ["input", "focusin"]) document.addEventListener(kind, echo);

  // Who has no known allergy has none that is named, and none that is severe. What is no longer
  // named is no longer severe. Nothing else touches what is severe.
  document.addEventListener("change", ({ target }) => {
    if (target.name !== "allergies[]") return;
    const boxes = [...target.form.querySelectorAll('[type="checkbox"]')];
    const clear = (name, which) => {
      const ticked = boxes.filter((box) => box.name === name && box.checked && which(box.value));
      for (const box of ticked) box.checked = false;
    };
    const none = target.value === "none";
    if (target.checked) clear("allergies[]", (value) => (value === "none") !== none);
    if (target.checked && none) clear("severe[]", () => true);
    if (!target.checked) clear("severe[]", (value) => value === target.value);
  });
})();
document.currentScript.dataset.ran = "yes";
