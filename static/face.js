// On a machine without any font, Chromium gives up a typeface that has not arrived when the first words are drawn, because
// nothing can stand in for it. There each is fetched by itself, and shown when it is there.

const hasFonts = () => {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "16px sans-serif";
  return pen.measureText("m").width > 0;
};

const servedFaces = () => [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
  .filter((rule) => rule instanceof CSSFontFaceRule && rule.style.getPropertyValue("src").includes("url("));

const bring = async ({style}) => {
  const [src, weight, range, size] = ["src", "font-weight", "unicode-range", "size-adjust"].map((name) => style.getPropertyValue(name));
  const face = new FontFace(style.getPropertyValue("font-family"), src, {weight, unicodeRange: range || "U+0-10FFFF", sizeAdjust: size || "100%"});
  document.fonts.add(await face.load());
};

if (!hasFonts()) for (const rule of servedFaces()) bring(rule).catch(() => {}); // without a face there is nothing to read and nobody to tell
