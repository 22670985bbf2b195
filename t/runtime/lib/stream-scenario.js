// One random program over the streams of an implementation.  The same seed does
// the same to each of them; what they do is written down in steps, and within a
// step sorted: the standard leaves some order to the implementation.
//
// It is put into a worker as text, so that it stands alone.

export async function scenario(api, seed) {
  const log = [];
  let step = [];
  const note = (...parts) => { step.push(parts.map(show).join(" ")); };

  // What chooses: the program itself has one, and so has each callback, since
  // they may be called in another order.  mulberry32
  const createChoice = (start) => {
    let state = start >>> 0;
    const random = () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
    const below = (n) => Math.floor(random() * n);
    return {
      below, chance: (p) => random() < p,
      pick: (...choices) => choices[below(choices.length)],
    };
  };
  let made = 0;
  const anotherChoice = () => createChoice(seed * 1000003 + ++made * 7919);
  const { below, chance, pick } = createChoice(seed);

  function show(value) {
    if (value instanceof TypeError) return "TypeError";
    if (value instanceof RangeError) return "RangeError";
    if (ArrayBuffer.isView(value)) {
      const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      return `${value.constructor.name}[${[...bytes]}]/${value.buffer.byteLength}`;
    }
    if (Array.isArray(value)) return `[${value.map(show)}]`;
    if (typeof value === "object" && value !== null) {
      if ("done" in value) return `{${value.done} ${show(value.value)}}`;
      return value.name === "AbortError" ? "AbortError" : "object";
    }
    return String(value);
  }

  const watch = (name, promise) => {
    promise.then((value) => note(name, "=", value), (e) => note(name, "!", e));
  };
  const attempt = (name, act) => {
    try {
      note(name, act());
    } catch (e) {
      note(name, "threw", e);
    }
  };
  const flush = async () => {
    for (let i = 0; i < 60; i++) await null;
    log.push(step.sort());
    step = [];
  };

  // Promises that callbacks have returned and that a later step settles.
  const pending = [];
  let pended = 0;
  const pend = (name, resolve, reject) => {
    note("pend", name);
    pending.push({ name, number: ++pended, resolve, reject });
  };
  const result = (name, { below, chance }) => {
    const kind = below(12);
    if (kind < 5) return undefined;
    if (kind < 7) return Promise.resolve(5);
    if (kind === 7 && chance(0.5)) throw `${name} threw`;
    if (kind === 8 && chance(0.5)) return Promise.reject(`${name} rejected`);
    return new Promise((resolve, reject) => { pend(name, resolve, reject); });
  };
  const settle = () => {
    if (pending.length === 0) return;
    pending.sort((a, b) =>
      a.name < b.name ? -1 : a.name > b.name ? 1 : a.number - b.number);
    const [{ name, resolve, reject }] = pending.splice(below(pending.length), 1);
    note("settle", name);
    if (chance(0.85)) resolve();
    else reject("settled so");
  };

  let chunks = 0;
  const counter = () => {
    let count = 0;
    return () => ++count & 255;
  };

  // -- the streams that are played with ---------------------------------------

  const readables = [];   // { stream, name, isByte, controller }
  const readers = [];     // { reader, name, isByob }
  const writables = [];   // { stream, name, controller }
  const writers = [];     // { writer, name }
  let names = 0;

  const strategy = () => {
    const s = {};
    if (chance(0.6)) s.highWaterMark = pick(0, 1, 2, 5, Infinity);
    if (chance(0.2)) s.size = (c) => chunkSize(c);
    return s;
  };
  const chunkSize = (c) => {
    if (c === "bad") throw "size threw";
    if (c === "worse") return -1;
    return typeof c === "string" ? c.length : 1;
  };

  const feed = (entry, isPull) => {
    const { choice, controller, isByte, name, next } = entry;
    if (controller === undefined) return;
    const { below, chance, pick } = choice;
    const bytes = (n) => new Uint8Array(Array.from({ length: n }, next));
    const what = below(isPull ? 9 : 12);
    if (what < 5) {
      attempt(`${name}.enqueue`, () => controller.enqueue(
        isByte ? bytes(1 + below(6)) : pick(`c${next()}`, `c${next()}`, `c${next()}`, chance(0.5) ? "bad" : "worse")));
    } else if (what < 8 && isByte) {
      const request = controller.byobRequest;
      note(`${name}.byobRequest`, request === null ? "null" : request.view);
      if (request !== null) {
        const { view } = request;
        for (let i = 0; i < view.byteLength; i++) view[i] = next();
        if (chance(0.7)) {
          const n = below(view.byteLength + 2);
          attempt(`${name}.respond`, () => request.respond(n));
        } else {
          const n = 1 + below(view.byteLength);
          attempt(`${name}.respondWithNewView`,
            () => request.respondWithNewView(new Uint8Array(view.buffer, view.byteOffset, n)));
        }
      }
    } else if (what === 8) {
      attempt(`${name}.desiredSize`, () => controller.desiredSize);
    } else if (what < 11) {
      attempt(`${name}.close`, () => controller.close());
      if (isByte && controller.byobRequest) {
        attempt(`${name}.respond`, () => controller.byobRequest.respond(0));
      }
    } else if (chance(0.5)) {
      attempt(`${name}.error`, () => controller.error(`${name} failed`));
    }
  };

  const makeReadable = () => {
    const isByte = chance(0.5);
    const name = `r${++names}`;
    const choice = anotherChoice();
    const entry = {
      name, isByte, choice, next: counter(), controller: undefined, stream: undefined,
    };
    const source = {};
    if (isByte) source.type = "bytes";
    if (isByte && chance(0.4)) source.autoAllocateChunkSize = 1 + below(8);
    source.start = (c) => {
      entry.controller = c;
      return choice.chance(0.7) ? undefined : result(`${name}.start`, choice);
    };
    if (chance(0.7)) {
      const eager = chance(0.8);
      source.pull = () => {
        note(`${name}.pull`);
        if (eager) feed(entry, true);
        return result(`${name}.pull`, choice);
      };
    }
    if (chance(0.7)) {
      const cancelChoice = anotherChoice();
      source.cancel = (reason) => {
        note(`${name}.cancel`, reason);
        return result(`${name}.cancel`, cancelChoice);
      };
    }
    attempt(`new ${name}`, () => {
      entry.stream = new api.ReadableStream(
        source, isByte ? { highWaterMark: pick(0, 0, 1, 8) } : strategy());
      readables.push(entry);
      return "";
    });
  };

  const makeWritable = () => {
    const name = `w${++names}`;
    const choice = anotherChoice();
    const endChoice = anotherChoice();
    const entry = { name, controller: undefined, stream: undefined };
    const sink = {
      start: (c) => {
        entry.controller = c;
        return choice.chance(0.7) ? undefined : result(`${name}.start`, choice);
      },
      write: (chunk) => {
        note(`${name}.write`, chunk);
        if (choice.chance(0.05)) entry.controller.error(`${name} failed`);
        return result(`${name}.write`, choice);
      },
    };
    if (chance(0.7)) {
      sink.close = () => {
        note(`${name}.close`);
        return result(`${name}.close`, endChoice);
      };
    }
    if (chance(0.7)) {
      sink.abort = (reason) => {
        note(`${name}.abort`, reason);
        return result(`${name}.abort`, endChoice);
      };
    }
    attempt(`new ${name}`, () => {
      entry.stream = new api.WritableStream(sink, strategy());
      writables.push(entry);
      return "";
    });
  };

  const makeTransform = () => {
    const name = `t${++names}`;
    let controller;
    const choice = anotherChoice();
    const endChoice = anotherChoice();
    const transformer = {
      start: (c) => {
        controller = c;
        return choice.chance(0.8) ? undefined : result(`${name}.start`, choice);
      },
    };
    if (chance(0.8)) {
      transformer.transform = (chunk) => {
        note(`${name}.transform`, chunk);
        for (let n = choice.below(3); n > 0; n--) {
          attempt(`${name}.enqueue`, () => controller.enqueue(chunk));
        }
        if (choice.chance(0.03)) attempt(`${name}.terminate`, () => controller.terminate());
        if (choice.chance(0.03)) attempt(`${name}.error`, () => controller.error(`${name} failed`));
        return result(`${name}.transform`, choice);
      };
    }
    if (chance(0.5)) {
      transformer.flush = () => {
        note(`${name}.flush`);
        return result(`${name}.flush`, endChoice);
      };
    }
    if (chance(0.5)) {
      transformer.cancel = (reason) => {
        note(`${name}.cancel`, reason);
        return result(`${name}.cancel`, endChoice);
      };
    }
    attempt(`new ${name}`, () => {
      const stream = new api.TransformStream(transformer, strategy(), strategy());
      readables.push({ name: `${name}r`, isByte: false, stream: stream.readable });
      writables.push({ name: `${name}w`, stream: stream.writable });
      return "";
    });
  };

  const view = () => {
    const buffer = new ArrayBuffer(8 + 8 * below(2));
    const offset = pick(0, 0, 0, 8) % buffer.byteLength;
    const Kind = pick(Uint8Array, Uint8Array, Uint16Array, Uint32Array, DataView);
    return new Kind(buffer, offset);
  };

  const any = (list) => list.length === 0 ? undefined : list[below(list.length)];

  const operations = [
    () => { if (readables.length < 4) makeReadable(); },
    () => { if (writables.length < 3) makeWritable(); },
    () => { if (writables.length < 4) makeTransform(); },
    () => settle(), () => settle(), () => settle(),
    () => { const r = any(readables); if (r) feed(r, false); },
    () => { const r = any(readables); if (r) feed(r, false); },
    () => {
      const r = any(readables);
      if (!r) return;
      const isByob = chance(0.4);
      attempt(`${r.name}.getReader`, () => {
        const reader = r.stream.getReader(isByob ? { mode: "byob" } : undefined);
        const name = `${r.name}.R${++names}`;
        readers.push({ reader, name, isByob });
        watch(`${name}.closed`, reader.closed);
        return "";
      });
    },
    ...Array(5).fill(() => {
      const r = any(readers);
      if (!r) return;
      for (let n = 1 + below(3); n > 0; n--) {
        if (!r.isByob) {
          watch(`${r.name}.read`, r.reader.read());
          continue;
        }
        const v = view();
        watch(`${r.name}.read ${v.constructor.name}`, chance(0.3)
          ? r.reader.read(v, { min: 1 + below(4) }) : r.reader.read(v));
      }
    }),
    () => {
      const r = any(readers);
      if (r && chance(0.5)) watch(`${r.name}.cancel`, r.reader.cancel(`why${++chunks}`));
    },
    () => {
      const r = any(readers);
      if (r) attempt(`${r.name}.releaseLock`, () => r.reader.releaseLock());
    },
    () => {
      const r = any(readables);
      if (r && chance(0.3)) watch(`${r.name}.cancel`, r.stream.cancel(`why${++chunks}`));
    },
    () => {
      const r = any(readables);
      if (!r || readables.length > 5 || !api.tee) return;
      attempt(`${r.name}.tee`, () => {
        const [a, b] = r.stream.tee();
        readables.push({ name: `${r.name}a`, isByte: r.isByte, stream: a });
        readables.push({ name: `${r.name}b`, isByte: r.isByte, stream: b });
        return "";
      });
    },
    () => {
      const r = any(readables), w = any(writables);
      if (!r || !w) return;
      const options = {};
      for (const key of ["preventAbort", "preventCancel", "preventClose"]) {
        if (chance(0.3)) options[key] = true;
      }
      if (chance(0.3)) {
        const controller = new AbortController();
        options.signal = controller.signal;
        const stop = () => controller.abort("stop");
        pend("signal", stop, stop);
      }
      note(r.name, "is piped to", w.name, ...Object.keys(options));
      watch(`${r.name}.pipeTo`, r.stream.pipeTo(w.stream, options));
    },
    () => {
      const r = any(readables);
      if (!r || !chance(0.4)) return;
      const name = `${r.name}.I`;
      const limit = below(5);
      const preventCancel = chance(0.5);
      watch(name, (async () => {
        let n = 0;
        for await (const chunk of r.stream.values({ preventCancel })) {
          note(name, "got", chunk);
          if (n++ === limit) break;
        }
        return "end";
      })());
    },
    () => {
      const w = any(writables);
      if (!w) return;
      attempt(`${w.name}.getWriter`, () => {
        const writer = w.stream.getWriter();
        const name = `${w.name}.W${++names}`;
        writers.push({ writer, name });
        watch(`${name}.closed`, writer.closed);
        return "";
      });
    },
    ...Array(4).fill(() => {
      const w = any(writers);
      if (!w) return;
      for (let n = 1 + below(3); n > 0; n--) {
        const chunk = pick("a", "bb", "ccc", `d${++chunks}`, `d${++chunks}`,
          chance(0.2) ? "bad" : "e", chance(0.1) ? "worse" : "f");
        watch(`${w.name}.write ${chunk}`, w.writer.write(chunk));
      }
      watch(`${w.name}.ready`, w.writer.ready);
      attempt(`${w.name}.desiredSize`, () => w.writer.desiredSize);
    }),
    () => {
      const w = any(writers);
      if (w && chance(0.5)) watch(`${w.name}.close`, w.writer.close());
    },
    () => {
      const w = any(writers);
      if (w && chance(0.3)) watch(`${w.name}.abort`, w.writer.abort(`why${++chunks}`));
    },
    () => {
      const w = any(writers);
      if (!w) return;
      attempt(`${w.name}.releaseLock`, () => w.writer.releaseLock());
      watch(`${w.name}.ready`, w.writer.ready);
      watch(`${w.name}.closed`, w.writer.closed);
    },
    () => {
      const w = any(writables);
      if (!w) return;
      if (chance(0.2)) watch(`${w.name}.close`, w.stream.close());
      if (chance(0.2)) watch(`${w.name}.abort`, w.stream.abort(`why${++chunks}`));
      note(`${w.name}.locked`, w.stream.locked);
      if (w.controller && chance(0.1)) w.controller.error(`${w.name} failed`);
      if (w.controller) note(`${w.name}.aborted`, w.controller.signal.aborted);
    },
  ];

  for (let n = 10 + below(30); n > 0; n--) {
    operations[below(operations.length)]();
    await flush();
  }
  while (pending.length > 0) {
    settle();
    await flush();
  }
  return log;
}
