// Compiled code, kept for the other isolates of the process.
//
// What a worker's script or WebAssembly was compiled to is found by what it
// was compiled from and by nothing else: scripts by the SHA-256 of their text,
// WebAssembly by its bytes.  It holds code and no values.  A script's contains
// the functions that had been compiled when its evaluation was over.

#include <openssl/evp.h>

#include <algorithm>
#include <functional>
#include <list>
#include <mutex>

#include "v8shim/internal.h"

namespace v8shim {

namespace {

// Less is compiled faster than it is found.
constexpr int kMinScriptLength = 4096;

// Of a string, at once.
constexpr int kSlice = 32768;

// V8 does not say what machine code of a module takes; that much per byte of
// WebAssembly is what esbuild's has been seen to take.
constexpr size_t kWasmCost = 5;

// What an entry costs beyond its code.
constexpr size_t kEntryBytes = 512;

// Used from all threads.  The least recently used entries go first.
class CodeCache {
 public:
  SharedCode Find(const std::string& key) {
    std::lock_guard<std::mutex> guard(lock_);
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return SharedCode();
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->code;
  }

  // The code of an earlier one may go, outside of the lock.
  void Keep(const std::string& key, SharedCode code, size_t bytes) {
    const size_t cap = process.config.code_cache_bytes;
    std::list<Entry> gone;
    bytes += kEntryBytes;
    if (bytes > cap) return;

    std::lock_guard<std::mutex> guard(lock_);
    const auto found = by_key_.find(key);
    if (found != by_key_.end()) Remove(found->second, &gone);
    while (bytes_ > cap - bytes) Remove(std::prev(entries_.end()), &gone);

    entries_.push_front({key, std::move(code), bytes});
    by_key_.emplace(key, entries_.begin());
    bytes_ += bytes;
    made_++;
  }

  void Used() { used_.fetch_add(1, std::memory_order_relaxed); }

  v8shim_code_t Count() {
    std::lock_guard<std::mutex> guard(lock_);
    return {entries_.size(), bytes_, made_,
            used_.load(std::memory_order_relaxed)};
  }

 private:
  struct Entry {
    std::string key;
    SharedCode code;
    size_t bytes;
  };

  void Remove(std::list<Entry>::iterator entry, std::list<Entry>* gone) {
    bytes_ -= entry->bytes;
    by_key_.erase(entry->key);
    gone->splice(gone->begin(), entries_, entry);
  }

  std::mutex lock_;
  std::list<Entry> entries_;
  std::unordered_map<std::string, std::list<Entry>::iterator> by_key_;
  size_t bytes_ = 0;
  uint64_t made_ = 0;
  std::atomic<uint64_t> used_{0};
};

// Never freed: isolates use it until the process is gone.
CodeCache& cache = *new CodeCache;

// SHA-256 of a script's kind, name and text, as V8 holds them.
class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new()) {
    good_ = context_ != nullptr &&
            EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) == 1;
  }
  ~Digest() { EVP_MD_CTX_free(context_); }

  void Add(const void* data, size_t size) {
    good_ = good_ && EVP_DigestUpdate(context_, data, size) == 1;
  }

  void Add(v8::Isolate* isolate, v8::Local<v8::String> string) {
    const int length = string->Length();
    const bool narrow = string->IsOneByte();
    uint16_t units[kSlice];

    Add(&length, sizeof(length));
    Add(&narrow, sizeof(narrow));
    for (int i = 0; i < length; i += kSlice) {
      const int n = std::min(kSlice, length - i);
      if (narrow) {
        WriteOneByte(isolate, string, reinterpret_cast<uint8_t*>(units), i, n);
      } else {
        WriteTwoByte(isolate, string, units, i, n);
      }
      Add(units, static_cast<size_t>(n) * (narrow ? 1 : 2));
    }
  }

  // Empty when libcrypto had no memory.
  std::string Finish() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (!good_ || EVP_DigestFinal_ex(context_, digest, &size) != 1) return "";
    return std::string(reinterpret_cast<char*>(digest), size);
  }

 private:
  EVP_MD_CTX* const context_;
  bool good_;
};

// Not a strong hash: whoever finds a module by it compares the bytes.
std::string KeyOfWasm(v8shim_span_t bytes) {
  const std::string_view view(reinterpret_cast<const char*>(bytes.data),
                              bytes.size);
  return "wasm " + std::to_string(bytes.size) + " " +
         std::to_string(std::hash<std::string_view>()(view));
}

bool IsOf(v8::CompiledWasmModule* module, v8shim_span_t bytes) {
  const v8::MemorySpan<const uint8_t> wire = module->GetWireBytesRef();
  return wire.size() == bytes.size &&
         memcmp(wire.data(), bytes.data, bytes.size) == 0;
}

}  // namespace

v8::ScriptCompiler::CachedData* BorrowScript(const SharedScript& script) {
  return script == nullptr
             ? nullptr
             : new v8::ScriptCompiler::CachedData(script->data, script->length);
}

ScriptCode::ScriptCode(v8::Isolate* isolate, char kind,
                       v8::Local<v8::String> name, v8::Local<v8::String> text) {
  if (process.config.code_cache_bytes == 0 ||
      text->Length() < kMinScriptLength) {
    return;
  }

  Digest digest;
  digest.Add(&kind, 1);
  digest.Add(isolate, name);
  digest.Add(isolate, text);
  key_ = digest.Finish();
  if (!key_.empty()) script_ = cache.Find(key_).script;
}

bool ScriptCode::Compiled(const v8::ScriptCompiler::Source& source) {
  if (key_.empty()) return false;
  if (script_ == nullptr || source.GetCachedData()->rejected) return true;
  cache.Used();
  return false;
}

void ScriptCode::Keep(v8::ScriptCompiler::CachedData* made) {
  if (made == nullptr) return;
  SharedCode code;
  code.script.reset(made);
  cache.Keep(key_, std::move(code), static_cast<size_t>(made->length));
}

v8::MaybeLocal<v8::WasmModuleObject> CompileSharedWasm(v8::Isolate* isolate,
                                                       v8shim_span_t bytes) {
  const std::string key = KeyOfWasm(bytes);
  SharedCode code = cache.Find(key);
  if (code.wasm != nullptr && IsOf(code.wasm.get(), bytes)) {
    cache.Used();
    return v8::WasmModuleObject::FromCompiledModule(isolate, *code.wasm);
  }

  v8::Local<v8::WasmModuleObject> module;
  if (!v8::WasmModuleObject::Compile(isolate, {bytes.data, bytes.size})
           .ToLocal(&module)) {
    return v8::MaybeLocal<v8::WasmModuleObject>();
  }
  code = SharedCode();
  code.wasm =
      std::make_shared<v8::CompiledWasmModule>(module->GetCompiledModule());
  cache.Keep(key, std::move(code), bytes.size * kWasmCost);
  return module;
}

}  // namespace v8shim

v8shim_code_t v8shim_code(void) { return v8shim::cache.Count(); }
