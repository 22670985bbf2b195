// What the files of this room share; none of it crosses v8shim.h.
//
// An entered isolate finds its v8shim_isolate_s in V8's isolate data slot 0,
// and that is the only way from a V8 callback back to the shim.  Whatever may
// run JavaScript answers an empty Maybe when it threw or was terminated, as V8
// itself does; only the functions of v8shim.h turn that into a status.

#ifndef V8SHIM_INTERNAL_H_
#define V8SHIM_INTERNAL_H_

#include <string.h>

#include <atomic>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "v8shim/compat.h"
#include "v8shim/v8shim.h"

namespace v8shim {

// -- platform.cc ------------------------------------------------------------

// v8shim_config_t.snapshot, taken apart.
struct Snapshot {
  v8::StartupData blob = {nullptr, 0};
  v8shim_span_t source = {nullptr, 0};  // the runtime's text
};

// What v8shim_start() was given, and what follows from it.  Written once,
// before any other thread exists.
struct Process {
  v8shim_config_t config;
  bool started = false;
  // blob.data is null if there is none.
  Snapshot snapshot;
  // strlen() of each op's args, by the op's index.
  std::vector<int> op_lengths;
};

extern Process process;

// Runs a bounded number of tasks that V8 posted for this isolate's thread.
// False when there was none.
bool RunForegroundTasks(v8::Isolate* isolate);

// V8 forgets the tasks of an isolate that is about to be disposed of.
void ForgetForegroundTasks(v8::Isolate* isolate);

// The wall clock on this thread; NaN is the real one.
void SetThreadClock(double unix_ms);

// -- buffers.cc -------------------------------------------------------------

// Memory of an isolate's ArrayBuffers, up to a cap.  V8's sweeper frees from
// its own threads.
class BufferAllocator final : public v8::ArrayBuffer::Allocator {
 public:
  explicit BufferAllocator(size_t cap) : cap_(cap) {}

  void* Allocate(size_t size) override;
  void* AllocateUninitialized(size_t size) override;
  void Free(void* data, size_t size) override;

  size_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  bool Take(size_t size);

  const size_t cap_;
  std::atomic<size_t> used_{0};
};

// -- code.cc ----------------------------------------------------------------

// Code that isolates of the process share.  It is immutable and stays as long
// as somebody holds it.
using SharedScript = std::shared_ptr<const v8::ScriptCompiler::CachedData>;

struct SharedCode {
  SharedScript script;
  std::shared_ptr<v8::CompiledWasmModule> wasm;
};

// A view for one compilation, which owns it, or nullptr; "script" must live
// until that is done.
v8::ScriptCompiler::CachedData* BorrowScript(const SharedScript& script);

// One script of a worker's: looked for by what it is compiled from, "kind"
// being how.  V8 keeps the name in the code, so that belongs to it, too.
class ScriptCode {
 public:
  ScriptCode() = default;
  ScriptCode(v8::Isolate* isolate, char kind, v8::Local<v8::String> name,
             v8::Local<v8::String> text);

  // For Source and for Compile...().
  v8::ScriptCompiler::CachedData* Borrow() const {
    return BorrowScript(script_);
  }
  v8::ScriptCompiler::CompileOptions options() const {
    return script_ == nullptr ? v8::ScriptCompiler::kNoCompileOptions
                              : v8::ScriptCompiler::kConsumeCodeCache;
  }

  // After it was compiled: shall its code be kept, once it has run?
  bool Compiled(const v8::ScriptCompiler::Source& source);
  void Keep(v8::ScriptCompiler::CachedData* made);

 private:
  std::string key_;  // empty: not to be shared
  SharedScript script_;
};

// Does this WebAssembly module make a memory that threads could share?  (To
// import one it would have to be given one.)  False for what is no module.
bool DefinesSharedMemory(v8shim_span_t bytes);

v8::MaybeLocal<v8::WasmModuleObject> CompileSharedWasm(v8::Isolate* isolate,
                                                       v8shim_span_t bytes);

// -- modules.cc -------------------------------------------------------------

// The modules of an isolate, each once, by the name that the module host gave.
class ModuleMap {
 public:
  ModuleMap();
  ~ModuleMap();

  // Before the isolate is disposed of.
  void Clear();

  // native.v8.compileCommonJs(): a function, not run.
  v8::MaybeLocal<v8::Function> CompileCommonJs(v8::Local<v8::Context> context,
                                               v8::Local<v8::String> name,
                                               v8::Local<v8::String> text);

  // import() and native.v8.importModule(): a promise of the namespace.
  // "place" is where the import stands, or "".
  v8::MaybeLocal<v8::Promise> Import(v8::Local<v8::Context> context,
                                     v8::Local<v8::String> specifier,
                                     v8::Local<v8::Value> referrer,
                                     std::string_view place);

  // native.v8.requireModule(): the namespace at once, or an exception.  May be
  // called while other modules are evaluated.
  v8::MaybeLocal<v8::Value> Require(v8::Local<v8::Context> context,
                                    v8::Local<v8::String> specifier,
                                    v8::Local<v8::Value> referrer);

 private:
  struct Record;
  friend class ModuleCallbacks;

  // These answer false or nullptr when an exception is pending.
  bool Evaluate(v8::Local<v8::Context> context, v8::Local<v8::String> specifier,
                v8::Local<v8::Value> referrer, std::string_view place,
                v8::Local<v8::Promise::Resolver> resolver);
  v8::MaybeLocal<v8::Value> Demand(v8::Local<v8::Context> context,
                                   v8::Local<v8::String> specifier,
                                   v8::Local<v8::Value> referrer);
  v8::MaybeLocal<v8::Promise> Run(v8::Local<v8::Context> context,
                                  v8::Local<v8::Module> module);
  static const Record* FindEvaluating(v8::Isolate* isolate, const Record* root);
  Record* Load(v8::Local<v8::Context> context, v8::Local<v8::String> specifier,
               v8::Local<v8::Value> referrer, std::string_view place);
  Record* Fetch(v8::Local<v8::Context> context, v8::Local<v8::String> specifier,
                v8::Local<v8::Value> referrer, std::string_view place,
                std::vector<Record*>* fresh);
  bool FetchImports(v8::Local<v8::Context> context, Record* record,
                    std::vector<Record*>* fresh);
  v8::MaybeLocal<v8::Object> Ask(v8::Local<v8::Context> context,
                                 v8::Local<v8::String> specifier,
                                 v8::Local<v8::Value> referrer,
                                 std::string_view place);
  v8::MaybeLocal<v8::Module> Make(v8::Local<v8::Context> context,
                                  v8::Local<v8::String> name,
                                  v8::Local<v8::Object> answer, Record* record);
  v8::MaybeLocal<v8::Module> MakeSynthetic(v8::Local<v8::Context> context,
                                           v8::Local<v8::String> name,
                                           v8::Local<v8::Object> exports,
                                           Record* record);
  void KeepCode(v8::Isolate* isolate);
  Record* Find(v8::Local<v8::Module> module);
  void Drop(const std::vector<Record*>& records);

  std::unordered_map<std::string, std::unique_ptr<Record>> by_name_;
  // By V8's identity hash, which is not unique.
  std::unordered_multimap<int, Record*> by_hash_;
  bool loading_ = false;
  int evaluating_ = 0;  // how deep in one another

  // Scripts that were compiled here and may be of use to others.
  struct Fresh {
    ScriptCode code;
    v8::Global<v8::Module> module;      // or ...
    v8::Global<v8::Function> function;  // of CommonJS
  };
  std::vector<Fresh> fresh_;
};

void SetModuleCallbacks(v8::Isolate* isolate);

// -- watch.cc ---------------------------------------------------------------

// Objects that stand for something native, each by an id.  When one has been
// collected, the engine is told: not at once, since V8 is busy then, but
// before the next op and at the event's end.
class Watches {
 public:
  void Add(v8::Isolate* isolate, v8::Local<v8::Object> object, uint64_t id);

  // Tells the engine what has gone.
  void Forget(v8shim_isolate_s* iso);

  // Before the isolate is disposed of.
  void Clear() { alive_.clear(); }

 private:
  static void OnCollected(const v8::WeakCallbackInfo<void>& info);

  std::unordered_map<uint64_t, v8::Global<v8::Object>> alive_;
  std::vector<uint64_t> gone_;
};

void Watch(const v8::FunctionCallbackInfo<v8::Value>& info);

// -- isolate.cc -------------------------------------------------------------

// Members in entering order, so that leaving is the reverse.
struct Entry {
  explicit Entry(v8shim_isolate_s* iso);

  v8::Locker locker;
  v8::Isolate::Scope isolate_scope;
  v8::HandleScope handle_scope;
  v8::Local<v8::Context> context;
  v8::Context::Scope context_scope;
};

// What a context keeps in the snapshot for us, in the order of AddData().
enum ContextData {
  kDispatch,
  kLazyHost,
  kModuleHost,
  kRejectionHandler,
  kUint8Array,
  kErrorToString,
  kContextDataCount
};

}  // namespace v8shim

struct v8shim_isolate_s {
  explicit v8shim_isolate_s(const v8shim_isolate_config_t& from)
      : config(from), buffers(from.buffer_bytes) {}

  const v8shim_isolate_config_t config;
  v8shim::BufferAllocator buffers;
  v8::Isolate* isolate = nullptr;

  // Set from any thread and never cleared: V8 forgets a termination when the
  // isolate changes threads, or when it came too late to stop anything.
  std::atomic<bool> terminated{false};
  bool memory_limit_reported = false;
  // The snapshot is being built: there is no engine behind the ops.
  bool building = false;
  // native.v8.compileWasm() is at work.
  bool compiling_wasm = false;
  // NaN: the real clock, until the engine has set another
  double clock_ms = std::numeric_limits<double>::quiet_NaN();

  v8::Global<v8::Context> context;
  // of native.v8.hostObject(), once there was one
  v8::Global<v8::ObjectTemplate> host_template;
  v8::Global<v8::Value> data[v8shim::kContextDataCount];
  v8shim::ModuleMap modules;
  v8shim::Watches watches;

  std::unique_ptr<v8shim::Entry> entry;
};

namespace v8shim {

inline v8shim_isolate_s* FromIsolate(v8::Isolate* isolate) {
  return static_cast<v8shim_isolate_s*>(isolate->GetData(0));
}

// The function in a slot, or empty when the runtime has set none.
v8::MaybeLocal<v8::Function> GetFunction(v8shim_isolate_s* iso,
                                         ContextData slot);

// Callbacks and settings that every isolate of ours has.
void SetIsolateCallbacks(v8shim_isolate_s* iso);
void SetContextLimits(v8::Local<v8::Context> context);

// A C++ TryCatch swallows a termination; this asks for it again.
void Reterminate(v8::Isolate* isolate);

// Memory is used up: reported once, and the isolate terminates.
void HitMemoryLimit(v8shim_isolate_s* iso);

// -- snapshot.cc ------------------------------------------------------------

// Takes a snapshot apart if this V8 with these ops made it, and it is whole.
bool OpenSnapshot(const v8shim_op_t* ops, v8shim_span_t snapshot,
                  Snapshot* opened, v8shim_error_t* error);

// Before the first isolate: where the runtime's text stands, for good.
void ShareSource(v8shim_span_t source);

// What a blob may call that text.
void AddSourceReferences(std::vector<intptr_t>* list);

// -- chunks.cc --------------------------------------------------------------

// A part of the runtime's text for V8: static storage that all isolates share.
class SharedText final : public v8::String::ExternalOneByteStringResource {
 public:
  const char* data() const override { return text_.data(); }
  size_t length() const override { return text_.size(); }
  void Dispose() override {}

  void Set(std::string_view text) { text_ = text; }

 private:
  std::string_view text_;
};

// Both must stay in place.
void AddChunk(std::string_view name, std::string_view text);

void RunChunk(const v8::FunctionCallbackInfo<v8::Value>& info);

// -- late.cc ----------------------------------------------------------------

// All built-ins of a context, and of a context that is not for a snapshot.
std::string BuiltInNames(v8::Local<v8::Context> context);
std::string NormalBuiltInNames();

// Deletes what the runtime's script put where V8 will add a built-in.
bool MakeRoomForLateBuiltIns(v8::Local<v8::Context> context,
                             const std::string& normal,
                             const std::string& early);

// Atomics.waitAsync() is a timer that neither the frozen clock nor the engine
// knows of.  It is a late built-in: to be deleted in each context.
void DeleteWaitAsync(v8::Local<v8::Context> context);

// -- intrinsics.cc ----------------------------------------------------------

// Every C++ function that a snapshot may refer to; ends with 0.
const intptr_t* ExternalReferences();

// The global "native" of the runtime's script.
bool InstallNative(v8::Local<v8::Context> context);

void OnPromiseReject(v8::PromiseRejectMessage message);

// -- values.cc --------------------------------------------------------------

// A new Uint8Array; empty when it threw RangeError: out of buffer memory.
v8::MaybeLocal<v8::Value> NewBytes(v8::Isolate* isolate, v8shim_span_t bytes);

// The same, of bytes from BufferAllocator::AllocateUninitialized(), which now
// belong to V8.
v8::Local<v8::Value> AdoptBytes(v8::Isolate* isolate, void* data, size_t size);

// Borrowed bytes of an ArrayBuffer or a view of one; what lies in V8's own
// heap, which moves, is copied to "small".
class Bytes {
 public:
  // False if the value is neither.
  bool Borrow(v8::Local<v8::Value> value);
  const v8shim_span_t& span() const { return span_; }

 private:
  static constexpr size_t kMaxOnHeap = 64;

  v8shim_span_t span_ = {nullptr, 0};
  uint8_t small_[kMaxOnHeap];
};

// How many arguments an op can have.
inline constexpr int kMaxOpArgs = 12;

void CallOp(const v8::FunctionCallbackInfo<v8::Value>& info);

// A literal or another short text of ours.
v8::Local<v8::String> NewText(v8::Isolate* isolate, std::string_view text);

void ThrowError(v8::Isolate* isolate, std::string_view message);
void ThrowTypeError(v8::Isolate* isolate, std::string_view message);
void ThrowRangeError(v8::Isolate* isolate, std::string_view message);

// -- text.cc ----------------------------------------------------------------

bool IsAscii(const uint8_t* data, size_t size);

// WHATWG's "UTF-8 decode without BOM"; empty when the string is too long.
v8::MaybeLocal<v8::String> DecodeUtf8(v8::Isolate* isolate,
                                      v8shim_span_t bytes);

// As UTF-8, lone surrogates replaced.
std::string ToUtf8(v8::Isolate* isolate, v8::Local<v8::String> string);

void Utf8Encode(const v8::FunctionCallbackInfo<v8::Value>& info);
void Utf8EncodeInto(const v8::FunctionCallbackInfo<v8::Value>& info);
void Utf8Decode(const v8::FunctionCallbackInfo<v8::Value>& info);
void Latin1Decode(const v8::FunctionCallbackInfo<v8::Value>& info);

// -- errors.cc --------------------------------------------------------------

// Scripts of ours have names that start so; users never see them.
inline constexpr std::string_view kOwnScripts = "dw:";

bool IsOwn(const std::string& script);

// "file:line:column" of an error, or "".
std::string LocationOf(v8::Local<v8::Context> context,
                       v8::Local<v8::Value> error);

// The user's statement that is running now, or "".
std::string CurrentLocation(v8::Isolate* isolate);

// Where an error shall say that it happened, unless something said it before.
void SetLocation(v8::Local<v8::Context> context, v8::Local<v8::Value> error,
                 std::string_view location);

v8::MaybeLocal<v8::Value> FormatStack(v8::Local<v8::Context> context,
                                      v8::Local<v8::Value> error,
                                      v8::Local<v8::Array> sites);

void SetError(v8shim_error_t* error, std::string_view message,
              std::string_view location = "");

// Which of the two ways to fail it was, with the error's text if it threw.
v8shim_status_t Fail(v8::Local<v8::Context> context,
                     const v8::TryCatch& try_catch, v8shim_error_t* error);

// -- kinds.cc ---------------------------------------------------------------

void KindOf(const v8::FunctionCallbackInfo<v8::Value>& info);
void FunctionKind(const v8::FunctionCallbackInfo<v8::Value>& info);
void InsideOf(const v8::FunctionCallbackInfo<v8::Value>& info);

// -- serialize.cc -----------------------------------------------------------

void Serialize(const v8::FunctionCallbackInfo<v8::Value>& info);
void Deserialize(const v8::FunctionCallbackInfo<v8::Value>& info);
void CloneKind(const v8::FunctionCallbackInfo<v8::Value>& info);
void Detail(const v8::FunctionCallbackInfo<v8::Value>& info);
void HostObject(const v8::FunctionCallbackInfo<v8::Value>& info);
void Transfer(const v8::FunctionCallbackInfo<v8::Value>& info);

}  // namespace v8shim

#endif  // V8SHIM_INTERNAL_H_
