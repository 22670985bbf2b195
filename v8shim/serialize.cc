// Structured clone, in V8's own format.

#include "v8shim/internal.h"

// v8::Nothing() copies a value that it never sets; with sanitizers GCC says so.
#pragma GCC diagnostic ignored "-Wuninitialized"

namespace v8shim {

namespace {

void ThrowDataClone(v8::Isolate* isolate, v8::Local<v8::String> message) {
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  v8::Local<v8::Object> error = v8::Exception::Error(message).As<v8::Object>();
  error
      ->DefineOwnProperty(context, NewText(isolate, "name"),
                          NewText(isolate, "DataCloneError"), v8::DontEnum)
      .FromMaybe(false);
  isolate->ThrowException(error);
}

void ThrowDataClone(v8::Isolate* isolate, std::string_view message) {
  ThrowDataClone(isolate, NewText(isolate, message));
}

// Refuses what has a meaning only inside its isolate.
class Writer final : public v8::ValueSerializer::Delegate {
 public:
  explicit Writer(v8::Isolate* isolate) : isolate_(isolate) {}

  void ThrowDataCloneError(v8::Local<v8::String> message) override {
    ThrowDataClone(isolate_, message);
  }

  v8::Maybe<bool> WriteHostObject(v8::Isolate* isolate,
                                  v8::Local<v8::Object>) override {
    ThrowDataClone(isolate, "A host object could not be cloned.");
    return v8::Nothing<bool>();
  }

  v8::Maybe<uint32_t> GetSharedArrayBufferId(
      v8::Isolate* isolate, v8::Local<v8::SharedArrayBuffer>) override {
    ThrowDataClone(isolate, "#<SharedArrayBuffer> could not be cloned.");
    return v8::Nothing<uint32_t>();
  }

  v8::Maybe<uint32_t> GetWasmModuleTransferId(
      v8::Isolate* isolate, v8::Local<v8::WasmModuleObject>) override {
    ThrowDataClone(isolate, "#<Module> could not be cloned.");
    return v8::Nothing<uint32_t>();
  }

  // Counted like ArrayBuffers: a value may be written many times larger than
  // it is in V8's heap.
  void* ReallocateBufferMemory(void* old, size_t size,
                               size_t* actual_size) override {
    BufferAllocator* buffers = &FromIsolate(isolate_)->buffers;
    void* data = buffers->AllocateUninitialized(size);
    if (data == nullptr) return nullptr;
    if (old != nullptr) {
      memcpy(data, old, size_ < size ? size_ : size);
      buffers->Free(old, size_);
    }
    size_ = size;
    *actual_size = size;
    return data;
  }

  void FreeBufferMemory(void* buffer) override {
    if (buffer != nullptr) FromIsolate(isolate_)->buffers.Free(buffer, size_);
  }

 private:
  v8::Isolate* const isolate_;
  // of V8's one buffer
  size_t size_ = 0;
};

}  // namespace

// serialize(value)
void Serialize(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  Writer writer(isolate);
  v8::ValueSerializer serializer(isolate, &writer);

  serializer.WriteHeader();
  if (!serializer.WriteValue(isolate->GetCurrentContext(), info[0])
           .FromMaybe(false)) {
    return;
  }

  const std::pair<uint8_t*, size_t> written = serializer.Release();
  v8::Local<v8::Value> bytes;
  if (NewBytes(isolate, {written.first, written.second}).ToLocal(&bytes)) {
    info.GetReturnValue().Set(bytes);
  }
  writer.FreeBufferMemory(written.first);
}

// deserialize(bytes)
void Deserialize(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  Bytes bytes;
  if (!bytes.Borrow(info[0])) {
    ThrowTypeError(isolate, "deserialize: not a Uint8Array or ArrayBuffer");
    return;
  }

  v8::ValueDeserializer deserializer(isolate, bytes.span().data,
                                     bytes.span().size);
  v8::Local<v8::Value> value;
  if (deserializer.ReadHeader(context).FromMaybe(false) &&
      deserializer.ReadValue(context).ToLocal(&value)) {
    info.GetReturnValue().Set(value);
  }
}

// transfer(buffer): its memory as a new ArrayBuffer; the old one is detached
void Transfer(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  if (!info[0]->IsArrayBuffer() ||
      !info[0].As<v8::ArrayBuffer>()->IsDetachable()) {
    ThrowTypeError(isolate,
                   "transfer: not an ArrayBuffer that can be detached");
    return;
  }

  v8::Local<v8::ArrayBuffer> buffer = info[0].As<v8::ArrayBuffer>();
  std::shared_ptr<v8::BackingStore> memory = buffer->GetBackingStore();
  buffer->Detach();
  info.GetReturnValue().Set(v8::ArrayBuffer::New(isolate, std::move(memory)));
}

}  // namespace v8shim
