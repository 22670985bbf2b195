// Values on their way between JavaScript and C: op calls and conversions.

#include <stdlib.h>
#include <string.h>

#include "v8shim/internal.h"

namespace v8shim {

namespace {

constexpr size_t kStackBytes = 4096;

// Converted arguments of one op call; frees what it had to allocate.
class OpArguments {
 public:
  explicit OpArguments(v8::Isolate* isolate) : isolate_(isolate) {}
  ~OpArguments() {
    for (int i = 0; i < allocated_count_; i++) free(allocated_[i]);
  }

  OpArguments(const OpArguments&) = delete;
  OpArguments& operator=(const OpArguments&) = delete;

  // Converts argument "index" as "letter" of the op's signature says.
  // nullptr, or what it should have been.
  const char* Convert(int index, char letter, v8::Local<v8::Value> value);

  const v8shim_value_t* values() const { return values_; }

 private:
  const char* ConvertString(v8shim_value_t* to, bool latin1,
                            v8::Local<v8::Value> value);
  uint8_t* Reserve(size_t size);

  v8::Isolate* const isolate_;
  v8shim_value_t values_[kMaxOpArgs];
  Bytes bytes_[kMaxOpArgs];
  void* allocated_[kMaxOpArgs];
  int allocated_count_ = 0;
  size_t stack_used_ = 0;
  uint8_t stack_[kStackBytes];
};

const char* OpArguments::Convert(int index, char letter,
                                 v8::Local<v8::Value> value) {
  v8shim_value_t* to = &values_[index];
  to->number = 0;
  to->bytes = {nullptr, 0};
  to->external = 0;

  if (letter >= 'A' && letter <= 'Z') {
    if (value->IsNullOrUndefined()) {
      to->type = V8SHIM_UNDEFINED;
      return nullptr;
    }
    letter = static_cast<char>(letter - 'A' + 'a');
  }

  switch (letter) {
    case 'n':
      if (!value->IsNumber()) return "a number";
      to->type = V8SHIM_NUMBER;
      to->number = value.As<v8::Number>()->Value();
      return nullptr;

    case 'b':
      if (!bytes_[index].Borrow(value)) return "a Uint8Array or ArrayBuffer";
      to->type = V8SHIM_BYTES;
      to->bytes = bytes_[index].span();
      return nullptr;

    case 'w':
      if (!value->IsArrayBuffer()) return "an ArrayBuffer";
      bytes_[index].Borrow(value);
      to->type = V8SHIM_BYTES;
      to->bytes = bytes_[index].span();
      return nullptr;

    case 's':
      return ConvertString(to, true, value);

    default:
      return ConvertString(to, false, value);
  }
}

const char* OpArguments::ConvertString(v8shim_value_t* to, bool latin1,
                                       v8::Local<v8::Value> value) {
  if (!value->IsString()) return "a string";
  v8::Local<v8::String> string = value.As<v8::String>();
  const size_t length = static_cast<size_t>(string->Length());

  if (latin1) {
    if (!string->ContainsOnlyOneByte()) return "a string of Latin-1 characters";
    uint8_t* out = Reserve(length);
    if (out == nullptr) return "shorter";
    WriteOneByte(isolate_, string, out);
    to->type = V8SHIM_LATIN1;
    to->bytes = {out, length};
    return nullptr;
  }

  // Room for the worst case costs less than a look at all characters first,
  // as long as it is on the stack.
  size_t room = length * (string->IsOneByte() ? 2 : 3);
  if (room > kStackBytes - stack_used_) {
    room = static_cast<size_t>(string->Utf8Length(isolate_));
  }
  uint8_t* out = Reserve(room);
  if (out == nullptr) return "shorter";
  const size_t size =
      WriteUtf8(isolate_, string, reinterpret_cast<char*>(out), room);
  to->type = V8SHIM_UTF8;
  to->bytes = {out, size};
  return nullptr;
}

uint8_t* OpArguments::Reserve(size_t size) {
  if (size <= kStackBytes - stack_used_) {
    uint8_t* out = stack_ + stack_used_;
    stack_used_ += size;
    return out;
  }

  void* out = malloc(size);
  if (out != nullptr) allocated_[allocated_count_++] = out;
  return static_cast<uint8_t*>(out);
}

std::string_view View(v8shim_span_t span) {
  return {reinterpret_cast<const char*>(span.data), span.size};
}

void SetString(const v8::FunctionCallbackInfo<v8::Value>& info,
               v8::MaybeLocal<v8::String> maybe) {
  v8::Local<v8::String> string;
  if (maybe.ToLocal(&string)) {
    info.GetReturnValue().Set(string);
  } else {
    ThrowRangeError(info.GetIsolate(), "Invalid string length");
  }
}

void SetResult(const v8::FunctionCallbackInfo<v8::Value>& info,
               const v8shim_value_t& result) {
  v8::Isolate* isolate = info.GetIsolate();
  v8::Local<v8::Value> value;

  switch (result.type) {
    case V8SHIM_UNDEFINED:
      return;
    case V8SHIM_NUMBER:
      info.GetReturnValue().Set(result.number);
      return;
    case V8SHIM_BYTES:
      if (NewBytes(isolate, result.bytes).ToLocal(&value)) {
        info.GetReturnValue().Set(value);
      }
      return;
    case V8SHIM_LATIN1:
      if (result.bytes.size > v8::String::kMaxLength) {
        SetString(info, v8::MaybeLocal<v8::String>());
        return;
      }
      SetString(info,
                v8::String::NewFromOneByte(
                    isolate, result.bytes.data, v8::NewStringType::kNormal,
                    static_cast<int>(result.bytes.size)));
      return;
    case V8SHIM_UTF8:
      SetString(info, DecodeUtf8(isolate, result.bytes));
      return;
    case V8SHIM_UTF16:
      if (result.bytes.size / 2 > v8::String::kMaxLength) {
        SetString(info, v8::MaybeLocal<v8::String>());
        return;
      }
      SetString(info, v8::String::NewFromTwoByte(
                          isolate,
                          reinterpret_cast<const uint16_t*>(result.bytes.data),
                          v8::NewStringType::kNormal,
                          static_cast<int>(result.bytes.size / 2)));
      return;
    case V8SHIM_ERROR:
      ThrowError(isolate, View(result.bytes));
      return;
    case V8SHIM_TYPE_ERROR:
      ThrowTypeError(isolate, View(result.bytes));
      return;
    case V8SHIM_RANGE_ERROR:
    case V8SHIM_FULL:
      ThrowRangeError(isolate, View(result.bytes));
      return;
  }
}

// The part of CallOp() that fails; apart, as it is long and never hot.
void ThrowBadArgument(v8::Isolate* isolate, const v8shim_op_t& op, int index,
                      const char* expected) {
  std::string message = op.name;
  message += ": argument ";
  message += std::to_string(index + 1);
  message += " must be ";
  message += expected;
  ThrowTypeError(isolate, message);
}

void FreeBuffer(void* data, size_t size, void* allocator) {
  static_cast<BufferAllocator*>(allocator)->Free(data, size);
}

v8::Local<v8::String> NewMessage(v8::Isolate* isolate, std::string_view text) {
  v8::Local<v8::String> message;
  if (!DecodeUtf8(isolate,
                  {reinterpret_cast<const uint8_t*>(text.data()), text.size()})
           .ToLocal(&message)) {
    message = v8::String::Empty(isolate);
  }
  return message;
}

}  // namespace

bool Bytes::Borrow(v8::Local<v8::Value> value) {
  if (value->IsArrayBufferView()) {
    v8::Local<v8::ArrayBufferView> view = value.As<v8::ArrayBufferView>();
    const size_t size = view->ByteLength();
    if (size <= kMaxOnHeap && !view->HasBuffer()) {
      span_ = {small_, view->CopyContents(small_, kMaxOnHeap)};
      return true;
    }
    const uint8_t* data = static_cast<const uint8_t*>(view->Buffer()->Data());
    span_ = {size == 0 ? nullptr : data + view->ByteOffset(), size};
    return true;
  }

  if (value->IsArrayBuffer()) {
    v8::Local<v8::ArrayBuffer> buffer = value.As<v8::ArrayBuffer>();
    span_ = {static_cast<const uint8_t*>(buffer->Data()), buffer->ByteLength()};
    return true;
  }

  return false;
}

void CallOp(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  v8shim_isolate_s* iso = FromIsolate(isolate);
  const size_t index =
      static_cast<size_t>(info.Data().As<v8::Int32>()->Value());
  const v8shim_op_t& op = process.config.ops[index];
  const int count = process.op_lengths[index];

  if (iso->building) {
    ThrowError(isolate, std::string(op.name) +
                            ": not while the snapshot is "
                            "built");
    return;
  }

  OpArguments arguments(isolate);
  for (int i = 0; i < count; i++) {
    const char* expected = arguments.Convert(i, op.args[i], info[i]);
    if (expected != nullptr) {
      ThrowBadArgument(isolate, op, i, expected);
      return;
    }
  }

  iso->watches.Forget(iso);

  v8shim_value_t result = {V8SHIM_UNDEFINED, 0, {nullptr, 0}, 0};
  op.call(iso->config.user, arguments.values(), &result);

  if (result.type == V8SHIM_FULL) {
    isolate->LowMemoryNotification();
    iso->watches.Forget(iso);
    result = {V8SHIM_UNDEFINED, 0, {nullptr, 0}, 0};
    op.call(iso->config.user, arguments.values(), &result);
  }

  SetResult(info, result);

  // Last: it may collect garbage, and what was watched with it.
  if (result.external != 0) {
    isolate->AdjustAmountOfExternalAllocatedMemory(result.external);
  }
}

v8::Local<v8::Value> AdoptBytes(v8::Isolate* isolate, void* data, size_t size) {
  std::unique_ptr<v8::BackingStore> store = v8::ArrayBuffer::NewBackingStore(
      data, size, FreeBuffer, &FromIsolate(isolate)->buffers);
  return v8::Uint8Array::New(v8::ArrayBuffer::New(isolate, std::move(store)), 0,
                             size);
}

v8::MaybeLocal<v8::Value> NewBytes(v8::Isolate* isolate, v8shim_span_t bytes) {
  v8shim_isolate_s* iso = FromIsolate(isolate);

  if (bytes.size > 0 && bytes.size <= v8::TypedArray::kMaxLength) {
    void* data = iso->buffers.AllocateUninitialized(bytes.size);
    if (data != nullptr) {
      memcpy(data, bytes.data, bytes.size);
      return AdoptBytes(isolate, data, bytes.size);
    }
  }

  // Out of buffer memory, or almost: JavaScript's own way collects garbage
  // and then throws, where V8's C++ functions would end the process.
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  v8::Local<v8::Function> constructor;
  v8::Local<v8::Object> array;
  v8::Local<v8::Value> size =
      v8::Number::New(isolate, static_cast<double>(bytes.size));
  if (!GetFunction(iso, kUint8Array).ToLocal(&constructor) ||
      !constructor->NewInstance(context, 1, &size).ToLocal(&array)) {
    return v8::MaybeLocal<v8::Value>();
  }
  if (bytes.size > 0) {
    v8::Local<v8::ArrayBuffer> buffer = array.As<v8::Uint8Array>()->Buffer();
    memcpy(buffer->Data(), bytes.data, bytes.size);
  }
  return array;
}

v8::Local<v8::String> NewText(v8::Isolate* isolate, std::string_view text) {
  return v8::String::NewFromUtf8(isolate, text.data(),
                                 v8::NewStringType::kInternalized,
                                 static_cast<int>(text.size()))
      .ToLocalChecked();
}

void ThrowError(v8::Isolate* isolate, std::string_view message) {
  isolate->ThrowException(v8::Exception::Error(NewMessage(isolate, message)));
}

void ThrowTypeError(v8::Isolate* isolate, std::string_view message) {
  isolate->ThrowException(
      v8::Exception::TypeError(NewMessage(isolate, message)));
}

void ThrowRangeError(v8::Isolate* isolate, std::string_view message) {
  isolate->ThrowException(
      v8::Exception::RangeError(NewMessage(isolate, message)));
}

}  // namespace v8shim
