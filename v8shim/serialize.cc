// What structured clone needs of V8: the kinds of values, and V8's own format.
// The runtime copies a value by the standard's rules before it is written, so
// that only plain ones come here, and host objects: what the runtime puts in
// the place of a platform object, a tag and its parts.

#include "v8shim/internal.h"

// v8::Nothing() copies a value that it never sets; with sanitizers GCC says so.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

namespace v8shim {

namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

constexpr int kTagField = 0;
constexpr int kPartsField = 1;
constexpr int kHostFields = 2;

// What cloneKind() answers; runtime/native.js has the same numbers.
enum Kind {
  kPlain = 0,
  kArray = 1,
  kUncloneable = 2,
  kBoolean = 3,
  kNumber = 4,
  kString = 5,
  kBigInt = 6,
  kDate = 7,
  kRegExp = 8,
  kArrayBuffer = 9,
  kView = 10,
  kMap = 11,
  kSet = 12,
  kError = 13,
};

// By internal slots: no prototype and no Symbol.toStringTag is asked.
Kind CloneKindOf(v8::Local<v8::Value> value) {
  if (value->IsArray()) return kArray;
  if (value->IsFunction() || value->IsProxy()) return kUncloneable;
  if (value->IsMap()) return kMap;
  if (value->IsSet()) return kSet;
  if (value->IsDate()) return kDate;
  if (value->IsArrayBuffer()) return kArrayBuffer;
  if (value->IsArrayBufferView()) return kView;
  if (value->IsNativeError()) return kError;
  if (value->IsRegExp()) return kRegExp;
  if (value->IsBooleanObject()) return kBoolean;
  if (value->IsNumberObject()) return kNumber;
  if (value->IsStringObject()) return kString;
  if (value->IsBigIntObject()) return kBigInt;
  if (value->IsSymbolObject() || value->IsPromise() || value->IsWeakMap() ||
      value->IsWeakSet() || value->IsGeneratorObject() ||
      value->IsArgumentsObject() || value->IsMapIterator() ||
      value->IsSetIterator() || value->IsModuleNamespaceObject() ||
      value->IsSharedArrayBuffer() || value->IsWasmMemoryObject() ||
      value->IsWasmModuleObject() || value->IsExternal() ||
      value.As<v8::Object>()->InternalFieldCount() > 0) {
    return kUncloneable;
  }
  return kPlain;
}

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

  // Before anything is written.
  void SetSerializer(v8::ValueSerializer* serializer) {
    serializer_ = serializer;
  }

  void ThrowDataCloneError(v8::Local<v8::String> message) override {
    ThrowDataClone(isolate_, message);
  }

  v8::Maybe<bool> WriteHostObject(v8::Isolate* isolate,
                                  v8::Local<v8::Object> object) override {
    if (object->InternalFieldCount() != kHostFields) {
      ThrowDataClone(isolate, "A host object could not be cloned.");
      return v8::Nothing<bool>();
    }
    serializer_->WriteUint32(object->GetInternalField(kTagField)
                                 .As<v8::Value>()
                                 .As<v8::Uint32>()
                                 ->Value());
    return serializer_->WriteValue(
        isolate->GetCurrentContext(),
        object->GetInternalField(kPartsField).As<v8::Value>());
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
  v8::ValueSerializer* serializer_ = nullptr;
  // of V8's one buffer
  size_t size_ = 0;
};

// Asks the runtime to make an object again of its tag and its parts, which
// another isolate has written and may have made up.
class Reader final : public v8::ValueDeserializer::Delegate {
 public:
  explicit Reader(v8::Local<v8::Function> make) : make_(make) {}

  // Before anything is read.
  void SetDeserializer(v8::ValueDeserializer* deserializer) {
    deserializer_ = deserializer;
  }

  v8::MaybeLocal<v8::Object> ReadHostObject(v8::Isolate* isolate) override {
    v8::Local<v8::Context> context = isolate->GetCurrentContext();
    uint32_t tag;
    v8::Local<v8::Value> parts, made;
    if (make_.IsEmpty() || !deserializer_->ReadUint32(&tag)) {
      ThrowDataClone(isolate, "Unable to deserialize cloned data.");
      return v8::MaybeLocal<v8::Object>();
    }
    if (!deserializer_->ReadValue(context).ToLocal(&parts)) {
      return v8::MaybeLocal<v8::Object>();
    }

    // V8 forbids it while it reads, but for this.
    v8::Isolate::AllowJavascriptExecutionScope allow(isolate);
    v8::Local<v8::Value> args[] = {v8::Integer::NewFromUnsigned(isolate, tag),
                                   parts};
    if (!make_->Call(context, v8::Undefined(isolate), 2, args).ToLocal(&made)) {
      return v8::MaybeLocal<v8::Object>();
    }
    if (!made->IsObject()) {
      ThrowDataClone(isolate, "Unable to deserialize cloned data.");
      return v8::MaybeLocal<v8::Object>();
    }
    return made.As<v8::Object>();
  }

 private:
  const v8::Local<v8::Function> make_;
  v8::ValueDeserializer* deserializer_ = nullptr;
};

}  // namespace

// cloneKind(object): a Kind
void CloneKind(const Info& info) {
  info.GetReturnValue().Set(info[0]->IsObject() ? CloneKindOf(info[0])
                                                : kUncloneable);
}

// detail(value): its name in messages, by no code of a worker's
void Detail(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  v8::Local<v8::String> text;
  if (info[0]->ToDetailString(isolate->GetCurrentContext()).ToLocal(&text)) {
    info.GetReturnValue().Set(text);
  }
}

// hostObject(tag, parts): stands for a platform object in serialize()
void HostObject(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  v8shim_isolate_s* iso = FromIsolate(isolate);
  if (!info[0]->IsUint32()) {
    ThrowTypeError(isolate, "hostObject: not a tag");
    return;
  }
  if (iso->building) {
    ThrowError(isolate, "hostObject: not while the snapshot is built");
    return;
  }

  if (iso->host_template.IsEmpty()) {
    v8::Local<v8::ObjectTemplate> fresh = v8::ObjectTemplate::New(isolate);
    fresh->SetInternalFieldCount(kHostFields);
    iso->host_template.Reset(isolate, fresh);
  }
  v8::Local<v8::Object> object;
  if (!iso->host_template.Get(isolate)
           ->NewInstance(isolate->GetCurrentContext())
           .ToLocal(&object)) {
    return;
  }
  object->SetInternalField(kTagField, info[0]);
  object->SetInternalField(kPartsField, info[1]);
  info.GetReturnValue().Set(object);
}

// serialize(value)
void Serialize(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  Writer writer(isolate);
  v8::ValueSerializer serializer(isolate, &writer);
  writer.SetSerializer(&serializer);

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

// deserialize(bytes, make): make(tag, parts) returns an object
void Deserialize(const Info& info) {
  v8::Isolate* isolate = info.GetIsolate();
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  Bytes bytes;
  if (!bytes.Borrow(info[0])) {
    ThrowTypeError(isolate, "deserialize: not a Uint8Array or ArrayBuffer");
    return;
  }

  Reader reader(info[1]->IsFunction() ? info[1].As<v8::Function>()
                                      : v8::Local<v8::Function>());
  v8::ValueDeserializer deserializer(isolate, bytes.span().data,
                                     bytes.span().size, &reader);
  reader.SetDeserializer(&deserializer);
  v8::Local<v8::Value> value;
  if (deserializer.ReadHeader(context).FromMaybe(false) &&
      deserializer.ReadValue(context).ToLocal(&value)) {
    info.GetReturnValue().Set(value);
  }
}

// transfer(buffer): its memory as a new ArrayBuffer; the old one is detached
void Transfer(const Info& info) {
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
