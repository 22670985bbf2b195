// What JavaScript cannot ask of a value without running code of the worker's:
// for console and the node: modules.

#include "v8shim/internal.h"

namespace v8shim {

namespace {

// runtime/inspect/kinds.js has the same numbers: the place of each in this
// list.
using Test = bool (v8::Value::*)() const;
constexpr Test kKinds[] = {
    &v8::Value::IsProxy,
    &v8::Value::IsPromise,
    &v8::Value::IsMap,
    &v8::Value::IsSet,
    &v8::Value::IsMapIterator,
    &v8::Value::IsSetIterator,
    &v8::Value::IsWeakMap,
    &v8::Value::IsWeakSet,
    &v8::Value::IsGeneratorObject,
    &v8::Value::IsArgumentsObject,
    &v8::Value::IsModuleNamespaceObject,
    &v8::Value::IsNativeError,
    &v8::Value::IsDate,
    &v8::Value::IsRegExp,
    &v8::Value::IsArrayBuffer,
    &v8::Value::IsSharedArrayBuffer,
    &v8::Value::IsDataView,
    &v8::Value::IsTypedArray,
    &v8::Value::IsNumberObject,
    &v8::Value::IsStringObject,
    &v8::Value::IsBooleanObject,
    &v8::Value::IsBigIntObject,
    &v8::Value::IsSymbolObject,
    &v8::Value::IsExternal,
};

}  // namespace

// kindOf(object): its place in the list above, or -1
void KindOf(const v8::FunctionCallbackInfo<v8::Value>& info) {
  int32_t kind = 0;
  for (const Test test : kKinds) {
    if ((*info[0]->*test)()) {
      info.GetReturnValue().Set(kind);
      return;
    }
    kind++;
  }
  info.GetReturnValue().Set(-1);
}

// functionKind(function): bit 0 async, bit 1 a generator
void FunctionKind(const v8::FunctionCallbackInfo<v8::Value>& info) {
  info.GetReturnValue().Set((info[0]->IsAsyncFunction() ? 1 : 0) |
                            (info[0]->IsGeneratorFunction() ? 2 : 0));
}

// insideOf(object): of a Proxy [target, handler], null when it is revoked; of a
// Promise [state, result]; of a collection or one of its iterators [entries,
// are they key, value, key, value ...]; else undefined
void InsideOf(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  v8::Local<v8::Value> parts[2];

  if (info[0]->IsProxy()) {
    v8::Local<v8::Proxy> proxy = info[0].As<v8::Proxy>();
    if (proxy->IsRevoked()) {
      info.GetReturnValue().SetNull();
      return;
    }
    parts[0] = proxy->GetTarget();
    parts[1] = proxy->GetHandler();
  } else if (info[0]->IsPromise()) {
    v8::Local<v8::Promise> promise = info[0].As<v8::Promise>();
    parts[0] = v8::Integer::New(isolate, promise->State());
    parts[1] = v8::Undefined(isolate);
    if (promise->State() != v8::Promise::kPending) parts[1] = promise->Result();
  } else if (info[0]->IsObject()) {
    bool are_pairs = false;
    v8::Local<v8::Array> entries;
    if (!info[0]
             .As<v8::Object>()
             ->PreviewEntries(&are_pairs)
             .ToLocal(&entries)) {
      return;
    }
    parts[0] = entries;
    parts[1] = v8::Boolean::New(isolate, are_pairs);
  } else {
    return;
  }
  info.GetReturnValue().Set(v8::Array::New(isolate, parts, 2));
}

}  // namespace v8shim
