// Runs the cases of freshness.json by JavaScript's own test runner:
// node --test static/testdata/freshness.test.js
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { test } = require("node:test");
const assert = require("node:assert");
const { runInNewContext } = require("node:vm");

const source = (...path) => readFileSync(join(__dirname, ...path), "utf8");
const scripts = source("..", "freshness.js") + source("play.js");
const { freshness, play } = runInNewContext(scripts + "; ({ freshness, play })");
const table = JSON.parse(source("freshness.json"));

for (const one of table.cases) {
  test(one.name, () => assert.equal(play.failures(freshness, table, one).join("\n"), ""));
}
