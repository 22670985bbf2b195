// Differences between versions of V8, all in this file.  Supported: 10.2 and
// later; nothing else in this room asks for V8's version.

#ifndef V8SHIM_COMPAT_H_
#define V8SHIM_COMPAT_H_

#include <limits.h>
#include <v8.h>

// Is this V8 the given version or a later one?
#define V8SHIM_V8_FROM(major, minor) \
  (V8_MAJOR_VERSION > (major) ||     \
   (V8_MAJOR_VERSION == (major) && V8_MINOR_VERSION >= (minor)))

static_assert(V8SHIM_V8_FROM(10, 2), "V8 10.2 or later is needed");

namespace v8shim {

// A flag that V8 does not know makes it print to stderr, so each is given only
// to the versions that have it.
inline constexpr const char* kVersionFlags[] = {
#if !V8SHIM_V8_FROM(12, 0)
    // "import ... assert"
    "--harmony-import-assertions",
#endif
#if V8SHIM_V8_FROM(11, 1) && !V8SHIM_V8_FROM(12, 0)
    // Resizable buffers reserve pages behind the buffer allocator's back.
    "--no-harmony-rab-gsab",
#endif
    nullptr,
};

#if V8SHIM_V8_FROM(10, 4)
using OomDetail = const v8::OOMDetails&;
inline bool IsHeapOom(OomDetail detail) { return detail.is_heap_oom; }
#else
using OomDetail = bool;
inline bool IsHeapOom(OomDetail detail) { return detail; }
#endif

#if V8SHIM_V8_FROM(10, 4)
// PostJob() is CreateJob() and a first notification.
#define V8SHIM_PLATFORM_HAS_CREATE_JOB 1
#else
#define V8SHIM_PLATFORM_HAS_CREATE_JOB 0
#endif

// V8 12.4 made embedders override the Impl functions instead.
#define V8SHIM_PLATFORM_HAS_IMPL V8SHIM_V8_FROM(12, 2)

inline v8::Local<v8::Value> GetContinuationData(
    [[maybe_unused]] v8::Isolate* isolate,
    [[maybe_unused]] v8::Local<v8::Context> context) {
#if V8SHIM_V8_FROM(12, 0)
  return isolate->GetContinuationPreservedEmbedderData();
#else
  return context->GetContinuationPreservedEmbedderData();
#endif
}

inline void SetContinuationData([[maybe_unused]] v8::Isolate* isolate,
                                [[maybe_unused]] v8::Local<v8::Context> context,
                                v8::Local<v8::Value> value) {
#if V8SHIM_V8_FROM(12, 0)
  isolate->SetContinuationPreservedEmbedderData(value);
#else
  context->SetContinuationPreservedEmbedderData(value);
#endif
}

inline v8::ScriptOrigin NewOrigin([[maybe_unused]] v8::Isolate* isolate,
                                  v8::Local<v8::Value> name, bool is_module) {
#if V8SHIM_V8_FROM(12, 0)
  return v8::ScriptOrigin(name, 0, 0, false, -1, v8::Local<v8::Value>(), false,
                          false, is_module);
#else
  return v8::ScriptOrigin(isolate, name, 0, 0, false, -1,
                          v8::Local<v8::Value>(), false, false, is_module);
#endif
}

// As UTF-8 with lone surrogates replaced, no NUL, only whole characters.
// Returns the bytes written; *units becomes the UTF-16 units consumed.
inline size_t WriteUtf8(v8::Isolate* isolate, v8::Local<v8::String> string,
                        char* out, size_t size, int* units = nullptr) {
  if (size > INT_MAX) size = INT_MAX;
  return static_cast<size_t>(string->WriteUtf8(
      isolate, out, static_cast<int>(size), units,
      v8::String::NO_NULL_TERMINATION | v8::String::REPLACE_INVALID_UTF8));
}

// A part of the string, which lies within it; "out" has room.
inline void WriteOneByte(v8::Isolate* isolate, v8::Local<v8::String> string,
                         uint8_t* out, int start, int length) {
  string->WriteOneByte(isolate, out, start, length,
                       v8::String::NO_NULL_TERMINATION);
}

inline void WriteTwoByte(v8::Isolate* isolate, v8::Local<v8::String> string,
                         uint16_t* out, int start, int length) {
  string->Write(isolate, out, start, length, v8::String::NO_NULL_TERMINATION);
}

inline void WriteOneByte(v8::Isolate* isolate, v8::Local<v8::String> string,
                         uint8_t* out) {
  WriteOneByte(isolate, string, out, 0, string->Length());
}

inline void WriteTwoByte(v8::Isolate* isolate, v8::Local<v8::String> string,
                         uint16_t* out) {
  WriteTwoByte(isolate, string, out, 0, string->Length());
}

}  // namespace v8shim

#endif  // V8SHIM_COMPAT_H_
