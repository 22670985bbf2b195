// Built-ins that V8 adds late.
//
// While a snapshot is made V8 leaves out what is newest in its language
// (10.2: Object.hasOwn, Array.prototype.at, Atomics, WebAssembly ...) and adds
// it to each context that is made from the snapshot, without looking whether
// something of that name is there already; if so, the property is broken.  So
// what the runtime put there in the meantime (a polyfill) is taken away again
// before the snapshot is made.

#include "v8shim/internal.h"

namespace v8shim {

namespace {

// Called without arguments, names every built-in, one path a line.  Called
// with the names in a normal context and those that were here from the start,
// deletes what stands where a late one will come.
constexpr char kWalk[] = R"((all, early) => {
  const deleting = all !== undefined;
  const known = deleting && new Set(all.split("\n"));
  const kept = deleting && new Set(early.split("\n"));
  const seen = new Set();
  const names = [];
  const walk = (object, path) => {
    if (object === null || seen.has(object)) return;
    if (typeof object !== "object" && typeof object !== "function") return;
    seen.add(object);
    for (const key of Reflect.ownKeys(object)) {
      const name = path + "." + String(key);
      if (deleting && !known.has(name)) continue;
      if (deleting && !kept.has(name)) {
        if (!Reflect.deleteProperty(object, key)) throw new Error(name);
        continue;
      }
      names.push(name);
      const property = Reflect.getOwnPropertyDescriptor(object, key);
      if ("value" in property) walk(property.value, name);
    }
    walk(Reflect.getPrototypeOf(object), path + ".__proto__");
  };
  walk(globalThis, "");
  return names.join("\n");
})";

v8::MaybeLocal<v8::Value> Walk(v8::Local<v8::Context> context, int count,
                               v8::Local<v8::Value>* args) {
  v8::Isolate* isolate = context->GetIsolate();
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> function;
  v8::ScriptOrigin origin =
      NewOrigin(isolate, NewText(isolate, "dw:late"), false);
  if (!v8::Script::Compile(context, NewText(isolate, kWalk), &origin)
           .ToLocal(&script) ||
      !script->Run(context).ToLocal(&function)) {
    return v8::MaybeLocal<v8::Value>();
  }
  return function.As<v8::Function>()->Call(context, v8::Undefined(isolate),
                                           count, args);
}

}  // namespace

std::string BuiltInNames(v8::Local<v8::Context> context) {
  v8::Local<v8::Value> names;
  if (!Walk(context, 0, nullptr).ToLocal(&names) || !names->IsString()) {
    return "";
  }
  return ToUtf8(context->GetIsolate(), names.As<v8::String>());
}

std::string NormalBuiltInNames() {
  BufferAllocator buffers(SIZE_MAX);
  v8::Isolate::CreateParams params;
  params.array_buffer_allocator = &buffers;
  v8::Isolate* isolate = v8::Isolate::New(params);
  std::string names;
  {
    v8::Isolate::Scope isolate_scope(isolate);
    v8::HandleScope handle_scope(isolate);
    v8::Local<v8::Context> context = v8::Context::New(isolate);
    v8::Context::Scope context_scope(context);
    names = BuiltInNames(context);
  }
  ForgetForegroundTasks(isolate);
  isolate->Dispose();
  return names;
}

bool MakeRoomForLateBuiltIns(v8::Local<v8::Context> context,
                             const std::string& normal,
                             const std::string& early) {
  v8::Isolate* isolate = context->GetIsolate();
  v8::Local<v8::Value> args[] = {NewText(isolate, normal),
                                 NewText(isolate, early)};
  return !Walk(context, 2, args).IsEmpty();
}

void DeleteWaitAsync(v8::Local<v8::Context> context) {
  v8::Isolate* isolate = context->GetIsolate();
  v8::Local<v8::Value> atomics;
  if (context->Global()
          ->Get(context, NewText(isolate, "Atomics"))
          .ToLocal(&atomics) &&
      atomics->IsObject()) {
    atomics.As<v8::Object>()
        ->Delete(context, NewText(isolate, "waitAsync"))
        .FromMaybe(false);
  }
}

}  // namespace v8shim
