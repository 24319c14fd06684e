// On a machine without any font, Chromium gives up a typeface that has not arrived when the first words are drawn, because
// nothing can stand in for it. What was given up is fetched once more, and shown when it is there.

const servedFaces = () => [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
  .filter((rule) => rule instanceof CSSFontFaceRule && rule.style.src.includes("url("));

const fetchAgain = async ({style}) => {
  const face = new FontFace(style.fontFamily, style.src, {
    weight: style.fontWeight, unicodeRange: style.unicodeRange || undefined, sizeAdjust: style.sizeAdjust || undefined,
  });
  document.fonts.add(await face.load());
};

document.fonts.ready.then(() => {
  const lost = [...document.fonts].filter((face) => face.status === "error").map((face) => face.family);
  for (const rule of servedFaces()) if (lost.includes(rule.style.fontFamily)) fetchAgain(rule).catch(() => {}); // what stands in stays
});
