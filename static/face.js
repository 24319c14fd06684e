// On a machine without any font, Chromium gives up a typeface that has not arrived when the first
// words are drawn, because nothing can stand in for it. There each is fetched by itself, and shown
// when it is there.

const hasFonts = () => {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "16px sans-serif";
  return pen.measureText("m").width > 0;
};

const servedFaces = () => [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
  .filter((rule) => rule instanceof CSSFontFaceRule)
  .map((rule) => (name) => rule.style.getPropertyValue(name))
  .filter((its) => its("src").includes("url("));

const bring = async (its) => {
  const face = new FontFace(its("font-family"), its("src"), {
    weight: its("font-weight"),
    unicodeRange: its("unicode-range") || "U+0-10FFFF",
    sizeAdjust: its("size-adjust") || "100%",
  });
  document.fonts.add(await face.load());
};

// Where one does not come there is nothing to read, and no way to say so.
if (!hasFonts()) for (const its of servedFaces()) bring(its).catch(() => {});
