# One Makefile, no recursion, no configure. Tools are found by wildcard.
include config.mk

BUILD    ?= build
TOOLS    := $(notdir $(wildcard bin/*))
MODULES  := $(basename $(notdir $(wildcard common/*.c)))
UNITS    := $(basename $(notdir $(wildcard tests/unit/*_test.c)))
FUZZERS  := $(basename $(notdir $(wildcard tests/fuzz/*_fuzz.c)))

# Names that nobody else has go to bin; the rest is libexec.
PUBLIC   := pg-stream pg-load pg-json gzip-frame sha-tee s3-put s3-get s3-ls s3-rm

STD      := -std=c11 -D_DEFAULT_SOURCE -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64
WARN     := -Wall -Wextra
ifdef DEV
WARN     += -Werror -Wshadow -Wpointer-arith -Wcast-qual -Wwrite-strings \
            -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
            -Wvla -Wformat=2 -Wundef -Wredundant-decls
WARN     += -Wno-cast-qual
endif
ifdef SANITIZE
SANFLAGS := -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
endif

# Faster compressors are used where their headers are; WITH_ISAL=0 and
# WITH_LIBDEFLATE=0 leave them out. zlib is always there.
has_header = $(shell echo '\#include <$(1)>' | $(CC) -E - >/dev/null 2>&1 && echo 1)
ifeq ($(origin WITH_ISAL),undefined)
WITH_ISAL := $(call has_header,isa-l.h)
endif
ifeq ($(origin WITH_LIBDEFLATE),undefined)
WITH_LIBDEFLATE := $(call has_header,libdeflate.h)
endif
ifeq ($(WITH_ISAL),1)
CODECS   += -DWITH_ISAL
CODEC_LIBS += -lisal
endif
ifeq ($(WITH_LIBDEFLATE),1)
CODECS   += -DWITH_LIBDEFLATE
CODEC_LIBS += -ldeflate
endif
PGINC    := $(shell pg_config --includedir 2>/dev/null || echo /usr/include/postgresql)
ALL_CFLAGS = $(STD) $(WARN) $(CFLAGS) $(SANFLAGS) $(CODECS) -Icommon -I$(PGINC) -pthread -MMD -MP
ALL_LDFLAGS = $(LDFLAGS) $(SANFLAGS) -pthread
ALL_LIBS := -lpq -lcurl -lcrypto -lz $(CODEC_LIBS) -ljansson -lexpat -larchive

all: $(TOOLS:%=$(BUILD)/bin/%) $(BUILD)/bin/pgbackpipe

# In a checkout everything is in one folder, the driver too.
$(BUILD)/bin/pgbackpipe: pipelines/pgbackpipe
	@mkdir -p $(@D)
	@ln -sfn '$(CURDIR)/$<' $@

$(BUILD)/common/%.o: common/%.c Makefile config.mk
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/libcommon.a: $(MODULES:%=$(BUILD)/common/%.o)
	@rm -f $@
	$(AR) rcs $@ $^

# A tool is its folder, libcommon.a, and the libraries its file `libs` names.
define tool
$(BUILD)/bin/$(1): $(patsubst bin/%.c,$(BUILD)/tools/%.o,$(wildcard bin/$(1)/*.c)) $(BUILD)/libcommon.a $(wildcard bin/$(1)/libs)
	@mkdir -p $$(@D)
	$$(CC) $$(ALL_LDFLAGS) -o $$@ $$(filter %.o %.a,$$^) $(addprefix -l,$(shell cat bin/$(1)/libs 2>/dev/null)) $(if $(shell grep -x z bin/$(1)/libs 2>/dev/null),$(CODEC_LIBS))
endef
$(foreach t,$(TOOLS),$(eval $(call tool,$(t))))

$(BUILD)/tools/%.o: bin/%.c Makefile config.mk
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

units: $(UNITS:%=$(BUILD)/unit/%)

$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/libcommon.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(BUILD)/libcommon.a -lcmocka $(ALL_LIBS)

# Fuzz targets need clang: make fuzz BUILD=build/fuzz
FUZZ_CC  := clang $(STD) -O1 -g -fno-sanitize-recover=all -pthread
FUZZ_DIR := $(BUILD)/fuzz

fuzz: $(FUZZERS:%=$(FUZZ_DIR)/%)

$(FUZZ_DIR)/common/%.o: common/%.c $(wildcard common/*.h) Makefile
	@mkdir -p $(@D)
	$(FUZZ_CC) -fsanitize=fuzzer-no-link,address,undefined $(CODECS) -Icommon -I$(PGINC) -c -o $@ $<

$(FUZZ_DIR)/libcommon.a: $(MODULES:%=$(FUZZ_DIR)/common/%.o)
	@rm -f $@
	$(AR) rcs $@ $^

$(FUZZ_DIR)/%: tests/fuzz/%.c $(FUZZ_DIR)/libcommon.a $(wildcard tests/unit/*.h)
	@mkdir -p $(@D)
	$(FUZZ_CC) -fsanitize=fuzzer,address,undefined $(CODECS) -Icommon -I$(PGINC) -o $@ $< $(FUZZ_DIR)/libcommon.a $(ALL_LIBS)

# The same targets without clang, over files that are given: the kept corpora.
replays: $(FUZZERS:%=$(BUILD)/replay/%)

$(BUILD)/replay/%: tests/fuzz/%.c tests/fuzz/replay/main.c $(BUILD)/libcommon.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< tests/fuzz/replay/main.c $(BUILD)/libcommon.a $(ALL_LIBS)

check: all units replays
	scripts/test

lint:
	scripts/lint

install: all
	scripts/install "$(DESTDIR)" "$(BUILD)" "$(BINDIR)" "$(LIBEXECDIR)" "$(DATADIR)" "$(MANDIR)" $(PUBLIC)

clean:
	rm -rf $(BUILD)

-include $(wildcard $(BUILD)/common/*.d $(BUILD)/tools/*/*.d $(BUILD)/unit/*.d $(BUILD)/replay/*.d)

.PHONY: all units fuzz replays check lint install clean
