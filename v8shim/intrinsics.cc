// The global "native" of the runtime's script: the ops, and what this room
// itself offers.  docs/architecture.md lists both.

#include "v8shim/internal.h"

namespace v8shim {

namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

void SetFunction(const Info& info, ContextData slot, const char* name) {
  v8::Isolate* isolate = info.GetIsolate();
  if (!info[0]->IsFunction()) {
    ThrowTypeError(isolate, std::string(name) + ": not a function");
    return;
  }
  FromIsolate(isolate)->data[slot].Reset(isolate, info[0]);
}

// setDispatch(fn)
void SetDispatch(const Info& info) {
  SetFunction(info, kDispatch, "setDispatch");
}

// setModuleHost(resolve)
void SetModuleHost(const Info& info) {
  SetFunction(info, kModuleHost, "setModuleHost");
}

// setLazyHost(fn)
void SetLazyHost(const Info& info) {
  SetFunction(info, kLazyHost, "setLazyHost");
}

// setRejectionHandler(fn)
void SetRejectionHandler(const Info& info) {
  SetFunction(info, kRejectionHandler, "setRejectionHandler");
}

// importModule(specifier): a promise of the namespace
void ImportModule(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  if (!info[0]->IsString()) {
    ThrowTypeError(isolate, "importModule: not a string");
    return;
  }

  v8::Local<v8::Promise> promise;
  if (FromIsolate(isolate)
          ->modules
          .Import(isolate->GetCurrentContext(), info[0].As<v8::String>(),
                  v8::Undefined(isolate), "")
          .ToLocal(&promise)) {
    info.GetReturnValue().Set(promise);
  }
}

// requireModule(specifier, referrer): the namespace
void RequireModule(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  if (!info[0]->IsString()) {
    ThrowTypeError(isolate, "requireModule: not a string");
    return;
  }

  v8::Local<v8::Value> exports;
  if (FromIsolate(isolate)
          ->modules
          .Require(isolate->GetCurrentContext(), info[0].As<v8::String>(),
                   info[1])
          .ToLocal(&exports)) {
    info.GetReturnValue().Set(exports);
  }
}

// compileCommonJs(name, source): function (exports, require, module), not run
void CompileCommonJs(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  if (!info[0]->IsString() || !info[1]->IsString()) {
    ThrowTypeError(isolate, "compileCommonJs: not a string");
    return;
  }
  v8::Local<v8::Function> function;
  if (FromIsolate(isolate)
          ->modules
          .CompileCommonJs(isolate->GetCurrentContext(),
                           info[0].As<v8::String>(), info[1].As<v8::String>())
          .ToLocal(&function)) {
    info.GetReturnValue().Set(function);
  }
}

// location(error): "file:line:column" or ""
void Location(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  const std::string place = LocationOf(isolate->GetCurrentContext(), info[0]);
  v8::Local<v8::String> text;
  if (DecodeUtf8(isolate,
                 {reinterpret_cast<const uint8_t*>(place.data()), place.size()})
          .ToLocal(&text)) {
    info.GetReturnValue().Set(text);
  }
}

// isOwn(function): is it the runtime's, and not a worker's?
void IsOwnFunction(const Info& info) {
  if (!info[0]->IsFunction()) return;
  v8::Local<v8::Value> name =
      info[0].As<v8::Function>()->GetScriptOrigin().ResourceName();
  info.GetReturnValue().Set(
      !name.IsEmpty() && name->IsString() &&
      IsOwn(ToUtf8(info.GetIsolate(), name.As<v8::String>())));
}

// getContext()
void GetContext(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  info.GetReturnValue().Set(
      GetContinuationData(isolate, isolate->GetCurrentContext()));
}

// setContext(value)
void SetContext(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  SetContinuationData(isolate, isolate->GetCurrentContext(), info[0]);
}

// runMicrotasks(); does nothing when called by a microtask
void RunMicrotasks(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  isolate->PerformMicrotaskCheckpoint();
  Reterminate(isolate);
}

// enqueueMicrotask(fn)
void EnqueueMicrotask(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  if (!info[0]->IsFunction()) {
    ThrowTypeError(isolate, "enqueueMicrotask: not a function");
    return;
  }
  isolate->EnqueueMicrotask(info[0].As<v8::Function>());
}

// compileWasm(bytes): a WebAssembly.Module, which a worker itself may not make
void CompileWasm(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  Bytes bytes;
  if (!process.config.jit) {
    ThrowError(isolate, "WebAssembly is off in this engine");
    return;
  }
  if (!bytes.Borrow(info[0])) {
    ThrowTypeError(isolate, "compileWasm: not a Uint8Array or ArrayBuffer");
    return;
  }
  if (DefinesSharedMemory(bytes.span())) {
    isolate->ThrowException(v8::Exception::WasmCompileError(
        NewText(isolate, "shared memories are not supported")));
    return;
  }

  v8shim_isolate_s* iso = FromIsolate(isolate);
  v8::Local<v8::WasmModuleObject> module;
  iso->compiling_wasm = true;
  if (CompileSharedWasm(isolate, bytes.span()).ToLocal(&module)) {
    info.GetReturnValue().Set(module);
  }
  iso->compiling_wasm = false;
}

// wasmBytes(value): what a WebAssembly.Module was compiled from, a copy, or
// undefined for anything else
void WasmBytes(const Info& info) {
  if (!info[0]->IsWasmModuleObject()) return;
  v8::CompiledWasmModule module =
      info[0].As<v8::WasmModuleObject>()->GetCompiledModule();
  const v8::MemorySpan<const uint8_t> bytes = module.GetWireBytesRef();
  v8::Local<v8::Value> copy;
  if (NewBytes(info.GetIsolate(), {bytes.data(), bytes.size()})
          .ToLocal(&copy)) {
    info.GetReturnValue().Set(copy);
  }
}

// The value of a property that lazyProperty() made.
void GetLazily(v8::Local<v8::Name> name,
               const v8::PropertyCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  v8::Local<v8::Function> host;
  v8::Local<v8::Value> value;
  v8::Local<v8::Value> args[] = {info.Data(), name};
  if (GetFunction(FromIsolate(isolate), kLazyHost).ToLocal(&host) &&
      host->Call(isolate->GetCurrentContext(), v8::Undefined(isolate), 2, args)
          .ToLocal(&value)) {
    info.GetReturnValue().Set(value);
  }
}

// lazyProperty(object, name, number, enumerable): a data property for whoever
// looks, whose value is, each time, what the lazy host returns for the number
// and the name.  A write makes it an ordinary one; the host may, too.  (V8's
// own SetLazyDataProperty() would end the process if the property changed while
// its value was made.  And a function in place of the number would take the
// whole context into the part of the snapshot that all contexts share.)
void LazyProperty(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  if (!info[0]->IsObject() || !info[1]->IsName() || !info[2]->IsInt32()) {
    ThrowTypeError(isolate, "lazyProperty: not an object, a name, a number");
    return;
  }
  info[0]
      .As<v8::Object>()
      ->SetNativeDataProperty(
          isolate->GetCurrentContext(), info[1].As<v8::Name>(), GetLazily,
          nullptr, info[2], info[3]->IsTrue() ? v8::None : v8::DontEnum)
      .FromMaybe(false);
}

struct Intrinsic {
  const char* name;
  v8::FunctionCallback callback;
  int length;
};

constexpr Intrinsic kIntrinsics[] = {
    {"setDispatch", SetDispatch, 1},
    {"setLazyHost", SetLazyHost, 1},
    {"setModuleHost", SetModuleHost, 1},
    {"setRejectionHandler", SetRejectionHandler, 1},
    {"importModule", ImportModule, 1},
    {"requireModule", RequireModule, 2},
    {"location", Location, 1},
    {"runChunk", RunChunk, 3},
    {"isOwn", IsOwnFunction, 1},
    {"getContext", GetContext, 0},
    {"setContext", SetContext, 1},
    {"runMicrotasks", RunMicrotasks, 0},
    {"enqueueMicrotask", EnqueueMicrotask, 1},
    {"compileCommonJs", CompileCommonJs, 2},
    {"compileWasm", CompileWasm, 1},
    {"wasmBytes", WasmBytes, 1},
    {"lazyProperty", LazyProperty, 4},
    {"watch", Watch, 2},
    {"kindOf", KindOf, 1},
    {"functionKind", FunctionKind, 1},
    {"insideOf", InsideOf, 1},
    {"serialize", Serialize, 1},
    {"deserialize", Deserialize, 2},
    {"cloneKind", CloneKind, 1},
    {"detail", Detail, 1},
    {"hostObject", HostObject, 2},
    {"transfer", Transfer, 1},
    {"utf8Encode", Utf8Encode, 1},
    {"utf8EncodeInto", Utf8EncodeInto, 2},
    {"utf8Decode", Utf8Decode, 3},
    {"latin1Decode", Latin1Decode, 1},
};

bool AddFunction(v8::Local<v8::Context> context, v8::Local<v8::Object> object,
                 const char* name, v8::FunctionCallback callback,
                 v8::Local<v8::Value> data, int length) {
  v8::Local<v8::String> key = NewText(context->GetIsolate(), name);
  v8::Local<v8::Function> function;
  if (!v8::Function::New(context, callback, data, length,
                         v8::ConstructorBehavior::kThrow)
           .ToLocal(&function)) {
    return false;
  }
  function->SetName(key);
  return object->CreateDataProperty(context, key, function).FromMaybe(false);
}

}  // namespace

const intptr_t* ExternalReferences() {
  static const std::vector<intptr_t> references = [] {
    std::vector<intptr_t> list;
    list.push_back(reinterpret_cast<intptr_t>(CallOp));
    list.push_back(reinterpret_cast<intptr_t>(GetLazily));
    AddSourceReferences(&list);
    for (const Intrinsic& intrinsic : kIntrinsics) {
      list.push_back(reinterpret_cast<intptr_t>(intrinsic.callback));
    }
    list.push_back(0);
    return list;
  }();
  return references.data();
}

bool InstallNative(v8::Local<v8::Context> context) {
  v8::Isolate* isolate = context->GetIsolate();
  v8::Local<v8::Object> native = v8::Object::New(isolate);
  v8::Local<v8::Object> ops = v8::Object::New(isolate);
  v8::Local<v8::Object> v8_object = v8::Object::New(isolate);

  int index = 0;
  for (const v8shim_op_t* op = process.config.ops; op->name != nullptr; op++) {
    if (!AddFunction(context, ops, op->name, CallOp,
                     v8::Integer::New(isolate, index),
                     process.op_lengths[static_cast<size_t>(index)])) {
      return false;
    }
    index++;
  }

  for (const Intrinsic& intrinsic : kIntrinsics) {
    if (!AddFunction(context, v8_object, intrinsic.name, intrinsic.callback,
                     v8::Undefined(isolate), intrinsic.length)) {
      return false;
    }
  }

  return native->CreateDataProperty(context, NewText(isolate, "ops"), ops)
             .FromMaybe(false) &&
         native->CreateDataProperty(context, NewText(isolate, "v8"), v8_object)
             .FromMaybe(false) &&
         context->Global()
             ->CreateDataProperty(context, NewText(isolate, "native"), native)
             .FromMaybe(false);
}

// Tells the runtime of a promise that was rejected without a handler, and of a
// handler that came later.
void OnPromiseReject(v8::PromiseRejectMessage message) {
  const v8::PromiseRejectEvent event = message.GetEvent();
  if (event != v8::kPromiseRejectWithNoHandler &&
      event != v8::kPromiseHandlerAddedAfterReject) {
    return;
  }

  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  v8shim_isolate_s* iso = FromIsolate(isolate);
  v8::HandleScope handle_scope(isolate);
  v8::Local<v8::Function> handler;
  if (iso->terminated ||
      !GetFunction(iso, kRejectionHandler).ToLocal(&handler)) {
    return;
  }

  v8::Local<v8::Value> reason = message.GetValue();
  if (reason.IsEmpty()) reason = v8::Undefined(isolate);
  v8::Local<v8::Value> args[] = {v8::Integer::New(isolate, event),
                                 message.GetPromise(), reason};

  v8::TryCatch try_catch(isolate);
  if (handler
          ->Call(isolate->GetCurrentContext(), v8::Undefined(isolate), 3, args)
          .IsEmpty()) {
    Reterminate(isolate);
  }
}

}  // namespace v8shim
