// node:diagnostics_channel.
// https://nodejs.org/docs/latest-v20.x/api/diagnostics_channel.html

import { invalidArgType, requireFunction } from "../chunks/node-errors.js";

const channels = new Map();

class Channel {
  #subscribers = [];
  #stores = new Map();

  constructor(name) {
    this.name = name;
  }

  get hasSubscribers() {
    return this.#subscribers.length > 0 || this.#stores.size > 0;
  }

  subscribe(onMessage) {
    requireFunction(onMessage, "subscription");
    this.#subscribers = [...this.#subscribers, onMessage];
  }

  unsubscribe(onMessage) {
    const at = this.#subscribers.indexOf(onMessage);
    if (at === -1) return false;
    this.#subscribers = this.#subscribers.toSpliced(at, 1);
    return true;
  }

  bindStore(store, transform = undefined) {
    this.#stores.set(store, transform);
  }

  unbindStore(store) {
    return this.#stores.delete(store);
  }

  publish(message) {
    for (const onMessage of this.#subscribers) {
      try {
        onMessage(message, this.name);
      } catch (error) {
        // whoever publishes must not suffer from who listens
        queueMicrotask(() => { throw error; });
      }
    }
  }

  runStores(message, callback, self = undefined, ...args) {
    let run = () => {
      this.publish(message);
      return Reflect.apply(callback, self, args);
    };
    for (const [store, transform] of this.#stores) {
      const next = run;
      run = () => {
        let value = message;
        if (transform !== undefined) {
          try {
            value = transform(message);
          } catch (error) {
            queueMicrotask(() => { throw error; });
            return next();
          }
        }
        return store.run(value, next);
      };
    }
    return run();
  }
}

function channel(name) {
  if (typeof name !== "string" && typeof name !== "symbol") {
    throw invalidArgType("channel", ["string", "symbol"], name);
  }
  let found = channels.get(name);
  if (found === undefined) {
    found = new Channel(name);
    channels.set(name, found);
  }
  return found;
}

const events = ["start", "end", "asyncStart", "asyncEnd", "error"];

class TracingChannel {
  constructor(source) {
    for (const event of events) {
      const one = typeof source === "string"
        ? channel(`tracing:${source}:${event}`)
        : source?.[event];
      if (!(one instanceof Channel)) {
        throw invalidArgType(
          `nameOrChannels.${event}`, ["Channel"], one);
      }
      this[event] = one;
    }
  }

  get hasSubscribers() {
    return events.some((event) => this[event].hasSubscribers);
  }

  subscribe(handlers) {
    for (const event of events) {
      if (handlers[event]) this[event].subscribe(handlers[event]);
    }
  }

  unsubscribe(handlers) {
    let done = true;
    for (const event of events) {
      if (handlers[event] && !this[event].unsubscribe(handlers[event])) done =
          false;
    }
    return done;
  }

  traceSync(callback, context = {}, self = undefined, ...args) {
    return trace(this, context, () => {
      context.result = Reflect.apply(callback, self, args);
      return context.result;
    });
  }

  tracePromise(callback, context = {}, self = undefined, ...args) {
    const { asyncEnd, asyncStart, error } = this;
    const settled = () => {
      asyncStart.publish(context);
      asyncEnd.publish(context);
    };
    return trace(this, context, () => {
      const promise = Promise.resolve(Reflect.apply(callback, self, args));
      return promise.then((result) => {
        context.result = result;
        settled();
        return result;
      }, (reason) => {
        context.error = reason;
        error.publish(context);
        settled();
        throw reason;
      });
    });
  }

  traceCallback(callback, position = -1, context = {}, self = undefined,
    ...args) {
    const { asyncEnd, asyncStart, error } = this;
    const done = args.at(position);
    requireFunction(done, "callback");
    args.splice(position, 1, function (failure, result, ...rest) {
      if (failure) {
        context.error = failure;
        error.publish(context);
      } else {
        context.result = result;
      }
      return asyncStart.runStores(context, () => {
        try {
          return Reflect.apply(done, this, [failure, result, ...rest]);
        } finally {
          asyncEnd.publish(context);
        }
      });
    });
    return trace(this, context, () => Reflect.apply(callback, self, args));
  }
}

// What all traces have in common: the call itself, from start to end.
function trace({ end, error, start }, context, run) {
  return start.runStores(context, () => {
    try {
      return run();
    } catch (thrown) {
      context.error = thrown;
      error.publish(context);
      throw thrown;
    } finally {
      end.publish(context);
    }
  });
}

export default {
  channel,
  hasSubscribers: (name) => channels.get(name)?.hasSubscribers ?? false,
  subscribe: (name, onMessage) => channel(name).subscribe(onMessage),
  tracingChannel: (source) => new TracingChannel(source),
  unsubscribe: (name, onMessage) => channel(name).unsubscribe(onMessage),
  Channel,
};
