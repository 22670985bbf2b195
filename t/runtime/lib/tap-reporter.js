// TAP version 12 for prove: what node's own reporter writes about a failure in
// YAML, which prove's parser cannot always read, stands in comments here.

import { inspect } from "node:util";

const MAX_LINE = 2000;

const lines = (text, indent) => text.split("\n").map((line) =>
  `${indent}# ${line.slice(0, MAX_LINE)}`.trimEnd() + "\n").join("");

// What the test threw, without what node:test wrapped it in.
function reason({ details: { error } }) {
  return inspect(error?.cause ?? error, { depth: 5, colors: false });
}

// "#" would begin a directive.
const name = (data) => data.name.replace(/[\\#]/g, "\\$&").replace(/\n/g, " ");

function directive({ skip, todo }) {
  const [word, why] = skip !== undefined && skip !== false ? ["SKIP", skip]
    : todo !== undefined && todo !== false ? ["TODO", todo] : [""];
  return word && ` # ${word}${typeof why === "string" ? ` ${why}` : ""}`;
}

export default async function* tap(events) {
  for await (const { type, data } of events) {
    const indent = "    ".repeat(data.nesting ?? 0);
    switch (type) {
    case "test:pass":
      yield `${indent}ok ${data.testNumber} - ${name(data)}${directive(data)}\n`;
      break;
    case "test:fail":
      yield `${indent}not ok ${data.testNumber} - ${name(data)}` +
        `${directive(data)}\n${lines(reason(data), indent)}`;
      break;
    case "test:plan":
      yield `${indent}1..${data.count}\n`;
      break;
    case "test:diagnostic":
      // the totals, which prove has
      if (!/^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /
        .test(data.message)) {
        yield lines(data.message, indent);
      }
      break;
    case "test:stdout":
      yield lines(data.message.trimEnd(), indent);
      break;
    case "test:stderr":
      process.stderr.write(data.message);
      break;
    }
  }
}
