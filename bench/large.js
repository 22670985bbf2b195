// A worker with much code, as bundlers make them: what loading it costs.

import "core-js";
import { Hono } from "hono";
import { transform } from "sucrase";
import { parse } from "smol-toml";
import * as url from "whatwg-url";

const app = new Hono();
app.get("*", (c) => c.text(Object.keys({ transform, parse, ...url }).length + "\n"));
export default app;
