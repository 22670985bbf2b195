# nginx-dynamic-workers: one entry for every task.
#
#   make deps      installs what is missing
#   make           builds the nginx module and the engine into build/
#   make demo      both, then nginx on 127.0.0.1:8080 with the quickstart
#   make test      both, then every test; T=t/egress.t runs one file
#   make bench fuzz asan lint format install clean
#
# Settings, each with its default:
#
#   V8=            another V8 than the distribution's: a folder with its
#                  include/ and a libnode.so or libv8_monolith.a
#   NGINX_SRC=     another nginx than the distribution's: a source tree
#   NGINX=         the nginx binary that demo and test run
#   PREFIX=/usr    where install puts the engine; DESTDIR goes before it
#   ENGINE_PATH=   the engine's path that is compiled into the module
#   V=1            show each command
#   FUZZ_SECONDS=60  for each fuzz target
#   BUILD=build SANITIZE=   what `make asan` sets

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-print-directory --no-builtin-rules

V8        ?=
NGINX_SRC ?=
NGINX     ?= /usr/sbin/nginx
PREFIX    ?= /usr
BUILD     ?= build
SANITIZE  ?=

ENGINE_DIR  ?= $(PREFIX)/lib/nginx-dynamic-workers
ENGINE_PATH ?= $(ENGINE_DIR)/dynworker-engine
FUZZ_SECONDS ?= 60

# Not NGINX itself: nginx would take it for a list of inherited sockets.
unexport NGINX
export NGINX_BINARY := $(NGINX)
export V8 NGINX_SRC BUILD SANITIZE ENGINE_PATH

MODULE := $(BUILD)/ngx_http_dynworker_module.so
ENGINE := $(BUILD)/dynworker-engine
BOOTSTRAP := $(BUILD)/dynworker-engine-bootstrap

# All cores, unless the caller's own make -j already says how many.
JOBS ?= $(shell nproc)
PARALLEL = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))

Q := $(if $(V),,@)
export V

# -- flags ------------------------------------------------------------------

LIBS := libseccomp zlib libcrypto

ifeq ($(SANITIZE),)
HARDEN := -D_FORTIFY_SOURCE=2
else
HARDEN := -fsanitize=$(SANITIZE) -fno-sanitize-recover=undefined \
          -fno-omit-frame-pointer
endif

# Neither in a message nor in debug information does a file carry the path of
# the machine that built it.
COMMON := -O2 -g -Wall -Wextra -Werror -Wshadow -fstack-protector-strong \
          -fPIE -pthread -ffile-prefix-map=$(CURDIR)=. -I. -I$(BUILD) \
          -MMD -MP $(HARDEN)

C_FLAGS = -std=c11 -D_GNU_SOURCE $(COMMON) -Wconversion \
          $(shell pkg-config --cflags $(LIBS)) $(CFLAGS)
# $$V8_CPPFLAGS and $$V8_LIBS come from $(BUILD)/v8.env, at run time: `make
# test` may install V8 only after this file was read.
CXX_FLAGS = -std=c++17 -D_GNU_SOURCE -fno-rtti -fno-exceptions $(COMMON) \
          $(CXXFLAGS)
LINK = . $(BUILD)/v8.env && $(CXX) -pie -Wl,-z,relro,-z,now -pthread \
          $(HARDEN) $(LDFLAGS)
C_LIBS = $(shell pkg-config --libs $(LIBS))
LINK_LIBS = $$V8_LIBS $(C_LIBS)

# -- sources ----------------------------------------------------------------

WIRE_OBJS   := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard wire/*.c))
ENGINE_OBJS := $(WIRE_OBJS) \
               $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard engine/*.c)) \
               $(patsubst %.cc,$(BUILD)/obj/%.o,$(wildcard v8shim/*.cc))
RUNTIME_SRCS := $(shell find runtime -name '*.js' 2> /dev/null)
UNIT_TESTS  := $(patsubst t/unit/%.c,$(BUILD)/unit/%,$(wildcard t/unit/*.c))
FUZZERS     := $(patsubst t/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard t/fuzz/*.c))

# -- everyday targets -------------------------------------------------------

.PHONY: all build deps check demo test unit bench fuzz fuzzers asan lint \
        format install clean distclean FORCE

all: check
	@$(MAKE) $(PARALLEL) build

build: $(MODULE) $(ENGINE)
	@:

check:
	@tools/deps.sh --check build

deps:
	@tools/deps.sh build test

# Sub-makes: only they see what deps has just installed.

demo: deps
	@$(MAKE) $(PARALLEL) build
	@tools/demo.sh

test: deps
	@$(MAKE) $(PARALLEL) build unit
	@tools/test.sh $(T)

bench:
	@tools/deps.sh build test bench
	@$(MAKE) $(PARALLEL) build $(BUILD)/bench-isolates $(BUILD)/bench-events
	@bench/run.sh

# -- runtime: JavaScript, bundled -------------------------------------------

node_modules/.stamp: package.json package-lock.json .npmrc
	@echo "  NPM     $<"
	$(Q)npm ci --no-audit --no-fund --loglevel=error --progress=false
	@touch $@

$(BUILD)/runtime.js: tools/bundle.mjs $(RUNTIME_SRCS) node_modules/.stamp
	@mkdir -p $(@D)
	@echo "  BUNDLE  $@"
	$(Q)node tools/bundle.mjs $@

# -- tables of the text decoders, made from ICU's ---------------------------

$(BUILD)/gen/encoding-index: tools/encoding-index.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(C_FLAGS) $(shell pkg-config --cflags icu-uc) $< -o $@ \
	    $(LDFLAGS) $(shell pkg-config --libs icu-uc)

$(BUILD)/gen/encoding-index.h: $(BUILD)/gen/encoding-index
	@echo "  RUN     $@"
	$(Q)$(SANITIZED_RUN) $< > $@

$(BUILD)/obj/engine/decoder.o: $(BUILD)/gen/encoding-index.h

# -- engine -----------------------------------------------------------------
#
# It is linked twice: the bootstrap engine runs the bundle and writes V8's
# startup snapshot, which the engine proper then contains.

$(BUILD)/v8.env: tools/v8.sh tools/v8-version.cc FORCE
	@mkdir -p $(@D)
	@tools/v8.sh $@

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(C_FLAGS) -c $< -o $@

$(BUILD)/obj/%.o: %.cc $(BUILD)/v8.env
	@mkdir -p $(@D)
	@echo "  CXX     $<"
	$(Q). $(BUILD)/v8.env && $(CXX) $(CXX_FLAGS) $$V8_CPPFLAGS -c $< -o $@

$(BUILD)/obj/blob-bootstrap.o: engine/blob.S $(BUILD)/runtime.js
	@mkdir -p $(@D)
	$(Q)$(CC) -c $< -o $@ -DDW_BLOB_RUNTIME='"$(BUILD)/runtime.js"'

$(BUILD)/obj/blob.o: engine/blob.S $(BUILD)/runtime.js $(BUILD)/snapshot.bin
	@mkdir -p $(@D)
	$(Q)$(CC) -c $< -o $@ -DDW_BLOB_RUNTIME='"$(BUILD)/runtime.js"' \
	    -DDW_BLOB_SNAPSHOT='"$(BUILD)/snapshot.bin"'

$(BOOTSTRAP): $(ENGINE_OBJS) $(BUILD)/obj/blob-bootstrap.o
	@echo "  LINK    $@"
	$(Q)$(LINK) $^ -o $@ $(LINK_LIBS)

$(BUILD)/snapshot.bin: $(BOOTSTRAP)
	@echo "  RUN     $@"
	$(Q)$(SANITIZED_RUN) $(BOOTSTRAP) --build-snapshot $@

$(ENGINE): $(ENGINE_OBJS) $(BUILD)/obj/blob.o
	@echo "  LINK    $@"
	$(Q)$(LINK) $^ -o $@ $(LINK_LIBS)

# V8 keeps what it allocates once; a leak check of it says nothing about us.
ifneq ($(SANITIZE),)
SANITIZED_RUN := ASAN_OPTIONS=detect_leaks=0
endif

# bench/run.sh calls them: what isolates and events cost.
$(BUILD)/bench-isolates $(BUILD)/bench-events: $(BUILD)/bench-%: \
        $(BUILD)/obj/bench/%.o $(BUILD)/obj/blob.o \
        $(filter-out $(BUILD)/obj/engine/main.o,$(ENGINE_OBJS))
	@echo "  LINK    $@"
	$(Q)$(LINK) $^ -o $@ $(LINK_LIBS)

# -- nginx module -----------------------------------------------------------

$(MODULE): config tools/module.sh $(wildcard ngx_module/*.c ngx_module/*.h \
           wire/*.c wire/*.h) $(BUILD)/module.env
	@echo "  MODULE  $@"
	$(Q)JOBS=$(JOBS) tools/module.sh $@

# Changes only when a setting does, and then everything is configured anew.
$(BUILD)/module.env: FORCE
	@mkdir -p $(@D)
	@tools/write-if-changed.sh $@ "$(NGINX_SRC)|$(ENGINE_PATH)|$(SANITIZE)"

# -- unit tests and fuzz targets --------------------------------------------
#
# A test is linked with wire/ and with what its own comment names (and with
# V8 when that names v8shim/):
#
#     /* sources: engine/foo.c engine/bar.c */

sources_of = $(shell sed -n 's@^/\* sources: \(.*\) \*/.*@\1@p' $(1))
objects_of = $(patsubst %,$(BUILD)/obj/%.o,$(basename $(call sources_of,$(1))))

unit: $(UNIT_TESTS)
	@:

.SECONDEXPANSION:

$(BUILD)/obj/t/unit/%.o: t/unit/%.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(C_FLAGS) -Wno-conversion -c $< -o $@

$(UNIT_TESTS): $(BUILD)/unit/%: $(BUILD)/obj/t/unit/%.o $(WIRE_OBJS) \
        $$(call objects_of,t/unit/$$*.c) $(BUILD)/v8.env
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	$(Q)$(LINK) $(sort $(filter %.o,$^)) -o $@ -lcmocka -lm \
	    $(if $(findstring /v8shim/,$^),$(LINK_LIBS),$(C_LIBS))

fuzzers: $(FUZZERS)
	@:

# clang's, whatever CC is, and from source: coverage is compiled in.
$(FUZZERS): $(BUILD)/fuzz/%: t/fuzz/%.c $(wildcard wire/*.c wire/*.h) \
        $$(call sources_of,t/fuzz/$$*.c) $(BUILD)/gen/encoding-index.h
	@mkdir -p $(@D)
	@echo "  FUZZER  $@"
	$(Q)clang -std=c11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -I. -I$(BUILD) \
	    -pthread \
	    -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
	    $(shell pkg-config --cflags $(LIBS)) $(filter %.c,$^) -o $@ \
	    $(C_LIBS) -lm

fuzz:
	@tools/deps.sh build fuzz
	@$(MAKE) $(PARALLEL) fuzzers
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tools/fuzz.sh $(T)

# The same tests, against a build that stops at every bad access.
asan: deps
	@tools/deps.sh build fuzz
	@$(MAKE) $(PARALLEL) BUILD=build/asan SANITIZE=address,undefined build unit
	@BUILD=build/asan SANITIZE=address,undefined tools/test.sh $(T)

# -- the rest ---------------------------------------------------------------

lint:
	@tools/deps.sh build lint
	@$(MAKE) $(BUILD)/gen/encoding-index.h
	@tools/lint.sh

# The C++ alone: no clang-format style comes close to nginx's.
format:
	@tools/deps.sh build lint
	clang-format -i $(filter-out v8shim/v8shim.h,$(wildcard v8shim/*.cc v8shim/*.h))

install: all
	@DESTDIR='$(DESTDIR)' ENGINE_DIR='$(ENGINE_DIR)' tools/install.sh

# Keeps what was downloaded.
clean:
	@if [ -d build ]; then find build -mindepth 1 -maxdepth 1 \
	    ! -name v8 ! -name test-nginx -exec rm -rf {} +; fi

distclean: clean
	rm -rf build node_modules

-include $(shell find $(BUILD)/obj -name '*.d' 2> /dev/null)
