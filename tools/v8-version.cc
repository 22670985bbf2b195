// Says which V8 the headers are of, and which one the library is.  They must
// be the same: a mixed build starts, and corrupts memory later.

#include <stdio.h>
#include <string.h>

#include <v8-initialization.h>
#include <v8-version.h>

int main() {
  char headers[64];
  const char* library = v8::V8::GetVersion();

  int n = snprintf(headers, sizeof(headers), "%d.%d.%d.%d", V8_MAJOR_VERSION,
                   V8_MINOR_VERSION, V8_BUILD_NUMBER, V8_PATCH_LEVEL);

  // Node.js appends a suffix of its own to the library's.
  bool same = strncmp(headers, library, static_cast<size_t>(n)) == 0 &&
              (library[n] < '0' || library[n] > '9');

  printf("%s\n", library);
  if (!same) {
    fprintf(stderr, "v8: the headers are of V8 %s, the library is V8 %s\n",
            headers, library);
  }
  return same ? 0 : 1;
}
