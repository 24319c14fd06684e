// Plays the cases of freshness.json to freshness.js, for JavaScript's test runner and for Go's.
//
// A case is a page and what happens to it, step by step: at (the page's clock), event, and what the
// event tells besides. does lists the actions that must follow, is a part of the state then. What a
// step leaves out is as on a page that all is well with.
const play = (() => {
  "use strict";

  const WALL = 1e12; // what the clock on the wall showed when the page was asked for
  const BORN = 50;

  const page = { epoch: "e", shown: "w=1", parts: "5", time: "14:32:05" };
  const marker = { epoch: "e", shown: "w=1", age: "0", database: "ok" };
  const usual = {
    connecting: { again: false },
    frame: { ours: true, fits: true, epoch: "e", shown: "w=1" },
    marker: { by: "yes", parts: "5", time: "14:32:05" },
    undrawn: { by: "yes" },
    answered: { came: true, chance: 0.5 },
  };

  // socketAfter is the page's socket when a step happens.
  function socketAfter({ socket, ready }, step) {
    const states = { connecting: 0, opened: 1, closed: 3 };
    if (step.event === "connecting") socket++;
    return { socket, ready: step.ready ?? states[step.event] ?? ready };
  }

  function eventOf(step, socket) {
    const { at: now, event: type, does, is, slept = 0, ...told } = step;
    const wall = WALL + now + slept;
    const event = { type, now, wall, hidden: false, ...socket, ...usual[type], ...told };
    if (type === "marker") event.marker = { sent: String(now), ...marker, ...told.marker };
    return event;
  }

  // words are what a step may say of an action: "live yes", "poll 3000"; or an object with some of
  // its fields.
  const words = ({ do: what, by, notice, after }) =>
    [what, by, notice, after && Math.round(after)].filter((word) => word !== undefined).join(" ");

  const differs = (wanted, found) =>
    Object.keys(wanted).some((key) => JSON.stringify(wanted[key]) !== JSON.stringify(found[key]));

  function actionDiffers(wanted, action) {
    return typeof wanted === "string" ? wanted !== words(action) : differs(wanted, action);
  }

  // stepsOf is all that happens in a case, with those of the case after which it happens.
  function stepsOf(table, one) {
    if (!one.after) return one.steps;
    const before = table.cases.find(({ name }) => name === one.after);
    return [...stepsOf(table, before), ...one.steps];
  }

  // failures are sentences about what one case finds wrong.
  function failures(freshness, table, one) {
    const found = [];
    let state = freshness.begin({ now: BORN, wall: WALL + BORN, ...page, limits: table.limits });
    let socket = { socket: 0, ready: undefined };
    for (const step of stepsOf(table, one)) {
      socket = socketAfter(socket, step);
      const before = JSON.stringify(state);
      const judged = freshness.judge(state, eventOf(step, socket));
      const where = `${one.name}: at ${step.at}, ${step.event}`;
      if (JSON.stringify(state) !== before) found.push(`${where} changed the state it was given`);
      state = judged.state;
      const does = step.does || [];
      const isOther = (action, i) => actionDiffers(does[i], action);
      if (does.length !== judged.actions.length || judged.actions.some(isOther)) {
        const [want, got] = [does, judged.actions].map((actions) => JSON.stringify(actions));
        found.push(`${where} leads to ${got}, want ${want}`);
      }
      const now = { ...state, until: freshness.until(state) };
      for (const key of Object.keys(step.is || {})) {
        if (step.is[key] !== now[key]) {
          found.push(`${where} leaves ${key} at ${now[key]}, want ${step.is[key]}`);
        }
      }
    }
    return found;
  }

  return { failures };
})();
