// The startup snapshot: our header, the runtime's source text, V8's blob.
//
// The text is a script and any number of chunks, which are run when an isolate
// asks for them: script NUL name NUL chunk NUL name NUL chunk ...
//
// V8 ends the process over a blob that another version made, so the header
// says all that must agree and is looked at first.  The source text stands
// beside the blob instead of in it: so all isolates share it where it is.

#include <elf.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "v8shim/internal.h"

namespace v8shim {

namespace {

constexpr char kMagic[8] = {'v', '8', 's', 'h', 'i', 'm', '0', '1'};
constexpr size_t kAlign = 64;
constexpr char kRuntimeName[] = "dw:runtime";

struct BuildId {
  uint32_t size;
  uint8_t bytes[32];
};

struct Header {
  char magic[8];
  char version[64];
  BuildId build_id;
  uint8_t zero[52];
  uint64_t ops_hash;
  uint64_t source_size;
  uint64_t blob_size;
  uint64_t checksum;  // of all that follows the header
};

static_assert(sizeof(Header) == 192, "no padding");
static_assert(sizeof(Header) % kAlign == 0, "the blob must stay aligned");

uint64_t Mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * 0x9fb21c651e98df25;
  return hash ^ (hash >> 29);
}

// Against accidents, not against people: who can change a snapshot can change
// the engine too.
uint64_t Checksum(const uint8_t* data, size_t size) {
  uint64_t hash = size, word;
  size_t at = 0;
  for (; at + sizeof(word) <= size; at += sizeof(word)) {
    memcpy(&word, data + at, sizeof(word));
    hash = Mix(hash, word);
  }
  word = 0;
  if (at < size) memcpy(&word, data + at, size - at);
  return Mix(hash, word);
}

// An op's place in the table is what its function in the snapshot knows.
uint64_t HashOps(const v8shim_op_t* ops) {
  std::string all;
  for (; ops->name != nullptr; ops++) {
    all.append(ops->name).append("\n").append(ops->args).append("\n");
  }
  return Checksum(reinterpret_cast<const uint8_t*>(all.data()), all.size());
}

size_t Align(size_t size) { return (size + kAlign - 1) & ~(kAlign - 1); }

struct BuildIdSearch {
  uintptr_t address;
  BuildId found;
};

void ReadNotes(const uint8_t* p, size_t size, BuildId* id) {
  ElfW(Nhdr) note;
  while (size >= sizeof(note)) {
    memcpy(&note, p, sizeof(note));
    const size_t name = (size_t{note.n_namesz} + 3) & ~size_t{3};
    const size_t text = (size_t{note.n_descsz} + 3) & ~size_t{3};
    const size_t whole = sizeof(note) + name + text;
    if (whole > size) return;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
        memcmp(p + sizeof(note), "GNU", 4) == 0 &&
        note.n_descsz <= sizeof(id->bytes)) {
      id->size = note.n_descsz;
      memcpy(id->bytes, p + sizeof(note) + name, note.n_descsz);
      return;
    }
    p += whole;
    size -= whole;
  }
}

int VisitObject(dl_phdr_info* info, size_t, void* data) {
  auto* search = static_cast<BuildIdSearch*>(data);
  bool inside = false;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    const uintptr_t start = info->dlpi_addr + segment.p_vaddr;
    inside |= segment.p_type == PT_LOAD && search->address >= start &&
              search->address - start < segment.p_memsz;
  }
  if (!inside) return 0;

  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    ReadNotes(
        reinterpret_cast<const uint8_t*>(info->dlpi_addr + segment.p_vaddr),
        segment.p_memsz, &search->found);
  }
  return 1;
}

// Of the object that V8's code is in: a library that was updated has the same
// version number perhaps, but not the same id.
BuildId V8BuildId() {
  BuildIdSearch search = {};
  // The version string, not the function: its address is never a stub's.
  search.address = reinterpret_cast<uintptr_t>(v8::V8::GetVersion());
  dl_iterate_phdr(VisitObject, &search);
  return search.found;
}

void FillHeader(const v8shim_op_t* ops, Header* header) {
  *header = {};
  memcpy(header->magic, kMagic, sizeof(kMagic));
  strncpy(header->version, v8::V8::GetVersion(), sizeof(header->version) - 1);
  header->build_id = V8BuildId();
  header->ops_hash = HashOps(ops);
}

// The address of this object is what the blob refers to.
SharedText script_text;

std::string_view CutPart(std::string_view* text) {
  const size_t size = text->find('\0');
  const std::string_view part = text->substr(0, size);
  text->remove_prefix(size == text->npos ? text->size() : size + 1);
  return part;
}

v8::MaybeLocal<v8::Value> GetGlobal(v8::Local<v8::Context> context,
                                    const char* name) {
  return context->Global()->Get(context, NewText(context->GetIsolate(), name));
}

// What C++ needs of JavaScript's own, before a worker can change it.
bool KeepBuiltIns(v8::Local<v8::Context> context, v8shim_isolate_s* iso) {
  v8::Isolate* isolate = context->GetIsolate();
  v8::Local<v8::Value> uint8_array, error, prototype, to_string;
  if (!GetGlobal(context, "Uint8Array").ToLocal(&uint8_array) ||
      !GetGlobal(context, "Error").ToLocal(&error) ||
      !error.As<v8::Object>()
           ->Get(context, NewText(isolate, "prototype"))
           .ToLocal(&prototype) ||
      !prototype.As<v8::Object>()
           ->Get(context, NewText(isolate, "toString"))
           .ToLocal(&to_string)) {
    return false;
  }

  for (v8::Global<v8::Value>& data : iso->data) {
    data.Reset(isolate, v8::Undefined(isolate));
  }
  iso->data[kUint8Array].Reset(isolate, uint8_array);
  iso->data[kErrorToString].Reset(isolate, to_string);
  return true;
}

bool RunRuntime(v8::Local<v8::Context> context) {
  v8::Isolate* isolate = context->GetIsolate();
  v8::Local<v8::String> source;
  v8::Local<v8::Script> script;
  v8::ScriptOrigin origin =
      NewOrigin(isolate, NewText(isolate, kRuntimeName), false);
  if (!v8::String::NewExternalOneByte(isolate, &script_text).ToLocal(&source) ||
      !v8::Script::Compile(context, source, &origin).ToLocal(&script) ||
      script->Run(context).IsEmpty()) {
    return false;
  }

  isolate->PerformMicrotaskCheckpoint();
  return context->Global()
      ->Delete(context, NewText(isolate, "native"))
      .FromMaybe(false);
}

// Makes the context that all isolates begin with.
v8shim_status_t FillCreator(v8::SnapshotCreator* creator, v8shim_isolate_s* iso,
                            const std::string& normal_names,
                            v8shim_error_t* error) {
  v8::Isolate* isolate = iso->isolate;
  v8::HandleScope handle_scope(isolate);
  v8::Local<v8::Context> context = v8::Context::New(isolate);
  v8::Context::Scope context_scope(context);
  v8::TryCatch try_catch(isolate);

  SetContextLimits(context);
  const std::string early_names = BuiltInNames(context);
  if (!KeepBuiltIns(context, iso) || !InstallNative(context) ||
      !RunRuntime(context) ||
      !MakeRoomForLateBuiltIns(context, normal_names, early_names)) {
    return Fail(context, try_catch, error);
  }
  if (GetFunction(iso, kDispatch).IsEmpty()) {
    SetError(error, "the runtime called no native.v8.setDispatch()");
    return V8SHIM_FAILED;
  }

  for (v8::Global<v8::Value>& data : iso->data) {
    creator->AddData(context, data.Get(isolate));
    data.Reset();
  }
  creator->SetDefaultContext(context);
  return V8SHIM_OK;
}

// The three parts in one piece of memory; V8's blob is freed.
v8shim_status_t Pack(v8shim_span_t source, v8::StartupData blob, uint8_t** out,
                     size_t* out_size, v8shim_error_t* error) {
  const size_t blob_size = static_cast<size_t>(blob.raw_size);
  const size_t size = sizeof(Header) + Align(source.size) + blob_size;
  auto* data = static_cast<uint8_t*>(calloc(size, 1));
  if (data == nullptr) {
    delete[] blob.data;
    SetError(error, "out of memory");
    return V8SHIM_FAILED;
  }

  uint8_t* p = data + sizeof(Header);
  if (source.size > 0) memcpy(p, source.data, source.size);
  memcpy(p + Align(source.size), blob.data, blob_size);
  delete[] blob.data;

  Header header;
  FillHeader(process.config.ops, &header);
  header.source_size = source.size;
  header.blob_size = blob_size;
  header.checksum = Checksum(p, size - sizeof(Header));
  memcpy(data, &header, sizeof(header));

  *out = data;
  *out_size = size;
  return V8SHIM_OK;
}

// Does the header fit this V8, these ops, and what follows it?
bool CheckHeader(const v8shim_op_t* ops, const Header& header, size_t rest,
                 v8shim_error_t* error) {
  Header wanted;
  FillHeader(ops, &wanted);
  if (memcmp(header.magic, wanted.magic, sizeof(header.magic)) != 0 ||
      memcmp(header.version, wanted.version, sizeof(header.version)) != 0 ||
      memcmp(&header.build_id, &wanted.build_id, sizeof(BuildId)) != 0) {
    SetError(error, "the snapshot was made by another V8");
    return false;
  }
  if (header.ops_hash != wanted.ops_hash) {
    SetError(error, "the snapshot was made with other ops");
    return false;
  }
  if (header.source_size > rest || header.blob_size > INT_MAX ||
      Align(header.source_size) + header.blob_size != rest) {
    SetError(error, "the snapshot is cut off");
    return false;
  }
  return true;
}

}  // namespace

void AddSourceReferences(std::vector<intptr_t>* list) {
  list->push_back(reinterpret_cast<intptr_t>(&script_text));
}

bool OpenSnapshot(const v8shim_op_t* ops, v8shim_span_t snapshot,
                  Snapshot* opened, v8shim_error_t* error) {
  Header header;
  if (snapshot.data == nullptr || snapshot.size < sizeof(header) ||
      reinterpret_cast<uintptr_t>(snapshot.data) % sizeof(uint64_t) != 0) {
    SetError(error, "the snapshot is too short or not aligned");
    return false;
  }

  memcpy(&header, snapshot.data, sizeof(header));
  const uint8_t* source = snapshot.data + sizeof(header);
  const size_t rest = snapshot.size - sizeof(header);
  if (!CheckHeader(ops, header, rest, error)) return false;
  if (Checksum(source, rest) != header.checksum) {
    SetError(error, "the snapshot is damaged");
    return false;
  }

  opened->source = {source, header.source_size};
  opened->blob = {
      reinterpret_cast<const char*>(source + Align(header.source_size)),
      static_cast<int>(header.blob_size)};
  return true;
}

void ShareSource(v8shim_span_t source) {
  std::string_view rest(reinterpret_cast<const char*>(source.data),
                        source.size);
  script_text.Set(CutPart(&rest));
  while (!rest.empty()) {
    const std::string_view name = CutPart(&rest);
    AddChunk(name, CutPart(&rest));
  }
}

}  // namespace v8shim

using namespace v8shim;

bool v8shim_snapshot_usable(const v8shim_config_t* config,
                            v8shim_span_t snapshot) {
  Snapshot opened;
  v8shim_error_t error;
  return OpenSnapshot(config->ops, snapshot, &opened, &error);
}

v8shim_status_t v8shim_snapshot_build(v8shim_span_t runtime, uint8_t** out,
                                      size_t* out_size, v8shim_error_t* error) {
  if (!process.started || process.snapshot.blob.data != nullptr) {
    SetError(error, "V8 must be started, and without a snapshot");
    return V8SHIM_FAILED;
  }
  if (!IsAscii(runtime.data, runtime.size)) {
    SetError(error, "the runtime's text must be ASCII");
    return V8SHIM_FAILED;
  }
  ShareSource(runtime);

  v8shim_isolate_config_t config = {};
  config.buffer_bytes = SIZE_MAX;
  v8shim_isolate_s iso(config);
  iso.building = true;

  const std::string normal_names = NormalBuiltInNames();
  v8::StartupData blob = {nullptr, 0};
  {
    v8::SnapshotCreator creator(ExternalReferences());
    iso.isolate = creator.GetIsolate();
    iso.isolate->SetData(0, &iso);
    iso.isolate->SetMicrotasksPolicy(v8::MicrotasksPolicy::kExplicit);

    const v8shim_status_t status =
        FillCreator(&creator, &iso, normal_names, error);
    if (status != V8SHIM_OK) return status;
    blob = creator.CreateBlob(v8::SnapshotCreator::FunctionCodeHandling::kKeep);
  }

  if (blob.data == nullptr) {
    SetError(error, "V8 made no snapshot");
    return V8SHIM_FAILED;
  }
  return Pack(runtime, blob, out, out_size, error);
}
