// Chunks: parts of the runtime that an isolate runs when it first needs them.
//
// A chunk is a script whose value is a function.  The first isolate of the
// process that runs one pays for its compilation; the others find V8's code
// cache, with all that its evaluation has compiled.  It holds code and no
// values, and is made before a worker has seen what the chunk exports.

#include <deque>
#include <mutex>

#include "v8shim/internal.h"

namespace v8shim {

namespace {

struct Chunk {
  std::string_view name;
  SharedText text;
  std::mutex lock;  // of "code", which is made once and stays
  SharedScript code;
};

// Written before the first isolate, but for the code.
std::deque<Chunk> chunks;

SharedScript Find(Chunk* chunk) {
  std::lock_guard<std::mutex> guard(chunk->lock);
  return chunk->code;
}

void Keep(Chunk* chunk, v8::Local<v8::UnboundScript> script) {
  SharedScript code(v8::ScriptCompiler::CreateCodeCache(script));
  std::lock_guard<std::mutex> guard(chunk->lock);
  if (chunk->code == nullptr) chunk->code = std::move(code);
}

v8::MaybeLocal<v8::Value> Run(v8::Local<v8::Context> context, Chunk* chunk,
                              int count, v8::Local<v8::Value>* args) {
  v8::Isolate* isolate = context->GetIsolate();
  v8::Local<v8::String> text;
  if (!v8::String::NewExternalOneByte(isolate, &chunk->text).ToLocal(&text)) {
    return v8::MaybeLocal<v8::Value>();
  }

  const std::string name = std::string(kOwnScripts) + std::string(chunk->name);
  const SharedScript code = Find(chunk);
  v8::ScriptCompiler::Source source(
      text, NewOrigin(isolate, NewText(isolate, name), false),
      BorrowScript(code));
  v8::Local<v8::Script> script;
  v8::Local<v8::Value> function, exports;
  if (!v8::ScriptCompiler::Compile(context, &source,
                                   code == nullptr
                                       ? v8::ScriptCompiler::kNoCompileOptions
                                       : v8::ScriptCompiler::kConsumeCodeCache)
           .ToLocal(&script) ||
      !script->Run(context).ToLocal(&function) ||
      !function.As<v8::Function>()
           ->Call(context, v8::Undefined(isolate), count, args)
           .ToLocal(&exports)) {
    return v8::MaybeLocal<v8::Value>();
  }
  if (code == nullptr) Keep(chunk, script->GetUnboundScript());
  return exports;
}

}  // namespace

void AddChunk(std::string_view name, std::string_view text) {
  Chunk& chunk = chunks.emplace_back();
  chunk.name = name;
  chunk.text.Set(text);
}

// runChunk(name, ...): what the chunk's function returns for the rest
void RunChunk(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  if (!info[0]->IsString()) {
    ThrowTypeError(isolate, "runChunk: not a string");
    return;
  }

  const std::string name = ToUtf8(isolate, info[0].As<v8::String>());
  v8::Local<v8::Value> args[] = {info[1], info[2]};
  for (Chunk& chunk : chunks) {
    if (chunk.name != name) continue;
    v8::Local<v8::Value> exports;
    if (Run(isolate->GetCurrentContext(), &chunk, 2, args).ToLocal(&exports)) {
      info.GetReturnValue().Set(exports);
    }
    return;
  }
  ThrowError(isolate, "no chunk \"" + name + "\"");
}

}  // namespace v8shim
