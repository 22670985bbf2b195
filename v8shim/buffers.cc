// Memory of ArrayBuffers.

#include <stdlib.h>

#include "v8shim/internal.h"

namespace v8shim {

namespace {

// What V8 and malloc spend on a buffer besides its bytes: many small buffers
// must not cost many times what is counted.
constexpr size_t kOverhead = 128;

// When the buffer of a typed array that lies in V8's heap cannot be allocated,
// V8 ends the process.  So these come always; each also takes more than this
// of V8's heap, whose limit then bounds them.
constexpr size_t kAlways = 64;

}  // namespace

bool BufferAllocator::Take(size_t size) {
  if (size <= kAlways) {
    used_.fetch_add(size + kOverhead, std::memory_order_relaxed);
    return true;
  }

  size_t used = used_.load(std::memory_order_relaxed);
  do {
    if (used > cap_ || size > cap_ - used || cap_ - used - size < kOverhead) {
      return false;
    }
  } while (!used_.compare_exchange_weak(used, used + size + kOverhead,
                                        std::memory_order_relaxed));
  return true;
}

void* BufferAllocator::Allocate(size_t size) {
  if (!Take(size)) return nullptr;
  void* data = calloc(size, 1);
  if (data == nullptr) used_.fetch_sub(size + kOverhead);
  return data;
}

void* BufferAllocator::AllocateUninitialized(size_t size) {
  if (!Take(size)) return nullptr;
  void* data = malloc(size);
  if (data == nullptr) used_.fetch_sub(size + kOverhead);
  return data;
}

void BufferAllocator::Free(void* data, size_t size) {
  free(data);
  used_.fetch_sub(size + kOverhead, std::memory_order_relaxed);
}

}  // namespace v8shim
