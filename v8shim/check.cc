// --check: one module's syntax and imports, without running any of it.

#include "v8shim/internal.h"

namespace v8shim {

namespace {

v8shim_status_t Check(v8::Isolate* isolate, const char* name,
                      v8shim_span_t source,
                      bool (*import)(void*, const char*, int, int), void* user,
                      v8shim_error_t* error) {
  v8::HandleScope handle_scope(isolate);
  v8::Local<v8::Context> context = v8::Context::New(isolate);
  v8::Context::Scope context_scope(context);
  v8::TryCatch try_catch(isolate);

  v8::Local<v8::String> title, text;
  v8::Local<v8::Module> module;
  if (!v8::String::NewFromUtf8(isolate, name).ToLocal(&title) ||
      !DecodeUtf8(isolate, source).ToLocal(&text)) {
    SetError(error, "the module is too large");
    return V8SHIM_FAILED;
  }
  v8::ScriptCompiler::Source module_source(text,
                                           NewOrigin(isolate, title, true));
  if (!v8::ScriptCompiler::CompileModule(isolate, &module_source)
           .ToLocal(&module)) {
    return Fail(context, try_catch, error);
  }

  v8::Local<v8::FixedArray> requests = module->GetModuleRequests();
  for (int i = 0; i < requests->Length(); i++) {
    v8::Local<v8::ModuleRequest> request =
        requests->Get(context, i).As<v8::ModuleRequest>();
    v8::Location place =
        module->SourceOffsetToLocation(request->GetSourceOffset());
    const std::string specifier = ToUtf8(isolate, request->GetSpecifier());
    if (!import(user, specifier.c_str(), place.GetLineNumber() + 1,
                place.GetColumnNumber() + 1)) {
      break;
    }
  }
  return V8SHIM_OK;
}

}  // namespace

}  // namespace v8shim

using namespace v8shim;

v8shim_status_t v8shim_check_module(const char* name, v8shim_span_t source,
                                    bool (*import)(void* user,
                                                   const char* specifier,
                                                   int line, int column),
                                    void* user, v8shim_error_t* error) {
  v8shim_isolate_config_t config = {};
  config.buffer_bytes = SIZE_MAX;
  v8shim_isolate_s iso(config);
  SetError(error, "");

  v8::Isolate::CreateParams params;
  // All isolates of a process share V8's read-only heap, so they have to come
  // from the same blob.
  if (process.snapshot.blob.data != nullptr)
    params.snapshot_blob = &process.snapshot.blob;
  params.external_references = ExternalReferences();
  params.array_buffer_allocator = &iso.buffers;
  iso.isolate = v8::Isolate::New(params);
  iso.isolate->SetData(0, &iso);

  v8shim_status_t status;
  {
    v8::Locker locker(iso.isolate);
    v8::Isolate::Scope isolate_scope(iso.isolate);
    status = Check(iso.isolate, name, source, import, user, error);
  }
  ForgetForegroundTasks(iso.isolate);
  iso.isolate->Dispose();
  return status;
}
