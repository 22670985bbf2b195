// Errors on their way to people: where they happened, what their stack shows.

#include <string.h>

#include "v8shim/internal.h"

namespace v8shim {

namespace {

constexpr int kMaxFrames = 10;

v8::Local<v8::Private> LocationKey(v8::Isolate* isolate) {
  return v8::Private::ForApi(isolate, NewText(isolate, "dw:location"));
}

std::string Place(const std::string& script, int line, int column) {
  return script + ":" + std::to_string(line) + ":" + std::to_string(column);
}

// The first frame of a user's script, or "".
std::string UserFrame(v8::Isolate* isolate, v8::Local<v8::StackTrace> stack) {
  for (int i = 0; i < stack->GetFrameCount(); i++) {
    v8::Local<v8::StackFrame> frame =
        stack->GetFrame(isolate, static_cast<uint32_t>(i));
    v8::Local<v8::String> name = frame->GetScriptName();
    if (name.IsEmpty() || name->Length() == 0) continue;

    const std::string script = ToUtf8(isolate, name);
    if (IsOwn(script)) continue;
    return Place(script, frame->GetLineNumber(), frame->GetColumn());
  }
  return "";
}

// Where V8 says that it happened; for a SyntaxError of a script's own text
// that is in no stack.
std::string MessagePlace(v8::Local<v8::Context> context,
                         v8::Local<v8::Message> message) {
  v8::Isolate* isolate = context->GetIsolate();
  v8::Local<v8::Value> name = message->GetScriptResourceName();
  if (name.IsEmpty() || !name->IsString()) return "";

  const std::string script = ToUtf8(isolate, name.As<v8::String>());
  const int line = message->GetLineNumber(context).FromMaybe(0);
  if (script.empty() || IsOwn(script) || line <= 0) return "";
  return Place(script, line, message->GetStartColumn(context).FromMaybe(0) + 1);
}

void CopyText(char* out, size_t size, std::string_view text) {
  size_t length = text.size();
  if (length >= size) {
    // Not in the middle of a character.
    length = size - 1;
    while (length > 0 && (text[length] & 0xc0) == 0x80) length--;
  }
  memcpy(out, text.data(), length);
  out[length] = '\0';
}

bool CallsiteName(v8::Local<v8::Context> context, v8::Local<v8::Object> site,
                  const char* method, v8::Local<v8::Value>* result) {
  v8::Local<v8::Value> function;
  return site->Get(context, NewText(context->GetIsolate(), method))
             .ToLocal(&function) &&
         function->IsFunction() &&
         function.As<v8::Function>()
             ->Call(context, site, 0, nullptr)
             .ToLocal(result);
}

// As V8's own formatting has it: what Error.prototype.toString() says.
v8::Local<v8::String> Header(v8::Local<v8::Context> context,
                             v8::Local<v8::Value> error) {
  v8::Isolate* isolate = context->GetIsolate();
  v8::TryCatch try_catch(isolate);
  v8::Local<v8::Function> to_string;
  v8::Local<v8::Value> text;

  if (GetFunction(FromIsolate(isolate), kErrorToString).ToLocal(&to_string) &&
      to_string->Call(context, error, 0, nullptr).ToLocal(&text) &&
      text->IsString()) {
    return text.As<v8::String>();
  }

  if (try_catch.HasTerminated()) Reterminate(isolate);
  return NewText(isolate, "<error>");
}

}  // namespace

bool IsOwn(const std::string& script) {
  return std::string_view(script).substr(0, kOwnScripts.size()) == kOwnScripts;
}

std::string LocationOf(v8::Local<v8::Context> context,
                       v8::Local<v8::Value> error) {
  v8::Isolate* isolate = context->GetIsolate();
  if (!error->IsObject()) return "";

  v8::Local<v8::Value> kept;
  if (!error->IsProxy() &&
      error.As<v8::Object>()
          ->GetPrivate(context, LocationKey(isolate))
          .ToLocal(&kept) &&
      kept->IsString()) {
    return ToUtf8(isolate, kept.As<v8::String>());
  }
  if (!error->IsNativeError()) return "";

  const std::string place =
      MessagePlace(context, v8::Exception::CreateMessage(isolate, error));
  if (!place.empty()) return place;

  v8::Local<v8::StackTrace> stack = v8::Exception::GetStackTrace(error);
  return stack.IsEmpty() ? "" : UserFrame(isolate, stack);
}

std::string CurrentLocation(v8::Isolate* isolate) {
  return UserFrame(isolate,
                   v8::StackTrace::CurrentStackTrace(isolate, kMaxFrames));
}

void SetLocation(v8::Local<v8::Context> context, v8::Local<v8::Value> error,
                 std::string_view location) {
  if (location.empty() || !error->IsObject() || error->IsProxy()) return;

  v8::Isolate* isolate = context->GetIsolate();
  v8::TryCatch try_catch(isolate);
  v8::Local<v8::Object> object = error.As<v8::Object>();
  v8::Local<v8::Private> key = LocationKey(isolate);
  if (object->HasPrivate(context, key).FromMaybe(true)) return;

  v8::Local<v8::String> text;
  if (DecodeUtf8(isolate, {reinterpret_cast<const uint8_t*>(location.data()),
                           location.size()})
          .ToLocal(&text)) {
    object->SetPrivate(context, key, text).FromMaybe(false);
  }
}

// Called once an error, when its "stack" is first read.
v8::MaybeLocal<v8::Value> FormatStack(v8::Local<v8::Context> context,
                                      v8::Local<v8::Value> error,
                                      v8::Local<v8::Array> sites) {
  v8::Isolate* isolate = context->GetIsolate();
  v8::Local<v8::String> text = Header(context, error);
  v8::Local<v8::String> at = NewText(isolate, "\n    at ");

  for (uint32_t i = 0; i < sites->Length(); i++) {
    v8::Local<v8::Value> site, name, line;
    if (!sites->Get(context, i).ToLocal(&site)) {
      return v8::MaybeLocal<v8::Value>();
    }
    if (!site->IsObject()) continue;

    v8::Local<v8::Object> object = site.As<v8::Object>();
    if (!CallsiteName(context, object, "getFileName", &name)) {
      return v8::MaybeLocal<v8::Value>();
    }
    if (name->IsString() && IsOwn(ToUtf8(isolate, name.As<v8::String>()))) {
      continue;
    }
    if (!CallsiteName(context, object, "toString", &line)) {
      return v8::MaybeLocal<v8::Value>();
    }
    if (!line->IsString()) continue;
    v8::Local<v8::String> longer = v8::String::Concat(isolate, text, at);
    if (!longer.IsEmpty()) {
      longer = v8::String::Concat(isolate, longer, line.As<v8::String>());
    }
    // Too long for a string: then without the rest.
    if (longer.IsEmpty()) return text;
    text = longer;
  }

  return text;
}

void SetError(v8shim_error_t* error, std::string_view message,
              std::string_view location) {
  CopyText(error->message, sizeof(error->message), message);
  CopyText(error->location, sizeof(error->location), location);
}

v8shim_status_t Fail(v8::Local<v8::Context> context,
                     const v8::TryCatch& try_catch, v8shim_error_t* error) {
  v8::Isolate* isolate = context->GetIsolate();
  SetError(error, "");
  if (try_catch.HasTerminated() || FromIsolate(isolate)->terminated) {
    return V8SHIM_TERMINATED;
  }
  if (!try_catch.HasCaught()) {
    SetError(error, "V8 refused");
    return V8SHIM_THREW;
  }

  constexpr std::string_view kUncaught = "Uncaught ";
  std::string text;
  if (!try_catch.Message().IsEmpty()) {
    text = ToUtf8(isolate, try_catch.Message()->Get());
    if (text.compare(0, kUncaught.size(), kUncaught) == 0) {
      text.erase(0, kUncaught.size());
    }
  }

  // The runtime's own place is what we want to know when it is the culprit.
  std::string place = LocationOf(context, try_catch.Exception());
  if (place.empty() && !try_catch.Message().IsEmpty()) {
    v8::Local<v8::Message> message = try_catch.Message();
    v8::Local<v8::Value> name = message->GetScriptResourceName();
    if (name->IsString()) {
      place = Place(ToUtf8(isolate, name.As<v8::String>()),
                    message->GetLineNumber(context).FromMaybe(0),
                    message->GetStartColumn(context).FromMaybe(0) + 1);
    }
  }

  SetError(error, text, place);
  return V8SHIM_THREW;
}

}  // namespace v8shim
