// Shared memories of WebAssembly: V8 counts them to no isolate, so no limit
// would hold for them, and there is no second thread to share one with.  Newer
// versions have no flag that forbids them.

#include "v8shim/internal.h"

namespace v8shim {

namespace {

// The binary format: https://webassembly.github.io/spec/core/binary/
constexpr size_t kPreamble = 8;
constexpr uint8_t kMemorySection = 5;

// Flags of limits.
constexpr uint8_t kHasMaximum = 1;
constexpr uint8_t kMemory64 = 4;

class Reader {
 public:
  Reader(const uint8_t* data, size_t size) : p_(data), end_(data + size) {}

  size_t left() const { return static_cast<size_t>(end_ - p_); }

  bool Byte(uint8_t* byte) {
    if (p_ == end_) return false;
    *byte = *p_++;
    return true;
  }

  // LEB128, of 64 bits at most.
  bool Number(uint64_t* number) {
    *number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      uint8_t byte;
      if (!Byte(&byte)) return false;
      *number |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return true;
    }
    return false;
  }

  bool Skip(uint64_t size, const uint8_t** skipped) {
    if (size > left()) return false;
    *skipped = p_;
    p_ += size;
    return true;
  }

 private:
  const uint8_t* p_;
  const uint8_t* const end_;
};

bool OnlyOrdinary(Reader memories) {
  uint64_t count;
  if (!memories.Number(&count)) return false;
  for (; count > 0; count--) {
    uint8_t flags;
    uint64_t pages;
    if (!memories.Byte(&flags) || (flags & ~(kHasMaximum | kMemory64)) != 0 ||
        !memories.Number(&pages) ||
        ((flags & kHasMaximum) != 0 && !memories.Number(&pages))) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool DefinesSharedMemory(v8shim_span_t bytes) {
  if (bytes.size < kPreamble) return false;
  Reader module(bytes.data + kPreamble, bytes.size - kPreamble);
  uint8_t id;
  while (module.Byte(&id)) {
    uint64_t size;
    const uint8_t* section;
    // V8 says what is wrong.
    if (!module.Number(&size) || !module.Skip(size, &section)) return false;
    if (id == kMemorySection && !OnlyOrdinary(Reader(section, size))) {
      return true;
    }
  }
  return false;
}

}  // namespace v8shim
