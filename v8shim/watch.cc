// What JavaScript has forgotten: the net under native objects.
//
// Not a FinalizationRegistry: its callbacks are tasks, which wait for the
// event's end, and a loop that makes and forgets objects would use up all that
// a worker may have long before.  Weak handles are told during the collection.

#include "v8shim/internal.h"

namespace v8shim {

namespace {

constexpr double kMaxId = 9007199254740991.0;

}  // namespace

void Watches::Add(v8::Isolate* isolate, v8::Local<v8::Object> object,
                  uint64_t id) {
  const auto [entry, added] = alive_.try_emplace(id, isolate, object);
  if (!added) return;
  entry->second.SetWeak(reinterpret_cast<void*>(static_cast<uintptr_t>(id)),
                        OnCollected, v8::WeakCallbackType::kParameter);
}

// V8 is in a collection: nothing but the handle may be touched.
void Watches::OnCollected(const v8::WeakCallbackInfo<void>& info) {
  Watches* watches = &FromIsolate(info.GetIsolate())->watches;
  const uint64_t id = reinterpret_cast<uintptr_t>(info.GetParameter());
  watches->alive_.erase(id);
  watches->gone_.push_back(id);
}

void Watches::Forget(v8shim_isolate_s* iso) {
  if (gone_.empty()) return;

  std::vector<uint64_t> gone;
  gone.swap(gone_);
  size_t bytes = 0;
  for (const uint64_t id : gone) {
    bytes += iso->config.forget(iso->config.user, id);
  }
  iso->isolate->AdjustAmountOfExternalAllocatedMemory(
      -static_cast<int64_t>(bytes));
}

// watch(object, id)
void Watch(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  v8shim_isolate_s* iso = FromIsolate(isolate);
  const double id = info[1]->IsNumber() ? info[1].As<v8::Number>()->Value() : 0;

  if (!info[0]->IsObject() || !(id >= 1 && id <= kMaxId)) {
    ThrowTypeError(isolate, "watch: not an object and an id");
    return;
  }
  if (iso->building) {
    ThrowError(isolate, "watch: not while the snapshot is built");
    return;
  }
  iso->watches.Add(isolate, info[0].As<v8::Object>(),
                   static_cast<uint64_t>(id));
}

}  // namespace v8shim
