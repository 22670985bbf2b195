// ES modules: found through the runtime's module host, loaded with all that
// they import, linked, evaluated.
//
// The module host is JavaScript and V8 links in one go, so the graph is walked
// before: each import is resolved, and a module that is new is compiled and
// walked in turn.  A walk that fails forgets the modules it has made.  Those
// of earlier walks stay: they only refer to each other.

#include "v8shim/internal.h"

namespace v8shim {

struct ModuleMap::Record {
  std::string name;
  int hash;
  v8::Global<v8::Module> module;
  // name, value, name, value ... of a synthetic module, until it is evaluated
  v8::Global<v8::Array> exports;
  // ... or what evaluates it and returns its default export
  v8::Global<v8::Function> run;
  // what each specifier in the module's text stands for
  std::unordered_map<std::string, Record*> imports;
};

namespace {

v8::Local<v8::Value> At(v8::Local<v8::Context> context,
                        v8::Local<v8::Array> array, uint32_t index) {
  v8::Local<v8::Value> value;
  if (array->Get(context, index).ToLocal(&value)) return value;
  return v8::Undefined(context->GetIsolate());
}

v8::MaybeLocal<v8::Function> NewCallback(v8::Local<v8::Context> context,
                                         v8::FunctionCallback callback,
                                         v8::Local<v8::Array> data) {
  return v8::Function::New(context, callback, data, 1,
                           v8::ConstructorBehavior::kThrow);
}

v8::Local<v8::Promise::Resolver> ResolverIn(
    const v8::FunctionCallbackInfo<v8::Value>& info) {
  return At(info.GetIsolate()->GetCurrentContext(), info.Data().As<v8::Array>(),
            0)
      .As<v8::Promise::Resolver>();
}

// A module's promise was fulfilled; data: the import's resolver, the namespace.
void Fulfill(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Local<v8::Context> context = info.GetIsolate()->GetCurrentContext();
  ResolverIn(info)
      ->Resolve(context, At(context, info.Data().As<v8::Array>(), 1))
      .FromMaybe(false);
}

void Reject(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Local<v8::Context> context = info.GetIsolate()->GetCurrentContext();
  ResolverIn(info)->Reject(context, info[0]).FromMaybe(false);
}

}  // namespace

// What V8 calls, as a class for the sake of friendship.
class ModuleCallbacks {
 public:
  static v8::MaybeLocal<v8::Module> Resolve(
      v8::Local<v8::Context> context, v8::Local<v8::String> specifier,
      v8::Local<v8::FixedArray> assertions, v8::Local<v8::Module> referrer);

  static v8::MaybeLocal<v8::Value> EvaluateSynthetic(
      v8::Local<v8::Context> context, v8::Local<v8::Module> module);

  static v8::MaybeLocal<v8::Promise> ImportDynamically(
      v8::Local<v8::Context> context, v8::Local<v8::Data> host_defined_options,
      v8::Local<v8::Value> resource_name, v8::Local<v8::String> specifier,
      v8::Local<v8::FixedArray> assertions);

  static void InitializeMeta(v8::Local<v8::Context> context,
                             v8::Local<v8::Module> module,
                             v8::Local<v8::Object> meta);

 private:
  static void ImportLater(const v8::FunctionCallbackInfo<v8::Value>& info);
};

v8::MaybeLocal<v8::Module> ModuleCallbacks::Resolve(
    v8::Local<v8::Context> context, v8::Local<v8::String> specifier,
    v8::Local<v8::FixedArray>, v8::Local<v8::Module> referrer) {
  v8::Isolate* isolate = context->GetIsolate();
  ModuleMap::Record* record = FromIsolate(isolate)->modules.Find(referrer);
  if (record != nullptr) {
    const auto found = record->imports.find(ToUtf8(isolate, specifier));
    if (found != record->imports.end()) {
      return found->second->module.Get(isolate);
    }
  }

  ThrowError(isolate, "A module was linked before it was loaded");
  return v8::MaybeLocal<v8::Module>();
}

v8::MaybeLocal<v8::Value> ModuleCallbacks::EvaluateSynthetic(
    v8::Local<v8::Context> context, v8::Local<v8::Module> module) {
  v8::Isolate* isolate = context->GetIsolate();
  ModuleMap::Record* record = FromIsolate(isolate)->modules.Find(module);
  v8::Local<v8::Promise::Resolver> resolver;
  if (record == nullptr ||
      !v8::Promise::Resolver::New(context).ToLocal(&resolver)) {
    return v8::MaybeLocal<v8::Value>();
  }

  if (!record->run.IsEmpty()) {
    v8::Local<v8::Function> run = record->run.Get(isolate);
    v8::Local<v8::Value> value;
    record->run.Reset();
    // V8 wants to find the exception here; without a TryCatch it is dropped.
    v8::TryCatch try_catch(isolate);
    if (!run->Call(context, v8::Undefined(isolate), 0, nullptr)
             .ToLocal(&value)) {
      if (try_catch.HasTerminated()) Reterminate(isolate);
      try_catch.ReThrow();
      return v8::MaybeLocal<v8::Value>();
    }
    if (!module
             ->SetSyntheticModuleExport(isolate, NewText(isolate, "default"),
                                        value)
             .FromMaybe(false)) {
      return v8::MaybeLocal<v8::Value>();
    }
    resolver->Resolve(context, v8::Undefined(isolate)).FromMaybe(false);
    return resolver->GetPromise();
  }

  v8::Local<v8::Array> exports = record->exports.Get(isolate);
  for (uint32_t i = 0; i + 1 < exports->Length(); i += 2) {
    if (!module
             ->SetSyntheticModuleExport(
                 isolate, At(context, exports, i).As<v8::String>(),
                 At(context, exports, i + 1))
             .FromMaybe(false)) {
      return v8::MaybeLocal<v8::Value>();
    }
  }
  record->exports.Reset();

  resolver->Resolve(context, v8::Undefined(isolate)).FromMaybe(false);
  return resolver->GetPromise();
}

// import() only starts here, in a microtask it goes on: no module is then in
// the midst of its evaluation, a state in which V8 may not be asked to
// evaluate it.
v8::MaybeLocal<v8::Promise> ModuleCallbacks::ImportDynamically(
    v8::Local<v8::Context> context, v8::Local<v8::Data>,
    v8::Local<v8::Value> resource_name, v8::Local<v8::String> specifier,
    v8::Local<v8::FixedArray>) {
  v8::Isolate* isolate = context->GetIsolate();
  v8::EscapableHandleScope handle_scope(isolate);
  v8::Local<v8::Promise::Resolver> resolver;
  v8::Local<v8::String> place;
  v8::Local<v8::Function> later;
  const std::string at = CurrentLocation(isolate);

  if (!v8::Promise::Resolver::New(context).ToLocal(&resolver) ||
      !v8::String::NewFromUtf8(isolate, at.data(), v8::NewStringType::kNormal,
                               static_cast<int>(at.size()))
           .ToLocal(&place)) {
    return v8::MaybeLocal<v8::Promise>();
  }

  v8::Local<v8::Value> data[] = {resolver, specifier, resource_name, place,
                                 GetContinuationData(isolate, context)};
  if (!NewCallback(context, ImportLater,
                   v8::Array::New(isolate, data, std::size(data)))
           .ToLocal(&later)) {
    return v8::MaybeLocal<v8::Promise>();
  }
  isolate->EnqueueMicrotask(later);
  return handle_scope.Escape(resolver->GetPromise());
}

void ModuleCallbacks::ImportLater(
    const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  v8::Local<v8::Array> data = info.Data().As<v8::Array>();
  const std::string place =
      ToUtf8(isolate, At(context, data, 3).As<v8::String>());

  v8::Local<v8::Value> before = GetContinuationData(isolate, context);
  SetContinuationData(isolate, context, At(context, data, 4));
  v8::Local<v8::Promise> promise;
  const bool imported =
      FromIsolate(isolate)
          ->modules
          .Import(context, At(context, data, 1).As<v8::String>(),
                  At(context, data, 2), place)
          .ToLocal(&promise);
  SetContinuationData(isolate, context, before);

  if (imported) ResolverIn(info)->Resolve(context, promise).FromMaybe(false);
}

void ModuleCallbacks::InitializeMeta(v8::Local<v8::Context> context,
                                     v8::Local<v8::Module> module,
                                     v8::Local<v8::Object> meta) {
  v8::Isolate* isolate = context->GetIsolate();
  ModuleMap::Record* record = FromIsolate(isolate)->modules.Find(module);
  v8::Local<v8::String> url;
  if (record == nullptr ||
      !v8::String::NewFromUtf8(isolate, record->name.data(),
                               v8::NewStringType::kNormal,
                               static_cast<int>(record->name.size()))
           .ToLocal(&url)) {
    return;
  }
  meta->CreateDataProperty(context, NewText(isolate, "url"), url)
      .FromMaybe(false);
}

void SetModuleCallbacks(v8::Isolate* isolate) {
  isolate->SetHostImportModuleDynamicallyCallback(
      ModuleCallbacks::ImportDynamically);
  isolate->SetHostInitializeImportMetaObjectCallback(
      ModuleCallbacks::InitializeMeta);
}

ModuleMap::ModuleMap() = default;
ModuleMap::~ModuleMap() = default;

void ModuleMap::Clear() {
  fresh_.clear();
  by_hash_.clear();
  by_name_.clear();
}

v8::MaybeLocal<v8::Promise> ModuleMap::Import(v8::Local<v8::Context> context,
                                              v8::Local<v8::String> specifier,
                                              v8::Local<v8::Value> referrer,
                                              std::string_view place) {
  v8::Isolate* isolate = context->GetIsolate();
  v8::EscapableHandleScope handle_scope(isolate);
  v8::Local<v8::Promise::Resolver> resolver;
  if (!v8::Promise::Resolver::New(context).ToLocal(&resolver)) {
    return v8::MaybeLocal<v8::Promise>();
  }

  v8::TryCatch try_catch(isolate);
  if (!Evaluate(context, specifier, referrer, place, resolver)) {
    fresh_.clear();
    if (try_catch.HasTerminated() || !try_catch.HasCaught()) {
      Reterminate(isolate);
      try_catch.ReThrow();
      return v8::MaybeLocal<v8::Promise>();
    }
    v8::Local<v8::Value> error = try_catch.Exception();
    try_catch.Reset();
    resolver->Reject(context, error).FromMaybe(false);
  }
  return handle_scope.Escape(resolver->GetPromise());
}

// False: an exception is pending, and is the promise's reason.
bool ModuleMap::Evaluate(v8::Local<v8::Context> context,
                         v8::Local<v8::String> specifier,
                         v8::Local<v8::Value> referrer, std::string_view place,
                         v8::Local<v8::Promise::Resolver> resolver) {
  v8::Isolate* isolate = context->GetIsolate();
  Record* root = Load(context, specifier, referrer, place);
  if (root == nullptr) return false;

  v8::Local<v8::Module> module = root->module.Get(isolate);
  if (module->GetStatus() == v8::Module::kUninstantiated &&
      !module->InstantiateModule(context, ModuleCallbacks::Resolve)
           .FromMaybe(false)) {
    return false;
  }
  if (module->GetStatus() == v8::Module::kInstantiating ||
      module->GetStatus() == v8::Module::kEvaluating) {
    ThrowError(isolate, "Module \"" + root->name + "\" is being evaluated");
    return false;
  }

  v8::Local<v8::Promise> promise;
  if (!Run(context, module).ToLocal(&promise)) return false;

  // What then() returns may be anything, as a worker can have changed
  // Promise's species: it is not looked at.
  v8::Local<v8::Value> data[] = {resolver,
                                 module->GetStatus() == v8::Module::kErrored
                                     ? v8::Undefined(isolate).As<v8::Value>()
                                     : module->GetModuleNamespace()};
  v8::Local<v8::Array> array = v8::Array::New(isolate, data, std::size(data));
  v8::Local<v8::Function> fulfill, reject;
  return NewCallback(context, Fulfill, array).ToLocal(&fulfill) &&
         NewCallback(context, Reject, array).ToLocal(&reject) &&
         !promise->Then(context, fulfill, reject).IsEmpty();
}

// Evaluates a module that is linked, maybe in the midst of another one.
v8::MaybeLocal<v8::Promise> ModuleMap::Run(v8::Local<v8::Context> context,
                                           v8::Local<v8::Module> module) {
  v8::Local<v8::Value> promise;
  evaluating_++;
  const bool ran = module->Evaluate(context).ToLocal(&promise);
  evaluating_--;
  if (!ran || !promise->IsPromise()) return v8::MaybeLocal<v8::Promise>();

  if (evaluating_ == 0) KeepCode(context->GetIsolate());
  return promise.As<v8::Promise>();
}

v8::MaybeLocal<v8::Value> ModuleMap::Require(v8::Local<v8::Context> context,
                                             v8::Local<v8::String> specifier,
                                             v8::Local<v8::Value> referrer) {
  v8::Isolate* isolate = context->GetIsolate();
  v8::EscapableHandleScope handle_scope(isolate);
  v8::Local<v8::Value> exports;
  if (!Demand(context, specifier, referrer).ToLocal(&exports)) {
    if (evaluating_ == 0) fresh_.clear();
    return v8::MaybeLocal<v8::Value>();
  }
  return handle_scope.Escape(exports);
}

v8::MaybeLocal<v8::Value> ModuleMap::Demand(v8::Local<v8::Context> context,
                                            v8::Local<v8::String> specifier,
                                            v8::Local<v8::Value> referrer) {
  v8::Isolate* isolate = context->GetIsolate();
  Record* root = Load(context, specifier, referrer, CurrentLocation(isolate));
  if (root == nullptr) return v8::MaybeLocal<v8::Value>();

  const Record* busy = FindEvaluating(isolate, root);
  if (busy != nullptr) {
    ThrowError(isolate, "Module \"" + busy->name +
                            "\" is being evaluated: require() of \"" +
                            root->name + "\" cannot wait for it.");
    return v8::MaybeLocal<v8::Value>();
  }

  v8::Local<v8::Module> module = root->module.Get(isolate);
  if (module->GetStatus() == v8::Module::kUninstantiated &&
      !module->InstantiateModule(context, ModuleCallbacks::Resolve)
           .FromMaybe(false)) {
    return v8::MaybeLocal<v8::Value>();
  }
  if (module->GetStatus() == v8::Module::kErrored) {
    isolate->ThrowException(module->GetException());
    return v8::MaybeLocal<v8::Value>();
  }
  if (module->IsSourceTextModule() && module->IsGraphAsync()) {
    ThrowError(isolate,
               "Top-level await in module is not permitted at this time: \"" +
                   root->name + "\" can be loaded by import() only.");
    return v8::MaybeLocal<v8::Value>();
  }
  if (module->GetStatus() != v8::Module::kEvaluated) {
    v8::Local<v8::Promise> promise;
    if (!Run(context, module).ToLocal(&promise)) {
      return v8::MaybeLocal<v8::Value>();
    }
    if (module->GetStatus() == v8::Module::kErrored) {
      // Whoever has called require() is told of the promise's rejection.
      promise->MarkAsHandled();
      OnPromiseReject(
          v8::PromiseRejectMessage(promise, v8::kPromiseHandlerAddedAfterReject,
                                   v8::Local<v8::Value>()));
      isolate->ThrowException(module->GetException());
      return v8::MaybeLocal<v8::Value>();
    }
  }
  return module->GetModuleNamespace();
}

// V8 must not be asked to evaluate what leads to a module in the midst of its
// evaluation.
const ModuleMap::Record* ModuleMap::FindEvaluating(v8::Isolate* isolate,
                                                   const Record* root) {
  std::unordered_set<const Record*> seen = {root};
  std::vector<const Record*> left = {root};
  while (!left.empty()) {
    const Record* record = left.back();
    left.pop_back();
    v8::HandleScope handle_scope(isolate);
    const v8::Module::Status status = record->module.Get(isolate)->GetStatus();
    if (status == v8::Module::kInstantiating ||
        status == v8::Module::kEvaluating) {
      return record;
    }
    if (status == v8::Module::kEvaluated) continue;
    for (const auto& [specifier, target] : record->imports) {
      if (seen.insert(target).second) left.push_back(target);
    }
  }
  return nullptr;
}

// The record of a module that is loaded with all it imports.
ModuleMap::Record* ModuleMap::Load(v8::Local<v8::Context> context,
                                   v8::Local<v8::String> specifier,
                                   v8::Local<v8::Value> referrer,
                                   std::string_view place) {
  if (loading_) {
    ThrowError(context->GetIsolate(), "The module host may not import modules");
    return nullptr;
  }

  std::vector<Record*> fresh;
  loading_ = true;
  Record* root = Fetch(context, specifier, referrer, place, &fresh);
  for (size_t i = 0; root != nullptr && i < fresh.size(); i++) {
    if (!FetchImports(context, fresh[i], &fresh)) root = nullptr;
  }
  loading_ = false;

  if (root == nullptr) Drop(fresh);
  return root;
}

// What the module host says that "specifier" is; a new one goes to "fresh".
ModuleMap::Record* ModuleMap::Fetch(v8::Local<v8::Context> context,
                                    v8::Local<v8::String> specifier,
                                    v8::Local<v8::Value> referrer,
                                    std::string_view place,
                                    std::vector<Record*>* fresh) {
  v8::Isolate* isolate = context->GetIsolate();
  v8::Local<v8::Object> answer;
  if (!Ask(context, specifier, referrer, place).ToLocal(&answer)) {
    return nullptr;
  }

  v8::Local<v8::Value> name;
  if (!answer->Get(context, NewText(isolate, "name")).ToLocal(&name)) {
    return nullptr;
  }
  if (!name->IsString()) {
    ThrowTypeError(isolate, "The module host gave no name");
    return nullptr;
  }

  std::string key = ToUtf8(isolate, name.As<v8::String>());
  const auto found = by_name_.find(key);
  if (found != by_name_.end()) return found->second.get();

  auto record = std::make_unique<Record>();
  v8::Local<v8::Module> module;
  if (!Make(context, name.As<v8::String>(), answer, record.get())
           .ToLocal(&module)) {
    return nullptr;
  }

  Record* made = record.get();
  made->name = key;
  made->hash = module->GetIdentityHash();
  made->module.Reset(isolate, module);
  by_hash_.emplace(made->hash, made);
  by_name_.emplace(std::move(key), std::move(record));
  fresh->push_back(made);
  return made;
}

v8::MaybeLocal<v8::Object> ModuleMap::Ask(v8::Local<v8::Context> context,
                                          v8::Local<v8::String> specifier,
                                          v8::Local<v8::Value> referrer,
                                          std::string_view place) {
  v8::Isolate* isolate = context->GetIsolate();
  v8::Local<v8::Function> host;
  if (!GetFunction(FromIsolate(isolate), kModuleHost).ToLocal(&host)) {
    ThrowError(isolate, "There is no module host");
    return v8::MaybeLocal<v8::Object>();
  }

  v8::Local<v8::Value> args[] = {specifier, referrer};
  v8::Local<v8::Value> answer;
  {
    v8::TryCatch try_catch(isolate);
    if (!host->Call(context, v8::Undefined(isolate), 2, args)
             .ToLocal(&answer)) {
      if (try_catch.HasCaught() && !try_catch.HasTerminated()) {
        SetLocation(context, try_catch.Exception(), place);
      }
      try_catch.ReThrow();
      return v8::MaybeLocal<v8::Object>();
    }
  }

  if (!answer->IsObject()) {
    ThrowTypeError(isolate, "The module host gave no module");
    return v8::MaybeLocal<v8::Object>();
  }
  return answer.As<v8::Object>();
}

// Compiles the answer's "source", or wraps its "exports" or what it will "run".
v8::MaybeLocal<v8::Module> ModuleMap::Make(v8::Local<v8::Context> context,
                                           v8::Local<v8::String> name,
                                           v8::Local<v8::Object> answer,
                                           Record* record) {
  v8::Isolate* isolate = context->GetIsolate();
  v8::Local<v8::Value> source, exports;
  if (!answer->Get(context, NewText(isolate, "source")).ToLocal(&source)) {
    return v8::MaybeLocal<v8::Module>();
  }
  if (source->IsString()) {
    v8::Local<v8::String> text = source.As<v8::String>();
    ScriptCode code(isolate, 'm', name, text);
    v8::ScriptCompiler::Source from(text, NewOrigin(isolate, name, true),
                                    code.Borrow());
    v8::Local<v8::Module> module;
    if (!v8::ScriptCompiler::CompileModule(isolate, &from, code.options())
             .ToLocal(&module)) {
      return v8::MaybeLocal<v8::Module>();
    }
    if (code.Compiled(from)) {
      fresh_.push_back({std::move(code),
                        v8::Global<v8::Module>(isolate, module),
                        v8::Global<v8::Function>()});
    }
    return module;
  }

  v8::Local<v8::Value> run;
  if (!answer->Get(context, NewText(isolate, "run")).ToLocal(&run)) {
    return v8::MaybeLocal<v8::Module>();
  }
  if (run->IsFunction()) {
    record->run.Reset(isolate, run.As<v8::Function>());
    return v8::Module::CreateSyntheticModule(
        isolate, name, {NewText(isolate, "default")},
        ModuleCallbacks::EvaluateSynthetic);
  }

  if (!answer->Get(context, NewText(isolate, "exports")).ToLocal(&exports)) {
    return v8::MaybeLocal<v8::Module>();
  }
  if (!exports->IsObject()) {
    ThrowTypeError(isolate, "The module host gave nothing to evaluate");
    return v8::MaybeLocal<v8::Module>();
  }
  return MakeSynthetic(context, name, exports.As<v8::Object>(), record);
}

v8::MaybeLocal<v8::Module> ModuleMap::MakeSynthetic(
    v8::Local<v8::Context> context, v8::Local<v8::String> name,
    v8::Local<v8::Object> exports, Record* record) {
  v8::Isolate* isolate = context->GetIsolate();
  v8::Local<v8::Array> keys;
  if (!exports
           ->GetOwnPropertyNames(context,
                                 static_cast<v8::PropertyFilter>(
                                     v8::ONLY_ENUMERABLE | v8::SKIP_SYMBOLS),
                                 v8::KeyConversionMode::kConvertToString)
           .ToLocal(&keys)) {
    return v8::MaybeLocal<v8::Module>();
  }

  std::vector<v8::Local<v8::String>> names;
  std::vector<v8::Local<v8::Value>> pairs;
  for (uint32_t i = 0; i < keys->Length(); i++) {
    v8::Local<v8::Value> key = At(context, keys, i);
    v8::Local<v8::Value> value;
    if (!key->IsString() || !exports->Get(context, key).ToLocal(&value)) {
      return v8::MaybeLocal<v8::Module>();
    }
    names.push_back(key.As<v8::String>());
    pairs.push_back(key);
    pairs.push_back(value);
  }

  record->exports.Reset(isolate,
                        v8::Array::New(isolate, pairs.data(), pairs.size()));
  return v8::Module::CreateSyntheticModule(isolate, name, names,
                                           ModuleCallbacks::EvaluateSynthetic);
}

bool ModuleMap::FetchImports(v8::Local<v8::Context> context, Record* record,
                             std::vector<Record*>* fresh) {
  v8::Isolate* isolate = context->GetIsolate();
  v8::HandleScope handle_scope(isolate);
  v8::Local<v8::Module> module = record->module.Get(isolate);
  if (!module->IsSourceTextModule()) return true;

  v8::Local<v8::String> referrer;
  if (!v8::String::NewFromUtf8(isolate, record->name.data(),
                               v8::NewStringType::kNormal,
                               static_cast<int>(record->name.size()))
           .ToLocal(&referrer)) {
    return false;
  }

  v8::Local<v8::FixedArray> requests = module->GetModuleRequests();
  for (int i = 0; i < requests->Length(); i++) {
    v8::HandleScope request_scope(isolate);
    v8::Local<v8::ModuleRequest> request =
        requests->Get(context, i).As<v8::ModuleRequest>();
    v8::Location location =
        module->SourceOffsetToLocation(request->GetSourceOffset());
    const std::string place =
        record->name + ":" + std::to_string(location.GetLineNumber() + 1) +
        ":" + std::to_string(location.GetColumnNumber() + 1);

    v8::Local<v8::String> specifier = request->GetSpecifier();
    Record* target = Fetch(context, specifier, referrer, place, fresh);
    if (target == nullptr) return false;
    record->imports.emplace(ToUtf8(isolate, specifier), target);
  }
  return true;
}

v8::MaybeLocal<v8::Function> ModuleMap::CompileCommonJs(
    v8::Local<v8::Context> context, v8::Local<v8::String> name,
    v8::Local<v8::String> text) {
  v8::Isolate* isolate = context->GetIsolate();
  v8::Local<v8::String> params[] = {NewText(isolate, "exports"),
                                    NewText(isolate, "require"),
                                    NewText(isolate, "module")};
  ScriptCode code(isolate, 'c', name, text);
  v8::ScriptCompiler::Source from(text, NewOrigin(isolate, name, false),
                                  code.Borrow());
  v8::Local<v8::Function> function;
  if (!v8::ScriptCompiler::CompileFunction(context, &from, std::size(params),
                                           params, 0, nullptr, code.options())
           .ToLocal(&function)) {
    return v8::MaybeLocal<v8::Function>();
  }
  if (code.Compiled(from)) {
    fresh_.push_back({std::move(code), v8::Global<v8::Module>(),
                      v8::Global<v8::Function>(isolate, function)});
  }
  return function;
}

// When an evaluation is over, for what it has compiled.  A module that failed
// leaves nothing, and no evaluation does that was stopped.
void ModuleMap::KeepCode(v8::Isolate* isolate) {
  std::vector<Fresh> fresh = std::move(fresh_);
  fresh_.clear();
  for (Fresh& one : fresh) {
    v8::HandleScope handle_scope(isolate);
    if (one.module.IsEmpty()) {
      one.code.Keep(v8::ScriptCompiler::CreateCodeCacheForFunction(
          one.function.Get(isolate)));
      continue;
    }
    v8::Local<v8::Module> module = one.module.Get(isolate);
    if (module->GetStatus() == v8::Module::kErrored) continue;
    one.code.Keep(
        v8::ScriptCompiler::CreateCodeCache(module->GetUnboundModuleScript()));
  }
}

ModuleMap::Record* ModuleMap::Find(v8::Local<v8::Module> module) {
  const auto range = by_hash_.equal_range(module->GetIdentityHash());
  for (auto it = range.first; it != range.second; ++it) {
    if (it->second->module == module) return it->second;
  }
  return nullptr;
}

void ModuleMap::Drop(const std::vector<Record*>& records) {
  for (Record* record : records) {
    const auto range = by_hash_.equal_range(record->hash);
    for (auto it = range.first; it != range.second; ++it) {
      if (it->second != record) continue;
      by_hash_.erase(it);
      break;
    }
    by_name_.erase(std::string(record->name));
  }
}

}  // namespace v8shim
