// Text: UTF-8 and Latin-1 to JavaScript's strings and back.

#include <string.h>

#include "v8shim/internal.h"

namespace v8shim {

namespace {

// What utf8EncodeInto() writes at most in one call: written * 2^32 + read is
// exact in a double only up to 2^53.
constexpr size_t kMaxEncodeInto = 1 << 20;

constexpr uint64_t kHighBits = 0x8080808080808080;

bool IsTail(uint8_t byte, uint8_t low = 0x80, uint8_t high = 0xbf) {
  return byte >= low && byte <= high;
}

// Length of the valid sequence at "p", or 0.  Table 3-7 of the Unicode
// standard.
size_t SequenceLength(const uint8_t* p, size_t size) {
  const uint8_t lead = p[0];
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || size < 2) return 0;
  if (lead < 0xe0) return IsTail(p[1]) ? 2 : 0;

  if (lead < 0xf0) {
    const uint8_t low = lead == 0xe0 ? 0xa0 : 0x80;
    const uint8_t high = lead == 0xed ? 0x9f : 0xbf;
    return size >= 3 && IsTail(p[1], low, high) && IsTail(p[2]) ? 3 : 0;
  }

  if (lead > 0xf4) return 0;
  const uint8_t low = lead == 0xf0 ? 0x90 : 0x80;
  const uint8_t high = lead == 0xf4 ? 0x8f : 0xbf;
  return size >= 4 && IsTail(p[1], low, high) && IsTail(p[2]) && IsTail(p[3])
             ? 4
             : 0;
}

bool IsValidUtf8(const uint8_t* data, size_t size) {
  size_t at = 0;
  while (at < size) {
    const size_t length = SequenceLength(data + at, size - at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

v8::MaybeLocal<v8::String> NewOneByte(v8::Isolate* isolate,
                                      v8shim_span_t bytes) {
  if (bytes.size > v8::String::kMaxLength) {
    return v8::MaybeLocal<v8::String>();
  }
  return v8::String::NewFromOneByte(isolate, bytes.data,
                                    v8::NewStringType::kNormal,
                                    static_cast<int>(bytes.size));
}

// For UTF-8 text the sizes of which are known: writes all of "string".
bool EncodeAscii(v8::Isolate* isolate, v8::Local<v8::String> string,
                 v8::Local<v8::Value>* out) {
  BufferAllocator* buffers = &FromIsolate(isolate)->buffers;
  const size_t size = static_cast<size_t>(string->Length());
  uint8_t* data = static_cast<uint8_t*>(buffers->AllocateUninitialized(size));
  if (data == nullptr) return false;

  WriteOneByte(isolate, string, data);
  if (!IsAscii(data, size)) {
    buffers->Free(data, size);
    return false;
  }

  *out = AdoptBytes(isolate, data, size);
  return true;
}

}  // namespace

bool IsAscii(const uint8_t* data, size_t size) {
  uint64_t word, bits = 0;
  size_t at = 0;
  for (; at + 32 <= size; at += 32) {
    uint64_t words[4];
    memcpy(words, data + at, sizeof(words));
    bits = words[0] | words[1] | words[2] | words[3];
    if ((bits & kHighBits) != 0) return false;
  }
  for (; at + sizeof(word) <= size; at += sizeof(word)) {
    memcpy(&word, data + at, sizeof(word));
    bits |= word;
  }
  for (; at < size; at++) bits |= data[at];
  return (bits & kHighBits) == 0;
}

v8::MaybeLocal<v8::String> DecodeUtf8(v8::Isolate* isolate,
                                      v8shim_span_t bytes) {
  if (bytes.size == 0) return v8::String::Empty(isolate);
  if (IsAscii(bytes.data, bytes.size)) return NewOneByte(isolate, bytes);
  if (bytes.size > INT_MAX) return v8::MaybeLocal<v8::String>();

  return v8::String::NewFromUtf8(
      isolate, reinterpret_cast<const char*>(bytes.data),
      v8::NewStringType::kNormal, static_cast<int>(bytes.size));
}

std::string ToUtf8(v8::Isolate* isolate, v8::Local<v8::String> string) {
  std::string out(static_cast<size_t>(string->Utf8Length(isolate)), '\0');
  WriteUtf8(isolate, string, out.data(), out.size());
  return out;
}

// utf8Encode(string)
void Utf8Encode(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  if (!info[0]->IsString()) {
    ThrowTypeError(isolate, "utf8Encode: not a string");
    return;
  }

  v8::Local<v8::String> string = info[0].As<v8::String>();
  v8::Local<v8::Value> bytes;
  if (string->Length() > 0 && string->IsOneByte() &&
      EncodeAscii(isolate, string, &bytes)) {
    info.GetReturnValue().Set(bytes);
    return;
  }

  BufferAllocator* buffers = &FromIsolate(isolate)->buffers;
  const size_t size = static_cast<size_t>(string->Utf8Length(isolate));
  void* data = size == 0 ? nullptr : buffers->AllocateUninitialized(size);
  if (data != nullptr) {
    WriteUtf8(isolate, string, static_cast<char*>(data), size);
    info.GetReturnValue().Set(AdoptBytes(isolate, data, size));
    return;
  }

  // Empty, or short of memory: the slow way knows what to do.
  const std::string text = ToUtf8(isolate, string);
  if (NewBytes(isolate,
               {reinterpret_cast<const uint8_t*>(text.data()), text.size()})
          .ToLocal(&bytes)) {
    info.GetReturnValue().Set(bytes);
  }
}

// utf8EncodeInto(string, uint8Array): written * 2^32 + read
void Utf8EncodeInto(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  if (!info[0]->IsString() || !info[1]->IsUint8Array()) {
    ThrowTypeError(isolate, "utf8EncodeInto: not a string and a Uint8Array");
    return;
  }

  v8::Local<v8::Uint8Array> array = info[1].As<v8::Uint8Array>();
  size_t room = array->ByteLength();
  if (room > kMaxEncodeInto) room = kMaxEncodeInto;

  // Buffer() moves the bytes out of V8's heap, where they could not be
  // written to in place.
  size_t written = 0;
  int units = 0;
  if (room > 0) {
    char* data = static_cast<char*>(array->Buffer()->Data());
    written = WriteUtf8(isolate, info[0].As<v8::String>(),
                        data + array->ByteOffset(), room, &units);
  }
  info.GetReturnValue().Set(static_cast<double>(written) * 4294967296.0 +
                            units);
}

// utf8Decode(bytes, fatal, ignoreBOM)
void Utf8Decode(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  Bytes bytes;
  if (!bytes.Borrow(info[0])) {
    ThrowTypeError(isolate, "utf8Decode: not a Uint8Array or ArrayBuffer");
    return;
  }

  v8shim_span_t span = bytes.span();
  if (!info[2]->IsTrue() && span.size >= 3 &&
      memcmp(span.data, "\xef\xbb\xbf", 3) == 0) {
    span = {span.data + 3, span.size - 3};
  }
  if (info[1]->IsTrue() && !IsValidUtf8(span.data, span.size)) {
    ThrowTypeError(isolate, "The encoded data was not valid UTF-8");
    return;
  }

  v8::Local<v8::String> string;
  if (DecodeUtf8(isolate, span).ToLocal(&string)) {
    info.GetReturnValue().Set(string);
  } else {
    ThrowRangeError(isolate, "Invalid string length");
  }
}

// latin1Decode(bytes)
void Latin1Decode(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  Bytes bytes;
  if (!bytes.Borrow(info[0])) {
    ThrowTypeError(isolate, "latin1Decode: not a Uint8Array or ArrayBuffer");
    return;
  }

  v8::Local<v8::String> string;
  if (bytes.span().size == 0) {
    info.GetReturnValue().SetEmptyString();
  } else if (NewOneByte(isolate, bytes.span()).ToLocal(&string)) {
    info.GetReturnValue().Set(string);
  } else {
    ThrowRangeError(isolate, "Invalid string length");
  }
}

}  // namespace v8shim
