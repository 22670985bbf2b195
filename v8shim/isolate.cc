// Isolates: made from the snapshot, entered, given events, ended.

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>

#include "v8shim/internal.h"

namespace v8shim {

namespace {

constexpr size_t kMb = 1024 * 1024;

// WebAssembly's memories are in V8's count of external memory, but not in our
// allocator's, and so are a few other things.
constexpr int64_t kExternalSlack = 8 * kMb;

// After the heap limit was hit: room for the termination to unwind, in steps.
// Beyond it V8 gives up, which ends the engine.
size_t OnNearHeapLimit(void* data, size_t current, size_t initial) {
  HitMemoryLimit(static_cast<v8shim_isolate_s*>(data));
  const size_t most = initial + initial / 2 + 16 * kMb;
  const size_t raised = current + 8 * kMb;
  return raised < most ? raised : current;
}

void OnFatal(const char* location, const char* message) {
  process.config.fatal(location == nullptr ? "" : location,
                       message == nullptr ? "" : message);
}

void OnOom(const char* location, OomDetail detail) {
  OnFatal(location,
          IsHeapOom(detail) ? "out of memory: heap" : "out of memory");
}

// A worker may not compile bytes; native.v8.compileWasm() may.
bool AllowWasm(v8::Local<v8::Context> context, v8::Local<v8::String>) {
  return FromIsolate(context->GetIsolate())->compiling_wasm;
}

// V8 counts the runtime's text for each isolate, though they share it.
int64_t ExternalMemory(v8::Isolate* isolate) {
  return isolate->AdjustAmountOfExternalAllocatedMemory(0) -
         static_cast<int64_t>(process.snapshot.source.size);
}

int64_t MostExternalMemory(const v8shim_isolate_s* iso) {
  return static_cast<int64_t>(iso->config.buffer_bytes) + kExternalSlack;
}

// While a worker runs.  Twice as much, since what this collection has freed is
// given back later.
void AfterGc(v8::Isolate* isolate, v8::GCType, v8::GCCallbackFlags,
             void* data) {
  auto* iso = static_cast<v8shim_isolate_s*>(data);
  if (ExternalMemory(isolate) > 2 * MostExternalMemory(iso)) {
    HitMemoryLimit(iso);
  }
}

// The dispatch function's arguments.  False when memory is used up.
bool MakeArguments(v8::Isolate* isolate, const v8shim_event_t& event,
                   v8::Local<v8::Value> args[8]) {
  args[0] = v8::Integer::New(isolate, event.type);
  args[1] = v8::Number::New(isolate, event.channel);
  args[2] = v8::Number::New(isolate, event.a);
  args[3] = v8::Number::New(isolate, event.b);
  args[4] = v8::Number::New(isolate, event.c);
  args[6] = v8::Undefined(isolate);
  args[7] = v8::Number::New(isolate, event.d);

  v8::Local<v8::String> text;
  if (event.text.size == 0) {
    text = v8::String::Empty(isolate);
  } else if (event.text.size > v8::String::kMaxLength) {
    return false;
  } else if (event.text_utf8) {
    if (!DecodeUtf8(isolate, event.text).ToLocal(&text)) return false;
  } else if (!v8::String::NewFromOneByte(isolate, event.text.data,
                                         v8::NewStringType::kNormal,
                                         static_cast<int>(event.text.size))
                  .ToLocal(&text)) {
    return false;
  }
  args[5] = text;

  return event.bytes.data == nullptr ||
         NewBytes(isolate, event.bytes).ToLocal(&args[6]);
}

// Microtasks, V8's own tasks, and the microtasks of these.
void RunTasks(v8shim_isolate_s* iso) {
  iso->isolate->PerformMicrotaskCheckpoint();
  if (iso->terminated) return;
  if (RunForegroundTasks(iso->isolate) && !iso->terminated) {
    iso->isolate->PerformMicrotaskCheckpoint();
  }
}

void CheckExternalMemory(v8shim_isolate_s* iso) {
  const int64_t most = MostExternalMemory(iso);
  iso->watches.Forget(iso);
  if (ExternalMemory(iso->isolate) <= most) return;

  // Some of it may be garbage.
  iso->isolate->LowMemoryNotification();
  iso->watches.Forget(iso);
  if (ExternalMemory(iso->isolate) > most) HitMemoryLimit(iso);
}

// The runtime's context out of the snapshot, with what is ours in it.
bool MakeContext(v8shim_isolate_s* iso) {
  v8::Isolate* isolate = iso->isolate;
  v8::Locker locker(isolate);
  v8::Isolate::Scope isolate_scope(isolate);
  v8::HandleScope handle_scope(isolate);

  v8::Local<v8::Context> context = v8::Context::New(isolate);
  if (context.IsEmpty()) return false;

  for (size_t i = 0; i < kContextDataCount; i++) {
    v8::Local<v8::Value> value;
    if (!context->GetDataFromSnapshotOnce<v8::Value>(i).ToLocal(&value)) {
      return false;
    }
    iso->data[i].Reset(isolate, value);
  }
  iso->context.Reset(isolate, context);

  SetIsolateCallbacks(iso);
  SetContextLimits(context);
  DeleteWaitAsync(context);
  return true;
}

}  // namespace

Entry::Entry(v8shim_isolate_s* iso)
    : locker(iso->isolate),
      isolate_scope(iso->isolate),
      handle_scope(iso->isolate),
      context(iso->context.Get(iso->isolate)),
      context_scope(context) {}

v8::MaybeLocal<v8::Function> GetFunction(v8shim_isolate_s* iso,
                                         ContextData slot) {
  v8::Local<v8::Value> value = iso->data[slot].Get(iso->isolate);
  if (value.IsEmpty() || !value->IsFunction()) {
    return v8::MaybeLocal<v8::Function>();
  }
  return value.As<v8::Function>();
}

void SetIsolateCallbacks(v8shim_isolate_s* iso) {
  v8::Isolate* isolate = iso->isolate;
  isolate->SetMicrotasksPolicy(v8::MicrotasksPolicy::kExplicit);
  isolate->SetAllowAtomicsWait(false);
  isolate->SetPromiseRejectCallback(OnPromiseReject);
  isolate->SetPrepareStackTraceCallback(FormatStack);
  isolate->SetAllowWasmCodeGenerationCallback(AllowWasm);
  isolate->SetCaptureStackTraceForUncaughtExceptions(true, 10);
  SetModuleCallbacks(isolate);
}

void SetContextLimits(v8::Local<v8::Context> context) {
  context->AllowCodeGenerationFromStrings(false);
  context->SetErrorMessageForCodeGenerationFromStrings(
      NewText(context->GetIsolate(),
              "Code generation from strings disallowed for this context"));
}

void Reterminate(v8::Isolate* isolate) {
  if (FromIsolate(isolate)->terminated) isolate->TerminateExecution();
}

void HitMemoryLimit(v8shim_isolate_s* iso) {
  if (!iso->memory_limit_reported) {
    iso->memory_limit_reported = true;
    if (iso->config.memory_limit != nullptr) {
      iso->config.memory_limit(iso->config.user);
    }
  }
  v8shim_isolate_terminate(iso);
}

}  // namespace v8shim

using namespace v8shim;

v8shim_isolate_t* v8shim_isolate_create(const v8shim_isolate_config_t* config,
                                        v8shim_error_t* error) {
  if (process.snapshot.blob.data == nullptr) {
    SetError(error, "V8 was started without a snapshot");
    return nullptr;
  }

  auto* iso = new (std::nothrow) v8shim_isolate_s(*config);
  if (iso == nullptr) {
    SetError(error, "out of memory");
    return nullptr;
  }

  v8::Isolate::CreateParams params;
  params.snapshot_blob = &process.snapshot.blob;
  params.external_references = ExternalReferences();
  params.array_buffer_allocator = &iso->buffers;
  params.allow_atomics_wait = false;
  params.fatal_error_callback = OnFatal;
  params.oom_error_callback = OnOom;
  params.constraints.ConfigureDefaultsFromHeapSize(0, config->heap_bytes);

  iso->isolate = v8::Isolate::Allocate();
  iso->isolate->SetData(0, iso);
  v8::Isolate::Initialize(iso->isolate, params);
  iso->isolate->AddNearHeapLimitCallback(OnNearHeapLimit, iso);
  iso->isolate->AddGCEpilogueCallback(AfterGc, iso,
                                      v8::kGCTypeMarkSweepCompact);

  if (!MakeContext(iso)) {
    v8shim_isolate_destroy(iso);
    SetError(error, "the snapshot holds no runtime");
    return nullptr;
  }
  return iso;
}

void v8shim_isolate_destroy(v8shim_isolate_t* iso) {
  v8::Isolate* isolate = iso->isolate;
  ForgetForegroundTasks(isolate);
  iso->modules.Clear();
  iso->watches.Clear();
  for (v8::Global<v8::Value>& data : iso->data) data.Reset();
  iso->host_template.Reset();
  iso->context.Reset();
  isolate->Dispose();
  // Last: V8 has given back its buffers only now.
  delete iso;
}

void v8shim_isolate_enter(v8shim_isolate_t* iso) {
  // Another thread's entry stays untouched until the lock is ours.
  auto entry = std::make_unique<Entry>(iso);
  iso->entry = std::move(entry);
  SetThreadClock(iso->clock_ms);
}

void v8shim_isolate_leave(v8shim_isolate_t* iso) {
  SetThreadClock(std::numeric_limits<double>::quiet_NaN());
  // Unlocks as the last of all, when the isolate has forgotten the entry.
  const std::unique_ptr<Entry> entry = std::move(iso->entry);
}

v8shim_status_t v8shim_isolate_deliver(v8shim_isolate_t* iso,
                                       const v8shim_event_t* event,
                                       v8shim_error_t* error) {
  SetError(error, "");
  // What terminated it may have done so before V8 had a thread to stop.
  if (iso->terminated) return V8SHIM_TERMINATED;

  v8::Isolate* isolate = iso->isolate;
  v8::Local<v8::Context> context = iso->entry->context;
  v8::HandleScope handle_scope(isolate);
  v8::TryCatch try_catch(isolate);
  v8shim_status_t status = V8SHIM_OK;

  v8::Local<v8::Value> args[8];
  if (!MakeArguments(isolate, *event, args)) {
    HitMemoryLimit(iso);
    return V8SHIM_TERMINATED;
  }

  v8::Local<v8::Function> dispatch =
      iso->data[kDispatch].Get(isolate).As<v8::Function>();
  if (dispatch->Call(context, v8::Undefined(isolate), 8, args).IsEmpty()) {
    status = Fail(context, try_catch, error);
    if (status == V8SHIM_TERMINATED) return status;
    try_catch.Reset();
  }

  RunTasks(iso);
  if (!iso->terminated) CheckExternalMemory(iso);

  if (iso->terminated || isolate->IsExecutionTerminating()) {
    return V8SHIM_TERMINATED;
  }
  return status;
}

void v8shim_isolate_set_clock(v8shim_isolate_t* iso, double unix_ms) {
  iso->clock_ms = unix_ms;
  SetThreadClock(unix_ms);
}

size_t v8shim_isolate_memory(v8shim_isolate_t* iso) {
  v8::HeapStatistics heap;
  iso->isolate->GetHeapStatistics(&heap);
  // V8's count has more in it than buffers, and is late with some of them.
  const int64_t external = ExternalMemory(iso->isolate);
  const size_t buffers = iso->buffers.used();
  return heap.total_heap_size() +
         std::max(buffers, static_cast<size_t>(std::max<int64_t>(external, 0)));
}

void v8shim_isolate_terminate(v8shim_isolate_t* iso) {
  // In this order: whoever enters either sees the flag, or is in V8 already.
  iso->terminated = true;
  iso->isolate->TerminateExecution();
}
